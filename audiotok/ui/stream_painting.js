// What is painted: times, words, waveform, pitch, codes, tokens; then what moves.

function repaint(withStill) {
  stillIsOld ||= withStill;
  if (!scheduled) requestAnimationFrame(paint);
  scheduled = true;
}

function paint() {
  scheduled = false;
  if (!stream || !roll.clientWidth) return;
  if (!audio.paused) turnPage();
  if (stillIsOld) paintStill();
  stillIsOld = false;
  paintMoving();
  clock.textContent = decimal(audio.currentTime, 2) + " / " + decimal(stream.duration_s, 2) + " s";
  if (!audio.paused) repaint(false);
}

function onCanvas(canvas, paintClip, paintMargin) {
  const ratio = window.devicePixelRatio || 1, width = view.clientWidth, height = gridBottom() + AXIS;
  const size = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px " + look.font;
  pen.textBaseline = "middle";
  pen.save();
  pen.beginPath();
  pen.rect(GUTTER, 0, roll.clientWidth, height);
  pen.clip();
  pen.translate(GUTTER - roll.scrollLeft, 0);
  paintClip(pen);
  pen.restore();
  if (paintMargin) paintMargin(pen);
}

function paintStill() {
  readLook();
  texture ||= paintTexture();
  const first = Math.max(0, Math.floor(roll.scrollLeft / pixels) - 2);
  const last = Math.min(nFrames(), Math.ceil((roll.scrollLeft + roll.clientWidth) / pixels) + 2);
  const scale = pitchScale();
  onCanvas(
    still,
    (pen) => {
      if (spectral.checked) paintSpectrogram(pen, first, last);
      paintTimes(pen, first, last);
      paintWords(pen);
      if (!spectral.checked) paintWaveform(pen, first, last);
      paintPitch(pen, first, last, scale);
      paintCodes(pen, first, last);
      const visible = stream.selected.filter(({ frame }) => frame >= first && frame < last);
      for (const token of visible) if (!token.used) paintToken(pen, token);
      for (const token of visible) if (token.used) paintToken(pen, token);
    },
    (pen) => {
      paintMargin(pen, scale);
      if (spectral.checked) paintBands(pen);
    },
  );
}

function paintTexture() {
  // Neighbouring codes have nothing in common: multiples of the golden ratio keep greys apart.
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [nFrames(), stream.n_layers];
  const pen = canvas.getContext("2d"), image = pen.createImageData(canvas.width, canvas.height);
  stream.codes.forEach((codes, row) => {
    const strength = isRead(row + 1) ? 1 : 0.3;
    codes.forEach((code, frame) => {
      const grey = 0.05 + 0.2 * ((code * 0.618034) % 1);
      image.data[4 * (row * canvas.width + frame) + 3] = 255 * grey * strength;
    });
  });
  pen.putImageData(image, 0, 0);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = look.ink;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

function paintTimes(pen, first, last) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10];
  const step = steps.find((seconds) => xOf(seconds) >= 56) || 30;
  const from = Math.floor((first * stream.frame_s) / step);
  for (let i = from; i * step <= last * stream.frame_s; i++) {
    const x = xOf(i * step);
    pen.fillStyle = look.line;
    pen.fillRect(x, waveTop(), 1, gridBottom() - waveTop() + 4);
    pen.fillStyle = look.muted;
    pen.textAlign = i === 0 ? "left" : x > nFrames() * pixels - 16 ? "right" : "center";
    pen.fillText(decimal(i * step, Number.isInteger(Number((i * step).toFixed(1))) ? 0 : 1) + " s", x, gridBottom() + 14);
  }
}

function paintWords(pen) {
  pen.textAlign = "left";
  for (const { word, start_s, end_s } of stream.words) {
    const x = xOf(start_s), width = Math.max(xOf(end_s) - x - 2, 2);
    pen.fillStyle = look.line;
    pen.fillRect(x, TOP + WORDS_HEIGHT - 6, width, 2);
    pen.save();
    pen.beginPath();
    pen.rect(x, 0, width, TOP + WORDS_HEIGHT);
    pen.clip(); // a word that is said faster than it is read
    pen.fillStyle = look.ink;
    pen.fillText(word, x, TOP + 6);
    pen.restore();
  }
}

function paintWaveform(pen, first, last) {
  const { low, high, columns_per_frame: perFrame } = stream.waveform;
  const width = pixels / perFrame, together = Math.max(1, Math.ceil(1 / width));
  const middle = waveTop() + waveHeight() / 2, half = waveHeight() / 2;
  // Groups start at multiples of their size, or the outline would flicker while scrolling.
  const start = Math.floor((first * perFrame) / together) * together;
  const columns = [];
  for (let i = start; i < Math.min(last * perFrame, low.length); i += together) columns.push(i);
  const trace = (column, level) =>
    pen.lineTo((column + together / 2) * width, middle - level * half);
  pen.beginPath();
  for (const i of columns) trace(i, Math.max(...high.slice(i, i + together)) + 0.005);
  for (const i of columns.reverse()) trace(i, Math.min(...low.slice(i, i + together)) - 0.005);
  pen.fillStyle = look.muted;
  pen.globalAlpha = 0.45;
  pen.fill();
  pen.globalAlpha = 1;
}

function pitchScale() {
  const voiced = stream.pitch_hz.filter((hz) => hz !== null);
  if (!voiced.length) return null;
  const lowest = Math.min(...voiced), highest = Math.max(...voiced);
  const missing = Math.max(0, 1 - Math.log2(highest / lowest)); // an octave is shown at least
  const from = Math.log2(lowest) - missing / 2, to = Math.log2(highest) + missing / 2;
  return (hz) => waveTop() + waveHeight() - 8 - ((Math.log2(hz) - from) / (to - from)) * (waveHeight() - 16);
}

function paintPitch(pen, first, last, scale) {
  if (!scale) return;
  pen.beginPath();
  for (let frame = first; frame < last; frame++) {
    const hz = stream.pitch_hz[frame];
    if (hz === null) continue;
    const x = (frame + 0.5) * pixels, y = scale(hz);
    const joined = frame > first && stream.pitch_hz[frame - 1] !== null;
    if (!joined) pen.moveTo(x - Math.min(pixels / 2, 2), y);
    pen.lineTo(x, y);
  }
  pen.lineJoin = pen.lineCap = "round";
  [pen.strokeStyle, pen.lineWidth] = [look.paper, 5];
  pen.stroke();
  [pen.strokeStyle, pen.lineWidth] = [look.ink, 2];
  pen.stroke();
}

function paintCodes(pen, first, last) {
  const height = rowHeight(), n = last - first;
  pen.fillStyle = look.paper;
  pen.fillRect(first * pixels, gridTop(), n * pixels, gridBottom() - gridTop());
  pen.imageSmoothingEnabled = pixels < 1;
  pen.drawImage(
    texture, first, 0, n, stream.n_layers,
    first * pixels, gridTop(), n * pixels, stream.n_layers * height,
  );
  for (let row = 0; row <= stream.n_layers; row++)
    pen.fillRect(first * pixels, gridTop() + row * height - 1, n * pixels, 2);
  if (pixels < 6) return;
  for (let frame = first; frame <= last; frame++)
    pen.fillRect(frame * pixels - 0.5, gridTop(), 1, gridBottom() - gridTop());
}

function paintToken(pen, token) {
  const { x, y, width, height } = tokenBox(token);
  pen.fillStyle = colours[token.speaks_for][look.shade];
  pen.globalAlpha = !window.atKept.has(token.token) ? 0.12 : token.used ? 1 : 0.25;
  pen.fillRect(x, y, width, height);
  pen.globalAlpha = 1;
  if (token.used || width < 5) return;
  [pen.strokeStyle, pen.lineWidth] = [pen.fillStyle, 1];
  pen.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

function paintMargin(pen, scale) {
  pen.textAlign = "right";
  for (let layer = 1; layer <= stream.n_layers; layer++) {
    pen.fillStyle = isRead(layer) ? look.ink : look.muted;
    pen.fillText("L" + layer, GUTTER - 8, rowTop(layer) + rowHeight() / 2);
  }
  if (!scale) return;
  pen.fillStyle = look.ink;
  for (const hz of PITCH_TICKS) {
    const y = scale(hz);
    if (y < waveTop() + 4 || y > waveTop() + waveHeight() - 4) continue;
    pen.fillText(hz + " Hz", GUTTER - 8, y);
    pen.fillRect(GUTTER - 4, y, 4, 1);
  }
}

function paintMoving() {
  onCanvas(moving, (pen) => {
    if (hovered && hovered.layer) outline(pen, tokenBox(hovered), 1.5);
    if (current >= 0) outline(pen, tokenBox(stream.selected[current]), 2.5);
    const x = xOf(audio.currentTime);
    pen.fillStyle = look.accent;
    pen.fillRect(x - 1, 0, 2, gridBottom() + 2);
    pen.beginPath();
    pen.moveTo(x - 6, 0);
    pen.lineTo(x + 6, 0);
    pen.lineTo(x, 8);
    pen.fill();
  });
}

function outline(pen, { x, y, width, height }, thickness) {
  const gap = 1 + thickness / 2; // the token itself stays in sight
  for (const [colour, line] of [[look.paper, thickness + 2], [look.ink, thickness]]) {
    [pen.strokeStyle, pen.lineWidth] = [colour, line];
    pen.strokeRect(x - gap, y - gap, width + 2 * gap, height + 2 * gap);
  }
}
