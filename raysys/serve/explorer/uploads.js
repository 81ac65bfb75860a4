// What models do with an image of the reader's own: encode, segment, classify.
function picture(data, caption) {
  const figure = document.createElement("figure"), image = new Image(), text = document.createElement("figcaption");
  image.src = "data:image/png;base64," + data;
  image.alt = text.textContent = caption;
  figure.append(image, text);
  return figure;
}

// What an uploaded image can be sent to, by the model's ability; the first of them has the button.
const UPLOADS = { autoencodes: ["Autoencode", () => autoencode()], segments: ["Segment", () => segment()], classifies: ["Classify", () => classify()] };
const uploadAbility = () => Object.keys(UPLOADS).find(ability => chosen().abilities.includes(ability));

function showUpload(facts) {
  const ability = uploadAbility(), codes = ability === "autoencodes", flat = facts.dims === 2;
  show("code-box", ability && flat);
  show("coded", false);
  for (const id of ["second-box", "steps-box", "crop-box", "interpolate"]) show(id, codes);
  show("phase-box", ability !== "segments" && ["binary", "grey"].includes(facts.kind));
  $("upload").textContent = ability ? UPLOADS[ability][0] : "";
}

async function upload(route, files, fields) {
  const form = new FormData(), typed = [];
  for (const [name, id] of Object.entries(files)) {
    const file = $(id).files[0];
    if (!file) throw new Error(id === "first" ? "choose an image first" : "choose a second image to interpolate to");
    form.append(name, file);
    typed.push(`-F ${name}=@'${file.name}'`);
  }
  const pictures = route === "classify" ? {} : { format: "json", include_images: true };
  for (const [name, value] of Object.entries({ ...fields, ...pictures })) form.append(name, value);
  for (const [name, value] of Object.entries({ ...fields, ...(route === "classify" ? {} : { format: "tif" }) })) typed.push(`-F ${name}=${value}`);
  const result = await (await call(`${base()}/${route}`, { method: "POST", body: form })).json();
  $("coded-curl").textContent = `curl -o ${route}.${route === "classify" ? "json" : "tif"} ${location.origin}${location.pathname}${base()}/${route} \\\n` +
    ($("token").value ? "  -H 'Authorization: Bearer TOKEN' \\\n" : "") + "  " + typed.join(" ");
  show("coded", true);
  const before = result.uploaded_shape ? ` of ${result.uploaded_shape.join(" × ")}` : "";
  $("coded-facts").textContent = [`${result.shape.join(" × ")} pixels${before}`,
    typeof result.threshold === "number" ? `segmented at ${Number(result.threshold.toPrecision(6))}` : "", result.note].filter(Boolean).join("; ");
  legend("coded-phases", route === "segment" ? result.classes : route === "classify" ? [] : chosen().phases);
  return result;
}

const preparation = () => ({ ...($("phase-box").hidden ? {} : { phase: $("phase").value }), fit: $("crop").checked ? "crop" : "refuse" });

async function segment() {
  const result = await upload("segment", { image: "first" }, {});
  $("coded-pictures").className = "pictures";
  $("coded-pictures").replaceChildren(...result.images.map((data, i) => picture(data, result.n > 1 ? `image ${i + 1}` : "segmentation")));
  drawCoded("", null);
  fillTable([["share of", ...result.classes.map(each => each.name)], ...result.shares.map((row, i) => [`image ${i + 1}`, ...row.map(digits)])]);
}

async function classify() {
  const result = await upload("classify", { image: "first" }, { phase: $("phase").value });
  $("coded-pictures").replaceChildren();
  drawCoded("", null);
  fillTable([["how likely", ...result.classes], ...result.probabilities.map((row, i) => [result.likeliest[i], ...row.map(digits)])]);
}

function drawCoded(legend, curve, ...targets) {
  $("coded-curve").style.display = curve ? "" : "none";
  $("coded-legend").textContent = curve ? legend : "";
  if (curve) drawCurves("coded-curve", curve, ...targets);
}

function fillTable(rows) {
  $("coded-numbers").replaceChildren(...rows.map((cells, i) => {
    const row = document.createElement("tr");
    row.append(...cells.map(text => Object.assign(document.createElement(i ? "td" : "th"), { textContent: text })));
    return row;
  }));
}

const digits = value => value === null || value === undefined ? "" : Number(value.toPrecision(4)).toString();

async function autoencode() {
  const answer = await upload("autoencode", { image: "first" }, preparation());
  const pairs = answer.originals.flatMap((data, i) => [picture(data, "original"), picture(answer.images[i], "autoencoding")]);
  $("coded-pictures").className = "pictures pair-of";
  $("coded-pictures").replaceChildren(...pairs);
  drawCoded("S2(r) along the axes. Blue: autoencoding. Grey: original.", answer.autoencoding.descriptors.S2, answer.original.descriptors.S2);
  const errors = answer.spatial_errors, sharp = answer.sharpness;
  const rows = [["phase fraction", mean(answer.original.phase_fractions), mean(answer.autoencoding.phase_fractions)],
    ["edge gradient", mean(sharp.edge_gradient_original), mean(sharp.edge_gradient)], ["share of mid-grey pixels", null, mean(sharp.mid_grey)],
    ["mean squared pixel error", null, mean(errors.pixel_error)], ["relative S2 error", null, mean(errors.s2_relative)],
    ["the same after the threshold", null, mean(errors.s2_relative_thresholded)]];
  fillTable([["", "original", "autoencoding"], ...rows.filter(row => row[2] !== null).map(([name, ...both]) => [name, ...both.map(digits)])]);
}

async function interpolate() {
  const answer = await upload("interpolate", { first: "first", second: "second" }, { ...preparation(), steps: +$("steps").value });
  $("coded-pictures").className = "pictures";
  $("coded-pictures").replaceChildren(...answer.images.map((data, i) => picture(data, [i + 1, digits(answer.phase_fractions[i])].filter(Boolean).join(": "))));
  const curves = answer.descriptors.S2 ? answer.descriptors.S2.values.map(mean => ({ r: answer.descriptors.S2.r, mean })) : [];
  drawCoded("S2(r) of each image. Blue: the last. Grey: those before it.", curves[curves.length - 1], ...curves.slice(0, -1));
  if (!answer.phase_fractions.length) return fillTable([]);
  fillTable([["", "first", "second"], ["phase fraction", ...answer.original_phase_fractions.map(digits)],
    ["of its autoencoding", digits(answer.phase_fractions[0]), digits(answer.phase_fractions[answer.n - 1])]]);
}
