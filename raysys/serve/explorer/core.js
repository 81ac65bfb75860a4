"use strict";
// What all parts share: asking the endpoint, saying what went wrong, showing and hiding.
const $ = id => document.getElementById(id);
const TILE = 256, NATIVE_ZOOM = 3;
let models = {}, references = {}, answer = null, volumes = null, view = null, tiles = new Map();

async function call(path, options = {}) {
  const headers = typeof options.body === "string" ? { "Content-Type": "application/json" } : {};
  if ($("token").value) headers.Authorization = "Bearer " + $("token").value;
  const answer = await fetch(path, { ...options, headers });
  if (!answer.ok) {
    const body = await answer.json().catch(() => null);
    throw new Error(body && body.error ? body.error.message : `the endpoint answered ${answer.status}`);
  }
  return answer;
}
const say = text => { $("message").textContent = text; };
const base = () => "v1/models/" + encodeURIComponent($("model").value);

async function listModels() {
  const chosen = $("model").value;
  const list = (await (await call("v1/models")).json()).models;
  models = Object.fromEntries(list.map(one => [one.name, one]));
  $("model").replaceChildren(...list.map(one => new Option(one.name, one.name)));
  const first = chosen || opened.get("model");
  if (models[first]) $("model").value = first;
  await chooseModel();
}

const chosen = () => models[$("model").value];
const show = (id, wanted) => { $(id).hidden = !wanted; };
const fill = (id, names) => $(id).replaceChildren(...names.map(([value, text]) => new Option(text, value)));
const legend = (id, phases) => $(id).replaceChildren(...phases.map(phase => {
  const line = document.createElement("li"), swatch = document.createElement("i");
  swatch.style.background = phase.colour;
  line.append(swatch, phase.name);
  return line;
}));

// How far pixels are apart: in words, and as one length where all axes have the same and its unit is known.
const oneSize = size => size && size.unit && size.sizes.every(one => Math.abs(one / size.sizes[0] - 1) < 1e-4);
const sizeInWords = size => !size ? "" : ` of ${(oneSize(size) ? size.sizes.slice(0, 1) : size.sizes).map(one => +one.toPrecision(6)).join(" × ")} ` +
  (size.unit || "(no unit)");
