const attempt = action => async event => {
  if (event) event.preventDefault();
  say("");
  try { await action(event); } catch (error) { say(error.message); }
};
const on = (id, event, action) => $(id).addEventListener(event, attempt(action));
// What moves things must not wait, nor keep a page from scrolling elsewhere.
const at_once = (id, event, action) => $(id).addEventListener(event, action);

on("ask", "submit", () => Object.keys(models).length ? draw() : listModels());
on("model", "change", chooseModel);
on("descriptor", "change", () => draw());
on("part", "change", showNumbers);
on("periodic", "change", allowSizes);
at_once("number", "input", () => { $("number-shown").value = Number(Number($("number").value).toPrecision(3)); });
on("axis", "change", () => chooseSlice(true));
on("slice", "input", () => chooseSlice(false));
on("turning", "change", letTurn);
on("code", "submit", () => UPLOADS[uploadAbility()][1]());
on("interpolate", "click", interpolate);
on("token", "change", async () => { await listModels(); await listJobs(); });
on("dice", "click", () => { $("seed").value = Math.floor(Math.random() * 2 ** 32); return draw(); });
on("language", "change", () => showSnippet());

on("named", "change", takeNamed);
on("values", "input", drawPlane);
on("manifold", "click", goTo);
at_once("manifold", "keydown", stepOnPlane);
on("way", "click", drawWay);
on("like", "click", like);

at_once("level", "input", showLevel);
on("ramp", "click", rampPaint);
on("clear", "click", clearPaint);
on("follow", "click", follow);
at_once("paint", "pointerdown", event => { event.target.setPointerCapture(event.pointerId); dabAt(event); });
at_once("paint", "pointermove", event => { if (event.buttons) dabAt(event); });
at_once("paint", "keydown", steer);

at_once("endless", "pointerdown", press);
at_once("endless", "pointermove", drag);
for (const end of ["pointerup", "pointercancel"]) at_once("endless", end, event => fingers.delete(event.pointerId));
at_once("endless", "keydown", keyed);
$("endless").addEventListener("wheel", event => { event.preventDefault(); zoom(event.deltaY < 0 ? 1 : -1, event.offsetX, event.offsetY); }, { passive: false });
on("closer", "click", () => zoom(1));
on("farther", "click", () => zoom(-1));
on("home", "click", () => { resetView(); writeLink(); });
on("share", "click", async () => {
  writeLink();
  // Browsers give the clipboard to pages of https and of this machine only; the address line has the link anyway.
  await navigator.clipboard?.writeText(link()).catch(() => null);
  $("shared").textContent = "The address of this page is now the link to what you see.";
});

on("measured", "change", readOwn);
for (const id of ["threshold", "otsu", "measured-phase"]) on(id, "input", drawOverlay);
on("measure", "submit", gauge);
on("job-kind", "change", chooseJob);
on("job", "submit", beginJob);

addEventListener("resize", () => { drawEndless(); drawPlane(); if (answer?.model === $("model").value && !$("curve-box").hidden) showNumbers(); });
attempt(async () => { chooseJob(); await listModels(); await listJobs(); })();
