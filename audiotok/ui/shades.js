// Colours of a scale, and bytes that travel as text; shared by what is painted on canvases.

function bytesOf({ base64 }) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

// 256 pixels from the first colour to the last.
function rampOf(colours) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [256, 1];
  const pen = canvas.getContext("2d"), gradient = pen.createLinearGradient(0, 0, 256, 0);
  colours.forEach((colour, i) => gradient.addColorStop(i / (colours.length - 1), colour));
  pen.fillStyle = gradient;
  pen.fillRect(0, 0, 256, 1);
  return new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
}

function canvasOf(width, height, pixels) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height), 0, 0);
  return canvas;
}
