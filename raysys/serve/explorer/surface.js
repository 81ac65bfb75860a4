// Three slices of a volume, and its surface, turned by hand.
const SHOWN = 60000, RATE = 0.01;
let at = [0, 0, 0], turned = { across: 0.6, up: 0.5 }, shell = null, turning = 0;

function showVolume() {
  const first = volumes && volumes.shape;
  show("three-box", first);
  shell = null;
  if (!first) return;
  at = first.slice(1, 4).map(side => Math.floor(side / 2));
  showThree();
}

function showThree() {
  const names = ["depth", "height", "width"], surface = document.createElement("canvas");
  const slices = names.map((name, axis) => {
    const figure = document.createElement("figure"), text = document.createElement("figcaption"), canvas = slicePicture(0, axis, at[axis]);
    text.textContent = `${name} ${at[axis]}`;
    canvas.classList.add("slice");
    canvas.addEventListener("click", event => {
      const [down, right] = [0, 1, 2].filter(each => each !== axis), scale = canvas.width / canvas.clientWidth;
      at[right] = Math.min(canvas.width - 1, Math.floor(event.offsetX * scale));
      at[down] = Math.min(canvas.height - 1, Math.floor(event.offsetY * scale));
      showThree();
    });
    figure.append(canvas, text);
    return figure;
  });
  Object.assign(surface, { id: "surface", width: 260, height: 260, tabIndex: 0 });
  surface.setAttribute("role", "application");
  surface.setAttribute("aria-label", "The surface of the first volume; the arrow keys turn it");
  $("three").replaceChildren(...slices, surface);
  turnBy(surface);
  drawSurface();
}

function turnBy(surface) {
  let held = null;
  const turn = (across, up) => { turned.across += across; turned.up += up; drawSurface(); };
  surface.addEventListener("pointerdown", event => { held = event; surface.setPointerCapture(event.pointerId); });
  surface.addEventListener("pointermove", event => { if (held) { turn((event.clientX - held.clientX) * RATE, (event.clientY - held.clientY) * RATE); held = event; } });
  surface.addEventListener("pointerup", () => { held = null; });
  surface.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    if (step) { event.preventDefault(); turn(...step); }
  });
}

// Voxels of a phase (not the first one, and bright ones of grey volumes) that have a neighbour of another, or none.
function shellOf() {
  const { shape, values } = volumes, [depth, height, width] = shape.slice(1), colours = shape[4] || 1, labels = chosen().phases.length;
  const solid = (z, y, x) => z >= 0 && y >= 0 && x >= 0 && z < depth && y < height && x < width &&
    values[((z * height + y) * width + x) * colours] > (labels ? 0 : 0.5);
  const found = [], longest = Math.max(depth, height, width);
  for (let z = 0; z < depth; z++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    if (!solid(z, y, x)) continue;
    const normal = [solid(z, y, x - 1) - solid(z, y, x + 1), solid(z, y - 1, x) - solid(z, y + 1, x), solid(z - 1, y, x) - solid(z + 1, y, x)];
    const covered = solid(z, y, x - 1) && solid(z, y, x + 1) && solid(z, y - 1, x) && solid(z, y + 1, x) && solid(z - 1, y, x) && solid(z + 1, y, x);
    if (!covered) found.push([(x - width / 2) / longest, (y - height / 2) / longest, (z - depth / 2) / longest, normal, values[(z * height + y) * width + x]]);
  }
  // A screen shows no more of them.
  const step = Math.max(1, Math.ceil(found.length / SHOWN));
  return { points: found.filter((_, i) => i % step === 0), size: 1 / longest };
}

function drawSurface() {
  const canvas = $("surface");
  if (!canvas || !volumes) return;
  shell = shell || shellOf();
  const paint = canvas.getContext("2d"), middle = canvas.width / 2, scale = canvas.width * 0.56;
  const [ca, sa, cu, su] = [Math.cos(turned.across), Math.sin(turned.across), Math.cos(turned.up), Math.sin(turned.up)];
  const turn = ([x, y, z]) => { const a = ca * x + sa * z, b = ca * z - sa * x; return [a, cu * y - su * b, su * y + cu * b]; };
  const colours = chosen().phases.map(phase => [1, 3, 5].map(place => parseInt(phase.colour.slice(place, place + 2), 16)));
  const placed = shell.points.map(([x, y, z, normal, value]) => {
    const length = Math.hypot(...normal) || 1, light = turn(normal.map(one => one / length));
    return [...turn([x, y, z]), Math.max(0.25, 0.62 - 0.38 * light[2] - 0.12 * light[1]), value];
  }).sort((a, b) => b[2] - a[2]);
  const side = Math.max(1.5, scale * shell.size * 1.3);
  paint.clearRect(0, 0, canvas.width, canvas.height);
  for (const [x, y, , light, value] of placed) {
    const colour = colours.length ? colours[value] : [150, 175, 205];
    paint.fillStyle = `rgb(${colour.map(one => Math.round(Math.min(255, one * (0.35 + light)))).join(",")})`;
    paint.fillRect(middle + scale * x, middle + scale * y, side, side);
  }
}

function letTurn() {
  cancelAnimationFrame(turning);
  const step = () => { turned.across += RATE; drawSurface(); if ($("turning").checked && !$("three-box").hidden) turning = requestAnimationFrame(step); };
  if ($("turning").checked) step();
}
