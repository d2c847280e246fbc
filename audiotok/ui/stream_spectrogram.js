// The spectrogram behind the pitch curve, instead of the waveform.

let spectrogram = null; // what analysis/spectrogram.py computed
let loudness = null; // one pixel a band and column
const spectral = part("spectral");
spectral.addEventListener("change", () => {
  fillLegend();
  layOut();
});

function paintLoudness() {
  const [n, width] = spectrogram.levels.shape, levels = bytesOf(spectrogram.levels);
  const ramp = rampOf([look.paper, look.accent]), pixels = new Uint32Array(n * width);
  for (let band = 0; band < n; band++) // the lowest lies at the bottom
    for (let column = 0; column < width; column++)
      pixels[(n - 1 - band) * width + column] = ramp[levels[band * width + column]];
  return canvasOf(width, n, pixels);
}

function paintSpectrogram(pen, first, last) {
  loudness ||= paintLoudness();
  const perFrame = spectrogram.columns_per_frame, n = last - first;
  pen.imageSmoothingEnabled = true;
  pen.drawImage(
    loudness, first * perFrame, 0, n * perFrame, loudness.height,
    first * pixels, waveTop(), n * pixels, waveHeight(),
  );
}

function paintBands(pen) {
  const x = GUTTER + Math.min(roll.clientWidth, nFrames() * pixels) - 5;
  pen.textAlign = "right";
  [pen.strokeStyle, pen.lineWidth, pen.fillStyle] = [look.paper, 4, look.ink];
  for (const [hz, place] of spectrogram.ticks) {
    const y = waveTop() + (1 - place) * waveHeight();
    pen.strokeText(hz / 1000 + " kHz", x, y);
    pen.fillText(hz / 1000 + " kHz", x, y);
  }
}
