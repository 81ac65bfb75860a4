// A map painted by hand, and a sample that follows it.
const GRID = 16; // cells a side of a map of codes
let levels = null, pen = null;

function showPaint() {
  const facts = chosen(), asked = facts.condition, codes = codeCard(), names = codes ? Object.keys(codes.named) : [];
  const wanted = asked && facts.any_size && facts.dims === 2 && (["number", "map"].includes(asked.kind) && (asked.channels || 1) <= 2 || names.length > 1);
  show("paint-box", wanted);
  show("painted-box", false);
  if (!wanted) return;
  const angle = asked.channels === 2, low = angle ? 0 : codes ? 0 : asked.low, high = angle ? 180 : codes ? names.length - 1 : asked.high;
  levels = { low, high, names, angle, codes };
  show("level-box", !codes);
  show("colour-box", codes);
  fill("colour", names.map((name, i) => [i, name]));
  if (names.length > 1) $("colour").value = "1";
  Object.assign($("level"), { min: low, max: high, value: high });
  $("level-title").textContent = angle ? "Direction, degrees" : asked.name.replaceAll("_", " ");
  $("paint-title").textContent = `Paint the ${asked.name.replaceAll("_", " ")} that is wanted where`;
  showLevel();
  clearPaint();
}

const showLevel = () => { $("level-shown").value = +(+$("level").value).toPrecision(3); };
const paper = () => $("paint").getContext("2d");
// Names are few, and apart in grey.
const greyOf = value => Math.round(255 * (levels.high > levels.low ? (value - levels.low) / (levels.high - levels.low) : 0));
const fillOf = value => { const grey = greyOf(value); return `rgb(${grey},${grey},${grey})`; };
const penValue = () => levels.codes ? +$("colour").value : +$("level").value;

function clearPaint() {
  const asked = chosen().condition, mean = levels.codes || levels.angle ? levels.low : Array.isArray(asked.mean) ? asked.mean[0] : asked.mean;
  paper().fillStyle = fillOf(mean);
  paper().fillRect(0, 0, 128, 128);
  pen = { x: 64, y: 64 };
}

function rampPaint() {
  for (let y = 0; y < 128; y++) {
    const value = levels.low + (levels.high - levels.low) * y / 127;
    paper().fillStyle = fillOf(levels.codes ? Math.round(value) : value);
    paper().fillRect(0, y, 128, 1);
  }
}

function dab(x, y) {
  paper().fillStyle = fillOf(penValue());
  paper().beginPath();
  paper().arc(x, y, +$("brush").value, 0, 7);
  paper().fill();
  pen = { x, y };
}

function dabAt(event) {
  const scale = 128 / $("paint").clientWidth;
  dab(event.offsetX * scale, event.offsetY * scale);
}

function steer(event) {
  const step = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] }[event.key];
  if (!step && event.key !== " ") return;
  event.preventDefault();
  if (step) pen = { x: Math.min(127, Math.max(0, pen.x + step[0])), y: Math.min(127, Math.max(0, pen.y + step[1])) };
  else dab(pen.x, pen.y);
}

// An .npy file of float32, in which a map is sent: a picture would be rounded, and not every map is one.
function npy(shape, values) {
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  header = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + "\n";
  const start = new Uint8Array([0x93, 78, 85, 77, 80, 89, 1, 0, header.length & 255, header.length >> 8]);
  return new Blob([start, header, new Float32Array(values)]);
}

function codeMap() {
  const data = paper().getImageData(0, 0, 128, 128).data, cell = 128 / GRID, { names, codes } = levels;
  const rows = Array.from({ length: codes.length }, (_, value) => Array.from({ length: GRID * GRID }, (_, place) => {
    const y = Math.floor(place / GRID) * cell + cell / 2, x = (place % GRID) * cell + cell / 2;
    const name = names[Math.round(data[4 * (y * 128 + x)] / 255 * (names.length - 1))];
    return codes.named[name][value];
  }));
  return npy([codes.length, GRID, GRID], rows.flat());
}

// What was painted in the model's own values; of a direction its cosine and sine.
function valueMap() {
  const data = paper().getImageData(0, 0, 128, 128).data, { low, high, angle } = levels;
  const values = Array.from({ length: 128 * 128 }, (_, place) => low + (high - low) * data[4 * place] / 255);
  if (!angle) return npy([1, 128, 128], values);
  const radians = values.map(value => value * Math.PI / 180);
  return npy([2, 128, 128], [...radians.map(Math.cos), ...radians.map(Math.sin)]);
}

async function follow() {
  const form = new FormData(), side = Math.max(128, +$("size").value || 128);
  form.append("map", levels.codes ? codeMap() : valueMap(), "map");
  for (const [name, value] of Object.entries({ seed: $("seed").value, size: side, format: "png" })) form.append(name, value);
  const found = await call(base() + "/follow", { method: "POST", body: form });
  if ($("painted").src) URL.revokeObjectURL($("painted").src);
  $("painted").src = URL.createObjectURL(await found.blob());
  await $("painted").decode();
  $("painted-facts").textContent = `follows the map; seed ${found.headers.get("X-Raysys-Seed")}`;
  show("painted-box", true);
}
