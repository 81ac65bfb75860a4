// Models whose condition is a code: their textures as points of a plane, ways between them, and more like an example.
const MARGIN = 1.15;
let plane = null;

const codeCard = () => { const asked = (chosen() || {}).condition; return asked && asked.kind === "code" ? asked : null; };

function showTextures() {
  const card = codeCard(), names = card ? Object.keys(card.named) : [];
  show("textures-box", card && card.length > 1);
  show("named-box", names.length);
  for (const id of ["example-box", "like-box"]) show(id, chosen().abilities.includes("encodes"));
  if (!card) return;
  $("named-box").firstElementChild.textContent = `known ${card.name}`;
  fill("named", [["", "as written above"], ...names.map(name => [name, name])]);
  for (const id of ["from", "to"]) fill(id, names.map(name => [name, name]));
  if (names.length > 1) $("to").value = names[1];
  for (const id of ["from", "to", "way-steps", "way"]) $(id).disabled = names.length < 2;
  $("way-pictures").replaceChildren();
  $("like-facts").textContent = "";
  const usual = axis => card.mean ? [card.mean[axis] - 3 * card.std[axis], card.mean[axis] + 3 * card.std[axis]] : [card.low[axis], card.high[axis]];
  const points = Object.values(card.named), ends = [0, 1].map(axis => {
    const all = [...usual(axis), ...points.map(code => code[axis])], low = Math.min(...all), high = Math.max(...all);
    const middle = (low + high) / 2, half = (high - low) / 2 * MARGIN;
    return [middle - half, middle + half];
  });
  plane = { card, ends };
  drawPlane();
}

const codeNow = () => {
  const given = $("values").value.split(/[\s,;]+/).filter(Boolean).map(Number);
  return given.length === plane.card.length ? given : Array.from({ length: plane.card.length }, (_, i) => plane.card.mean ? plane.card.mean[i] : (plane.card.low[i] + plane.card.high[i]) / 2);
};

function drawPlane() {
  const canvas = $("manifold");
  if ($("textures-box").hidden || !plane) return;
  Object.assign(canvas, { width: canvas.clientWidth, height: canvas.clientHeight });
  const paint = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue(name).trim();
  const place = code => [0, 1].map(axis => {
    const [low, high] = plane.ends[axis], share = (code[axis] - low) / (high - low);
    return axis ? canvas.height * (1 - share) : canvas.width * share;
  });
  paint.clearRect(0, 0, canvas.width, canvas.height);
  paint.font = "13px system-ui, sans-serif";
  const boxes = [];
  for (const [name, code] of Object.entries(plane.card.named)) {
    const [x, y] = place(code), wide = paint.measureText(name).width, left = Math.min(x + 7, canvas.width - wide - 2);
    paint.fillStyle = colour("--ink");
    paint.beginPath();
    paint.arc(x, y, 3.5, 0, 7);
    paint.fill();
    // Names that would lie over others are left to the list.
    const box = [left, y - 9, left + wide, y + 9];
    if (boxes.every(other => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3])) {
      paint.fillText(name, left, y + 4);
      boxes.push(box);
    }
  }
  const [x, y] = place(codeNow());
  paint.strokeStyle = colour("--mark");
  paint.lineWidth = 2;
  paint.beginPath();
  for (const [a, b, c, d] of [[x - 8, y, x + 8, y], [x, y - 8, x, y + 8]]) { paint.moveTo(a, b); paint.lineTo(c, d); }
  paint.stroke();
}

const setCode = code => { $("values").value = code.map(value => +(+value).toPrecision(4)).join(", "); $("named").value = ""; drawPlane(); };

function goTo(event) {
  const canvas = $("manifold"), code = codeNow(), shares = [event.offsetX / canvas.clientWidth, 1 - event.offsetY / canvas.clientHeight];
  shares.forEach((share, axis) => { const [low, high] = plane.ends[axis]; code[axis] = low + share * (high - low); });
  setCode(code);
  return draw();
}

function stepOnPlane(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 1], ArrowDown: [1, -1] }[event.key], code = codeNow();
  if (event.key === "Enter") return draw();
  if (!step) return;
  event.preventDefault();
  const [axis, sign] = step, [low, high] = plane.ends[axis];
  code[axis] += sign * (high - low) / 40;
  setCode(code);
}

function takeNamed() {
  const code = plane.card.named[$("named").value];
  if (!code) return;
  const name = $("named").value;
  setCode(code);
  $("named").value = name;
  return draw();
}

async function drawWay() {
  const ask = { first: $("from").value, second: $("to").value, steps: +$("way-steps").value, seed: +$("seed").value, format: "json", include_images: true };
  if (chosen().any_size && $("size").value) ask.size = +$("size").value;
  const found = await (await call(base() + "/between", { method: "POST", body: JSON.stringify(ask) })).json();
  $("way-pictures").replaceChildren(...found.images.map((data, i) => picture(data, i === 0 ? ask.first : i === found.n - 1 ? ask.second : `${i + 1}`)));
}

async function like() {
  const file = $("example").files[0], form = new FormData();
  if (!file) throw new Error("choose an image first, of which more is wanted");
  form.append("image", file);
  const found = await (await call(base() + "/codes", { method: "POST", body: form })).json(), near = found.nearest[0];
  $("like-facts").textContent = `code ${found.codes[0].map(digits).join(", ")}` + (near ? `; the nearest that has a name is ${near.name}, ${digits(near.distance)} away` : "");
  setCode(found.codes[0]);
  await draw();
}
