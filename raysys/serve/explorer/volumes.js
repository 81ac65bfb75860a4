// Volumes as they come, and slices of them.
// An .npy file: a header in ASCII that tells type and shape, and the numbers as they lie in memory.
function readArray(buffer) {
  const length = new DataView(buffer).getUint16(8, true), header = new TextDecoder("latin1").decode(buffer.slice(10, 10 + length));
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1].split(",").filter(part => part.trim()).map(Number);
  const data = buffer.slice(10 + length);
  return { shape, values: header.includes("f4") ? new Float32Array(data) : new Uint8Array(data) };
}

function chooseSlice(middle) {
  if (!volumes) return;
  const axis = +$("axis").value, length = volumes.shape[axis + 1];
  $("slice").max = length - 1;
  if (middle || +$("slice").value >= length) $("slice").value = Math.floor(length / 2);
  $("index-of-slice").textContent = `Slice ${$("slice").value} of 0 to ${length - 1}`;
  $("samples").replaceChildren(...Array.from({ length: volumes.shape[0] }, (_, i) => slicePicture(i, axis, +$("slice").value)));
}

function slicePicture(i, axis, index) {
  const { shape, values } = volumes, [depth, height, width] = shape.slice(1), colours = shape[4] || 1;
  const strides = [height * width, width, 1], [down, right] = [0, 1, 2].filter(each => each !== axis);
  const canvas = document.createElement("canvas"), sides = [depth, height, width];
  Object.assign(canvas, { width: sides[right], height: sides[down], title: caption(i) });
  const paint = canvas.getContext("2d"), pixels = paint.createImageData(canvas.width, canvas.height);
  const palette = chosen().phases.map(phase => [1, 3, 5].map(at => parseInt(phase.colour.slice(at, at + 2), 16)));
  for (let y = 0, at = 0; y < canvas.height; y++)
    for (let x = 0; x < canvas.width; x++, at += 4) {
      const place = (i * depth * height * width + index * strides[axis] + y * strides[down] + x * strides[right]) * colours;
      const colour = palette.length ? palette[values[place]] : [0, 1, 2].map(c => 255 * values[place + (colours > 1 ? c : 0)]);
      pixels.data.set([...colour, 255], at);
    }
  paint.putImageData(pixels, 0, 0);
  return canvas;
}
