// What is seen as a link that others can open: model, seed, size, condition, and where the endless image is looked at.
let opened = new URLSearchParams(location.hash.slice(1));

function link() {
  const told = new URLSearchParams({ model: $("model").value, seed: $("seed").value, n: $("n").value });
  if ($("size").value) told.set("size", $("size").value);
  if ($("periodic").checked) told.set("periodic", "1");
  const asked = chosen() && chosen().condition;
  if (asked) told.set("condition", { number: $("number"), index: $("index") }[asked.kind]?.value ?? $("values").value);
  if (view) for (const [name, value] of [["z", view.z], ["x", Math.round(view.x)], ["y", Math.round(view.y)]]) told.set(name, value);
  return location.href.split("#")[0] + "#" + told;
}

// Replaced and not added: to go back is to leave the page, and not to undo every drag.
const writeLink = () => history.replaceState(null, "", link());

// Once, after a model's own values stand in the fields.
function applyLink() {
  const told = opened;
  opened = new URLSearchParams();
  if (told.get("model") !== $("model").value) return null;
  for (const id of ["seed", "n", "size"]) if (told.has(id)) $(id).value = told.get(id);
  if (told.get("periodic") && chosen().any_size) $("periodic").checked = true;
  const asked = chosen().condition, value = told.get("condition");
  if (asked && value) {
    const field = $({ number: "number", index: "index" }[asked.kind] || "values");
    field.value = value;
    field.dispatchEvent(new Event("input"));
  }
  return told.has("z") ? { z: +told.get("z"), x: +told.get("x"), y: +told.get("y") } : null;
}
