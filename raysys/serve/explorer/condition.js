// A number is a slider, a name a list, and codes and levels of a map are numbers with commas between them.
function showCondition(asked) {
  const boxes = { number: "number", index: "index", code: "values", map: "values" };
  for (const id of ["number", "index", "values"]) show(`${id}-box`, asked && boxes[asked.kind] === id);
  if (!asked) return;
  const name = asked.name.replaceAll("_", " "), title = $(`${boxes[asked.kind]}-box`).firstElementChild;
  title.textContent = name;
  if (asked.kind === "number") {
    Object.assign($("number"), { min: asked.low, max: asked.high, value: asked.mean });
    title.textContent = `${name} (${asked.low} to ${asked.high})`;
    $("number-shown").value = asked.mean;
  }
  if (asked.kind === "index") fill("index", [["", "as the seed draws it"], ...asked.names.map(each => [each, each])]);
  if (asked.kind === "code" || asked.kind === "map") {
    $("values").value = "";
    $("values").placeholder = asked.kind === "code" ? "as the seed draws it" : asked.mean.join(", ");
    const count = asked.kind === "code" ? asked.length : asked.channels;
    title.textContent = `${name} (${count} number${count > 1 ? "s" : ""})`;
  }
}

// What is asked of a conditional model; nothing where the reader leaves it open.
function condition() {
  const asked = (chosen() || {}).condition;
  if (!asked) return undefined;
  if (asked.kind === "number") return { [asked.name]: +$("number").value };
  if (asked.kind === "index") return $("index").value ? { [asked.name]: $("index").value } : undefined;
  const given = $("values").value.split(/[\s,;]+/).filter(Boolean).map(Number);
  if (given.some(Number.isNaN)) throw new Error(`${asked.name}: write numbers with commas between them`);
  return given.length ? { [asked.name]: given } : undefined;
}
