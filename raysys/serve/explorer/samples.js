let drawing = 0; // how often it was asked to draw

// Samples of the chosen model, and their numbers over the reference's.
async function draw(place) {
  const turn = ++drawing;
  const facts = chosen(), flat = facts.dims === 2, measured = !$("curve-box").hidden;
  const ask = { n: +$("n").value, seed: +$("seed").value, condition: condition() };
  if (facts.any_size) Object.assign(ask, { size: +$("size").value || undefined, periodic: $("periodic").checked || undefined });
  showSnippet(ask);
  resetView(place);
  writeLink();
  const drawn = more => call(base() + "/samples", { method: "POST", body: JSON.stringify({ ...ask, ...more }) });
  const numbers = { format: "json", include_images: flat, ...(measured ? { descriptors: [$("descriptor").value] } : {}) };
  // Voxels come once, so that the slider need not ask again.
  const [told, voxels] = await Promise.all([drawn(numbers), flat ? null : drawn({ format: "npy" })]);
  const found = await told.json(), array = flat ? null : readArray(await voxels.arrayBuffer());
  // Meanwhile others were asked for, or another model was chosen: these would be taken for its samples.
  if (turn !== drawing || found.model !== $("model").value) return;
  [answer, volumes] = [found, array];
  if (flat) $("samples").replaceChildren(...answer.images.map((data, i) => {
    const image = new Image();
    image.src = "data:image/png;base64," + data;
    image.alt = image.title = caption(i);
    return image;
  }));
  else { chooseSlice(true); showVolume(); }
  showNumbers();
}

const mean = list => list && list.length && list.every(v => v !== null) ? list.reduce((a, b) => a + b, 0) / list.length : null;
const shares = pick => Object.entries(answer.phases).map(([name, phase]) => `${name} ${pick(phase.phase_fractions).toFixed(4)}`);

function caption(i) {
  const told = answer.phase_fractions.length ? [`phase fraction ${answer.phase_fractions[i].toFixed(4)}`] : shares(list => list[i]);
  return [`seed ${answer.seed + i}`, ...told].join(", ");
}

function showNumbers() {
  const part = $("part").value, numbers = answer.kind === "labels" ? answer.phases[part] : answer, name = $("descriptor").value;
  const errors = Object.entries(numbers.error).filter(([, value]) => value !== null)
    .map(([each, value]) => `${each}: mean squared error ${value.toExponential(2)}`);
  const fraction = mean(answer.phase_fractions), asked = answer.condition && chosen().condition?.kind !== "number" ? answer.condition : null;
  const seeds = answer.n > 1 ? `seeds ${answer.seed} to ${answer.seed + answer.n - 1}` : `seed ${answer.seed}`;
  $("facts").textContent = [seeds, fraction === null ? "" : `phase fraction ${fraction.toFixed(4)}`, shares(mean).join(", "),
    asked ? JSON.stringify(asked) : "", ...errors, numbers.note, ...answer.notices].filter(Boolean).join("; ");
  const curve = numbers.descriptors[name]; // none while another descriptor is on its way
  if ($("curve-box").hidden || !curve) return;
  $("curve-title").textContent = part ? `${name}(r) of ${part}` : `${name}(r)`;
  drawCurves("curve", curve, (references[part] || {})[name]);
}

