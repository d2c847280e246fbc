// What is painted: the words, the sounds over the waveform, the matrix.

const AXIS = 20; // room for the names of blocks

function paintTexture() {
  const n = Math.max(shown.length, 1), logarithmic = part("logarithmic").checked;
  const values = new Float32Array(n * n);
  shown.forEach((query, row) => shown.forEach((key, column) => (values[row * n + column] = weight(query, key))));
  const largest = Math.max(values.slice().sort()[Math.floor(BRIGHTEST * (values.length - 1))] || 0, 2 * SMALLEST);
  const ramp = rampOf([look.paper, look.accent, look.ink]), pixels = new Uint32Array(n * n);
  values.forEach((value, i) => {
    const share = logarithmic
      ? Math.log(Math.max(value, SMALLEST) / SMALLEST) / Math.log(largest / SMALLEST)
      : value / largest;
    pixels[i] = ramp[Math.round(255 * Math.min(share, 1))];
  });
  texture = canvasOf(n, n, pixels);
}

const sideOf = () => Math.max(Math.min(roll.clientWidth - AXIS, 560), 100) * zoom;

function paintMatrix() {
  const n = shown.length, side = sideOf();
  matrix.style.width = matrix.style.height = side + AXIS + "px";
  const pen = penOf(matrix, side + AXIS, side + AXIS);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(texture, AXIS, AXIS, side, side);
  pen.strokeStyle = look.line;
  pen.strokeRect(AXIS + 0.5, AXIS + 0.5, side - 1, side - 1);
  pen.fillStyle = look.muted;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const { kind, first, end } of blocks()) {
    const from = AXIS + (first / n) * side, to = AXIS + (end / n) * side, middle = (from + to) / 2;
    pen.fillRect(from, AXIS, 1, side);
    pen.fillRect(AXIS, from, side, 1);
    if (kind === say("markers") || to - from < pen.measureText(kind).width) continue;
    pen.fillText(kind, middle, AXIS / 2);
    pen.save();
    pen.translate(AXIS / 2, middle);
    pen.rotate(-Math.PI / 2);
    pen.fillText(kind, 0, 0);
    pen.restore();
  }
  const row = shown.indexOf(chosen), size = side / n;
  if (row < 0) return;
  [pen.strokeStyle, pen.lineWidth] = [look.ink, 2];
  pen.strokeRect(AXIS, AXIS + row * size - 1, side, size + 2);
  pen.strokeRect(AXIS + row * size - 1, AXIS, size + 2, side);
}

function blocks() {
  const found = [], kinds = { text: say("words"), audio: say("voice") };
  shown.forEach((number, place) => {
    const kind = kinds[map.tokens[number].kind] || say("markers"), last = found.at(-1);
    if (last?.kind === kind) last.end = place + 1;
    else found.push({ kind, first: place, end: place + 1 });
  });
  return found;
}

function paintSounds() {
  const width = sounds.clientWidth, height = sounds.clientHeight;
  const pen = penOf(sounds, width, height), { low, high } = map.waveform;
  const x = (seconds) => (seconds / map.duration_s) * width;
  pen.fillStyle = look.muted;
  pen.globalAlpha = 0.3;
  low.forEach((level, i) => {
    const top = height / 2 - (high[i] * height) / 2, bottom = height / 2 - (level * height) / 2;
    pen.fillRect((i / low.length) * width, top, width / low.length + 0.5, Math.max(bottom - top, 1));
  });
  pen.globalAlpha = 1;
  const audio = inAll("audio"), isSound = chosen >= 0 && map.tokens[chosen].kind === "audio";
  const byWord = chosen >= 0 && !isSound;
  const largest = byWord ? Math.max(...audio.map((sound) => weight(chosen, sound)), 1e-9) : 1;
  const bar = Math.max(x(map.frame_s), 3);
  for (const number of audio) {
    const token = map.tokens[number];
    const tall = byWord ? (weight(chosen, number) / largest) * height : number === chosen ? height : 8;
    pen.fillStyle = map.colours[token.speaks_for][look.shade];
    pen.fillRect(x(token.start_s), height - tall, bar, tall);
  }
}

function paintWords() {
  const isSound = chosen >= 0 && map.tokens[chosen].kind === "audio";
  const text = inAll("text"), largest = isSound ? Math.max(...text.map((word) => weight(word, chosen)), 1e-9) : 1;
  for (const button of words.children) {
    const number = Number(button.dataset.number);
    button.setAttribute("aria-pressed", String(number === chosen));
    button.style.setProperty("--heat", isSound ? weight(number, chosen) / largest : 0);
  }
}

function repaint() {
  if (!map || !roll.clientWidth) return;
  readLook();
  if (!texture) paintTexture();
  paintMatrix();
  paintSounds();
  paintWords();
}
