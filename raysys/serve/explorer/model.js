// A model is chosen: what it declares is what the page offers.
async function chooseModel() {
  const facts = await (await call(base())).json(), can = facts.abilities, volume = facts.dims === 3;
  models[facts.name] = facts;
  references = facts.phases.length ? facts.phase_references : { "": facts.reference };
  const samples = can.includes("samples"), measured = samples && ["binary", "labels"].includes(facts.kind);
  for (const id of ["asked", "samples-box", "curl-box"]) show(id, samples);
  show("endless-box", samples && facts.any_size && !volume);
  show("curve-box", measured);
  show("descriptor-box", measured);
  show("part-box", facts.phases.length);
  show("cut", samples && volume);
  fill("part", facts.phases.map(phase => [phase.name, phase.name]));
  legend("phases", facts.phases);
  const cubic = facts.native_size.every(side => side === facts.native_size[0]);
  $("size").value = cubic ? facts.native_size[0] : "";
  $("size").placeholder = facts.native_size.join(" × ");
  $("size").disabled = $("periodic").disabled = !facts.any_size;
  if (!facts.any_size) $("periodic").checked = false;
  if (volume) $("n").value = 1;
  allowSizes();
  showCondition(facts.condition);
  const kept = $("descriptor").value, known = Object.keys(Object.values(references)[0] || {});
  fill("descriptor", (known.length ? known : ["S2"]).map(name => [name, name]));
  if (known.includes(kept)) $("descriptor").value = kept;
  $("about").textContent = `${facts.architecture}, ${facts.native_size.join(" × ")} pixels${sizeInWords(facts.pixel_size)}, ` +
    facts.kind + (facts.phase_fraction === null ? "" : `, phase fraction ${facts.phase_fraction.toFixed(3)}`) +
    (facts.reference_units === null ? "" : `, reference of ${facts.reference_units} independent images (${facts.reference_n} in all)`) +
    (facts.verdict ? `; ${facts.verdict}` : "") + (facts.licence ? `; licence ${facts.licence}` : "");
  showUpload(facts);
  showTextures();
  showPaint();
  volumes = null;
  showVolume();
  const place = applyLink();
  allowSizes();
  if (samples) await draw(place);
}

// The endpoint takes every size, and of periodic images multiples of the lattice's cell: the field must not be stricter.
function allowSizes() {
  const step = $("periodic").checked ? chosen().cell || 1 : 1, size = $("size");
  size.min = size.step = step;
  if (size.value % step) size.value = Math.max(1, Math.round(size.value / step)) * step;
}
