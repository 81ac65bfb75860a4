// The endless image of a seed as a map: dragged, zoomed, and pointed to by a link.
const STEP = 64; // pixels that an arrow key moves it by

function resetView(place) {
  tiles = new Map();
  view = { z: NATIVE_ZOOM, x: 0, y: 0, ...place };
  $("shared").textContent = "";
  drawEndless();
}

function drawEndless() {
  const canvas = $("endless");
  if ($("endless-box").hidden) return;
  if (canvas.width !== canvas.clientWidth) { canvas.width = canvas.clientWidth; canvas.height = canvas.clientHeight; }
  const paint = canvas.getContext("2d"), scale = 2 ** (NATIVE_ZOOM - view.z);
  paint.clearRect(0, 0, canvas.width, canvas.height);
  for (let ty = Math.floor(view.y / TILE); ty * TILE < view.y + canvas.height; ty++)
    for (let tx = Math.floor(view.x / TILE); tx * TILE < view.x + canvas.width; tx++) {
      const tile = wanted(view.z, tx, ty);
      if (tile) paint.drawImage(tile, Math.round(tx * TILE - view.x), Math.round(ty * TILE - view.y));
    }
  $("where").textContent = `Drag or press arrow keys to move; wheel, two fingers, + and − zoom. Top left is row ${Math.round(view.y * scale)}, column ${Math.round(view.x * scale)}` +
    (scale > 1 ? `; one point shows ${scale} × ${scale} pixels.` : ".");
}

function wanted(z, x, y) {
  const key = `${z}/${x}/${y}`;
  if (!tiles.has(key)) {
    const asked = condition(), query = asked ? `&condition=${encodeURIComponent(JSON.stringify(asked))}` : "";
    const mine = tiles, path = `${base()}/tiles/${key}.png?seed=${$("seed").value}${query}`;
    mine.set(key, null);
    call(path).then(answer => answer.blob()).then(createImageBitmap)
      .then(image => { mine.set(key, image); if (mine === tiles) drawEndless(); })
      .catch(error => { if (mine === tiles) say(error.message); });
  }
  return tiles.get(key);
}

function move(x, y) {
  view.x += x;
  view.y += y;
  drawEndless();
  writeLink();
}

// Closer or farther by whole levels, so that what is at a point of the canvas stays there.
function zoom(levels, ox = $("endless").width / 2, oy = $("endless").height / 2) {
  const z = Math.min(NATIVE_ZOOM, Math.max(0, view.z + levels)), scale = 2 ** (z - view.z);
  Object.assign(view, { z, x: (view.x + ox) * scale - ox, y: (view.y + oy) * scale - oy });
  drawEndless();
  writeLink();
}

const fingers = new Map();
let spread = 0;
const between = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a.offsetX - b.offsetX, a.offsetY - b.offsetY); };

function press(event) {
  fingers.set(event.pointerId, event);
  event.target.setPointerCapture(event.pointerId);
  if (fingers.size === 2) spread = between();
}

function drag(event) {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) return move(before.clientX - event.clientX, before.clientY - event.clientY);
  // Twice as far apart is a level closer.
  const ratio = between() / spread;
  if (ratio > 0.5 && ratio < 2) return;
  const [a, b] = [...fingers.values()];
  zoom(ratio > 1 ? 1 : -1, (a.offsetX + b.offsetX) / 2, (a.offsetY + b.offsetY) / 2);
  spread = between();
}

function keyed(event) {
  const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  const levels = { "+": 1, "=": 1, "-": -1 }[event.key];
  if (!step && !levels) return;
  event.preventDefault();
  if (step) move(...step);
  else zoom(levels);
}
