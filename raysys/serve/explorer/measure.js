// An image of the reader's own, measured; where the browser can show it, with the phase drawn over it.
let own = null;

// Grey values of a picture of 8 bits, which are the values that its file stores.
async function readOwn() {
  const file = $("measured").files[0];
  own = null;
  if (file) try {
    const image = await createImageBitmap(file), canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    const paint = canvas.getContext("2d");
    paint.drawImage(image, 0, 0);
    own = paint.getImageData(0, 0, image.width, image.height);
  } catch { /* a format that browsers do not know is measured all the same */ }
  show("overlay", own);
  $("measured-facts").textContent = file && !own ? "This browser cannot show such a file; the endpoint reads it." : "";
  drawOverlay();
}

const greyAt = (data, place) => Math.round(0.2126 * data[place] + 0.7152 * data[place + 1] + 0.0722 * data[place + 2]);

function drawOverlay() {
  const otsu = $("otsu").checked;
  $("threshold").disabled = otsu;
  $("threshold-shown").value = otsu ? "by Otsu" : `above ${$("threshold").value}`;
  if (!own) return;
  const canvas = $("overlay"), drawn = new ImageData(own.width, own.height), dark = $("measured-phase").value === "dark";
  Object.assign(canvas, { width: own.width, height: own.height });
  for (let place = 0; place < own.data.length; place += 4) {
    const grey = greyAt(own.data, place), marked = !otsu && grey > +$("threshold").value !== dark;
    drawn.data.set(marked ? [grey / 2, grey / 2 + 50, grey / 2 + 127, 255] : [grey, grey, grey, 255], place);
  }
  canvas.getContext("2d").putImageData(drawn, 0, 0);
}

async function gauge() {
  const file = $("measured").files[0], name = $("measured-descriptor").value, form = new FormData();
  if (!file) throw new Error("choose an image to measure first");
  form.append("image", file);
  form.append("descriptors", name);
  form.append("phase", $("measured-phase").value);
  if (!$("otsu").checked) form.append("threshold", $("threshold").value);
  const found = await (await call("v1/descriptors", { method: "POST", body: form })).json();
  if ($("otsu").checked && own && found.threshold !== null) {
    // What Otsu's method has found is where the slider begins.
    $("threshold").value = Math.floor(found.threshold);
    const dark = $("otsu").checked;
    $("otsu").checked = false;
    drawOverlay();
    $("otsu").checked = dark;
    $("threshold").disabled = dark;
  }
  $("measured-facts").textContent = [`${found.n} of ${found.shape.join(" × ")} pixels`, `phase fraction ${found.phase_fraction.toFixed(4)}`,
    found.threshold === null ? found.method : `above ${+found.threshold.toPrecision(5)} (${found.method})`].join("; ");
  const reference = Object.values(references)[0] || {};
  for (const id of ["measured-curve", "measured-legend"]) $(id).toggleAttribute("hidden", false);
  drawCurves("measured-curve", found.descriptors[name], reference[name]);
}
