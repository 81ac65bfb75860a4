// The curve in blue over the target in grey, each {r, mean, low, high}; more targets are lines without a band.
function drawCurves(id, curve, ...targets) {
  // As many units as pixels: letters are as large on a phone as beside it.
  const width = Math.max(280, $(id).clientWidth || 640), found = targets.filter(Boolean), target = found[0];
  const box = { left: 58, right: width - 10, top: 10, bottom: 262 }, ticks = width < 500 ? 5 : 8;
  const last = Math.max(...curve.r), all = [curve, ...found].flatMap(c => (c.high || []).concat(c.mean));
  const top = Math.max(1e-9, ...all.filter(v => v !== null)) * 1.05;
  const x = r => box.left + (box.right - box.left) * r / Math.max(1, last);
  const y = v => box.bottom - (box.bottom - box.top) * v / top;
  const points = (c, key) => c.r.map((r, i) => [r, c[key][i]]).filter(([r, v]) => v !== null && r <= last).map(([r, v]) => [x(r), y(v)]);
  const line = list => list.map(([a, b], i) => (i ? "L" : "M") + a.toFixed(1) + " " + b.toFixed(1)).join("");
  const shapes = [];
  const add = (tag, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    shapes.push(node);
  };
  for (let i = 0; i <= 4; i++) {
    const v = top * i / 4;
    add("line", { x1: box.left, x2: box.right, y1: y(v), y2: y(v), stroke: "var(--line)" });
    add("text", { x: box.left - 6, y: y(v) + 4, "text-anchor": "end" }, v.toPrecision(2));
  }
  for (let r = 0; r <= last; r += Math.max(1, Math.ceil(last / ticks)))
    add("text", { x: x(r), y: box.bottom + 18, "text-anchor": "middle" }, r);
  const size = chosen().pixel_size, sized = oneSize(size);
  if (sized) for (let r = 0; r <= last; r += Math.max(1, Math.ceil(last / ticks)))
    add("text", { x: x(r), y: box.bottom + 33, "text-anchor": "middle", class: "length" }, +(r * size.sizes[0]).toPrecision(3));
  $(id).setAttribute("viewBox", `0 0 ${width} ${sized ? 316 : 300}`);
  const below = { x: (box.left + box.right) / 2, y: sized ? 313 : 297, "text-anchor": "middle" };
  add("text", below, sized ? `r (pixels, and ${size.unit})` : "r (pixels)");
  const band = target && target.high ? [...points(target, "high"), ...points(target, "low").reverse()] : [];
  if (band.length) add("path", { d: line(band) + "Z", fill: "var(--soft)", opacity: .3 });
  for (const one of found) add("path", { d: line(points(one, "mean")), fill: "none", stroke: "var(--soft)", "stroke-width": 1.5 });
  add("path", { d: line(points(curve, "mean")), fill: "none", stroke: "var(--mark)", "stroke-width": 2 });
  $(id).replaceChildren(...shapes);
}

