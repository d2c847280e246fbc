// Runs once, after Gradio has put stream.html on the page; `element`, `props`, `watch` are Gradio's.
// Two canvases lie under an empty element that scrolls: `still` is painted anew only when the view
// changes, `moving` (cursor, hover, focus) at every step of the playback.

const part = (name) => element.querySelector("." + name);
const loaded = part("loaded"), empty = part("empty"), view = part("view"), roll = part("roll");
const still = part("still"), moving = part("moving"), tip = part("tip"), readout = part("readout");
const playButton = part("play"), clock = part("clock"), legend = part("legend");
const audio = element.querySelector("audio");

const GUTTER = 48, WAVE_TOP = 8, WAVE_HEIGHT = 104, GRID_TOP = 124, AXIS = 24;
const OPENING_PIXELS = 2, CLOSEST_PIXELS = 28; // width of a frame
const PITCH_TICKS = [75, 100, 150, 200, 300, 400];

let stream = null; // what analysis/stream.py gathered
let colours = {};
let pixels = 1; // width of a frame on the screen
let wholeClip = true;
let current = -1; // index of the selected token that the keyboard stands on
let hovered = null; // {frame, layer, token}; layer null over the waveform
let following = true; // whether the view turns its pages with the cursor
let texture = null; // one pixel a code
let look = null; // colours and font of the theme
let scheduled = false, stillIsOld = true;

/* geometry: x within the clip, in CSS pixels; y within the view */

const nFrames = () => stream.codes[0].length;
const rowHeight = () => (view.clientWidth < 500 ? 16 : 18);
const gridBottom = () => GRID_TOP + stream.n_layers * rowHeight();
const rowTop = (layer) => GRID_TOP + (layer - 1) * rowHeight();
const isRead = (layer) => stream.layers.includes(layer);
const xOf = (seconds) => (seconds / stream.frame_s) * pixels;
const closest = () => Math.max(CLOSEST_PIXELS, fitting());
const fitting = () => roll.clientWidth / nFrames();

function tokenBox({ frame, layer }) {
  const width = Math.max(pixels - (pixels >= 6 ? 1 : 0), pixels < 1 ? 1.5 : 3);
  const x = frame * pixels + (pixels - width) / 2;
  return { x, y: rowTop(layer) + 1, width, height: rowHeight() - 2 };
}

function placeAt(event, reach) {
  const box = roll.getBoundingClientRect();
  const x = event.clientX - box.left + roll.scrollLeft, y = event.clientY - box.top;
  const frame = Math.min(Math.max(Math.floor(x / pixels), 0), nFrames() - 1);
  if (y < GRID_TOP - 6 || y >= gridBottom()) return { frame, layer: null, token: null };
  const row = Math.max(0, Math.floor((y - GRID_TOP) / rowHeight()));
  const layer = Math.min(row, stream.n_layers - 1) + 1;
  let token = null, nearest = Math.max(reach, pixels / 2);
  for (const one of stream.selected) {
    const distance = Math.abs((one.frame + 0.5) * pixels - x);
    if (one.layer === layer && distance <= nearest) [token, nearest] = [one, distance];
  }
  return { frame: token ? token.frame : frame, layer, token };
}

/* painting */

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
  clock.textContent = audio.currentTime.toFixed(2) + " / " + stream.duration_s.toFixed(2) + " s";
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
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  look = {
    ink: colour("ink"), muted: colour("muted"), line: colour("line"), paper: colour("paper"),
    accent: colour("accent"), font: style.fontFamily,
    shade: document.body.classList.contains("dark") ? "dark" : "light",
  };
  texture ||= paintTexture();
  const first = Math.max(0, Math.floor(roll.scrollLeft / pixels) - 2);
  const last = Math.min(nFrames(), Math.ceil((roll.scrollLeft + roll.clientWidth) / pixels) + 2);
  const scale = pitchScale();
  onCanvas(
    still,
    (pen) => {
      paintTimes(pen, first, last);
      paintWaveform(pen, first, last);
      paintPitch(pen, first, last, scale);
      paintCodes(pen, first, last);
      const visible = stream.selected.filter(({ frame }) => frame >= first && frame < last);
      for (const token of visible) if (!token.used) paintToken(pen, token);
      for (const token of visible) if (token.used) paintToken(pen, token);
    },
    (pen) => paintMargin(pen, scale),
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
    pen.fillRect(x, WAVE_TOP, 1, gridBottom() - WAVE_TOP + 4);
    pen.fillStyle = look.muted;
    pen.textAlign = i === 0 ? "left" : x > nFrames() * pixels - 16 ? "right" : "center";
    pen.fillText(Number((i * step).toFixed(1)) + " s", x, gridBottom() + 14);
  }
}

function paintWaveform(pen, first, last) {
  const { low, high, columns_per_frame: perFrame } = stream.waveform;
  const width = pixels / perFrame, together = Math.max(1, Math.ceil(1 / width));
  const middle = WAVE_TOP + WAVE_HEIGHT / 2, half = WAVE_HEIGHT / 2;
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
  return (hz) => WAVE_TOP + WAVE_HEIGHT - 8 - ((Math.log2(hz) - from) / (to - from)) * (WAVE_HEIGHT - 16);
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
  pen.fillRect(first * pixels, GRID_TOP, n * pixels, gridBottom() - GRID_TOP);
  pen.imageSmoothingEnabled = pixels < 1;
  pen.drawImage(
    texture, first, 0, n, stream.n_layers,
    first * pixels, GRID_TOP, n * pixels, stream.n_layers * height,
  );
  for (let row = 0; row <= stream.n_layers; row++)
    pen.fillRect(first * pixels, GRID_TOP + row * height - 1, n * pixels, 2);
  if (pixels < 6) return;
  for (let frame = first; frame <= last; frame++)
    pen.fillRect(frame * pixels - 0.5, GRID_TOP, 1, gridBottom() - GRID_TOP);
}

function paintToken(pen, token) {
  const { x, y, width, height } = tokenBox(token);
  pen.fillStyle = colours[token.speaks_for][look.shade];
  pen.globalAlpha = token.used ? 1 : 0.25;
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
    if (y < WAVE_TOP + 4 || y > WAVE_TOP + WAVE_HEIGHT - 4) continue;
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

/* the view */

function layOut() {
  if (!stream || !roll.clientWidth) return;
  if (wholeClip) pixels = fitting();
  pixels = Math.max(pixels, fitting());
  part("length").style.width = Math.floor(nFrames() * pixels) + "px";
  part("length").style.height = gridBottom() + AXIS + "px";
  roll.style.marginLeft = GUTTER + "px";
  part("less").disabled = pixels <= fitting() * 1.001;
  part("more").disabled = pixels >= closest() * 0.999;
  repaint(true);
}

function zoomTo(wanted, anchor) {
  const at = (roll.scrollLeft + anchor) / pixels;
  pixels = Math.min(Math.max(wanted, fitting()), closest());
  wholeClip = pixels <= fitting() * 1.001;
  layOut();
  roll.scrollLeft = at * pixels - anchor;
}

function zoomBy(factor) {
  const cursor = xOf(audio.currentTime) - roll.scrollLeft;
  const visible = cursor >= 0 && cursor <= roll.clientWidth;
  zoomTo(pixels * factor, visible ? cursor : roll.clientWidth / 2);
}

function turnPage() {
  const x = xOf(audio.currentTime) - roll.scrollLeft;
  if (following && (x < 0 || x > roll.clientWidth * 0.95))
    roll.scrollLeft += x - roll.clientWidth * 0.05;
}

function bringIntoView(token) {
  const x = token.frame * pixels - roll.scrollLeft;
  if (x < 20 || x > roll.clientWidth - 20) roll.scrollLeft += x - roll.clientWidth / 2;
}

/* words */

function weightsOf(token) {
  return Object.entries(token.weights)
    .filter(([, weight]) => weight !== 0)
    .sort((a, b) => b[1] - a[1])
    .map(([label, weight]) => [label, (weight > 0 ? "+" : "−") + Math.abs(weight).toPrecision(2)]);
}

function describe({ frame, layer, token }) {
  const seconds = (frame * stream.frame_s).toFixed(2);
  if (!layer) return `${seconds} s, ${pitchAt(frame)}.`;
  const place = `layer ${layer}, code ${stream.codes[layer - 1][frame]}, at ${seconds} s`;
  if (!token) return `Not selected: ${place}${isRead(layer) ? "" : ", a layer that the model does not read"}.`;
  const weights = weightsOf(token).map(([label, weight]) => label + " " + weight).join(", ");
  return (
    `Selected token ${stream.selected.indexOf(token) + 1} of ${stream.selected.length}: ${place}, ` +
    `speaks for ${token.speaks_for} (weights: ${weights || "none"}). ` +
    (token.used ? "The model reads it." : "Thinned away: the model does not read it.")
  );
}

function pitchAt(frame) {
  const hz = stream.pitch_hz[frame];
  return hz === null ? "unvoiced" : Math.round(hz) + " Hz";
}

function summary() {
  const n = nFrames() * stream.layers.length;
  const read = stream.selected.filter((token) => token.used).length;
  return (
    `${nFrames()} frames × ${stream.layers.length} layers = ${n.toLocaleString("en")} tokens: ` +
    `${stream.selected.length} selected, ${read} read by the model.`
  );
}

function line(words, name, colour) {
  const row = document.createElement("div");
  if (name) row.className = name;
  if (colour) row.append(swatch("", colour));
  row.append(words);
  return row;
}

function swatch(kind, shades) {
  const mark = document.createElement("span");
  mark.className = "swatch " + kind;
  if (shades) {
    mark.style.setProperty("--light", shades.light);
    mark.style.setProperty("--dark", shades.dark);
  }
  return mark;
}

function fillLegend() {
  const item = (mark, words) => {
    const li = document.createElement("li");
    li.append(mark, words);
    return li;
  };
  const count = (label) => stream.selected.filter((token) => token.speaks_for === label).length;
  legend.replaceChildren(
    ...stream.classes.map((label) => item(swatch("", colours[label]), `${label} ${count(label)}`)),
    ...(stream.selected.every((token) => token.used) ? [] : [item(swatch("hollow"), "thinned away")]),
    item(swatch("plain"), "not selected"),
    item(swatch("line"), "pitch"),
  );
}

function fillTip({ frame, layer, token }) {
  const seconds = (frame * stream.frame_s).toFixed(2) + " s";
  if (!layer) return tip.replaceChildren(line(`${seconds}, ${pitchAt(frame)}`));
  const rows = [line(`Layer ${layer}, code ${stream.codes[layer - 1][frame]}, ${seconds}`)];
  if (token) {
    rows.push(line("speaks for " + token.speaks_for, "", colours[token.speaks_for]));
    for (const [label, weight] of weightsOf(token)) {
      const row = line(label, "weight faint");
      row.append(document.createElement("b"));
      row.lastChild.textContent = weight;
      rows.push(row);
    }
    if (!token.used) rows.push(line("Thinned away: the model does not read it.", "faint"));
  } else {
    rows.push(line(isRead(layer) ? "not selected" : "a layer that the model does not read", "faint"));
  }
  tip.replaceChildren(...rows);
}

function showTip(event) {
  fillTip(hovered);
  tip.hidden = false;
  const box = view.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const right = x + 14 + tip.offsetWidth <= box.width;
  tip.style.left = Math.max(0, right ? x + 14 : x - 14 - tip.offsetWidth) + "px";
  const above = y - 14 - tip.offsetHeight; // below would hide the read-out
  tip.style.top = (above >= 0 ? above : y + 18) + "px";
}

/* deeds */

function play(seconds) {
  audio.currentTime = seconds;
  following = true;
  start();
}

function start() {
  audio.play().catch((error) => {
    if (error.name !== "AbortError") readout.textContent = "The browser cannot play this clip.";
  });
}

function stepTo(index) {
  if (!stream.selected.length) return;
  current = Math.min(Math.max(index, 0), stream.selected.length - 1);
  const token = stream.selected[current];
  readout.textContent = describe({ ...token, token });
  bringIntoView(token);
  repaint(false);
}

function leave() {
  hovered = null;
  tip.hidden = true;
  repaint(false);
}

function load() {
  audio.pause();
  const value = props.value ? JSON.parse(props.value) : null;
  stream = value && value.stream;
  loaded.hidden = !stream;
  empty.hidden = Boolean(stream);
  current = -1;
  texture = hovered = null;
  tip.hidden = true;
  if (!stream) return audio.removeAttribute("src");
  colours = value.colours;
  audio.src = value.audio;
  fillLegend();
  readout.textContent = summary();
  pixels = OPENING_PIXELS;
  wholeClip = fitting() >= OPENING_PIXELS;
  roll.scrollLeft = 0;
  following = true;
  layOut();
}

const keys = {
  " ": () => (audio.paused ? start() : audio.pause()),
  ArrowRight: () => stepTo(current < 0 ? nextAfterCursor() : current + 1),
  ArrowLeft: () => stepTo(current < 0 ? nextAfterCursor() - 1 : current - 1),
  Home: () => stepTo(0),
  End: () => stepTo(Infinity),
  Enter: () => play(current < 0 ? audio.currentTime : stream.selected[current].start_s),
  "+": () => zoomBy(1.6),
  "=": () => zoomBy(1.6),
  "-": () => zoomBy(1 / 1.6),
};

function nextAfterCursor() {
  const index = stream.selected.findIndex((token) => token.start_s >= audio.currentTime);
  return index < 0 ? stream.selected.length : index;
}

roll.addEventListener("keydown", (event) => {
  const deed = keys[event.key];
  if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  deed();
});
roll.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch") return;
  hovered = placeAt(event, 4);
  showTip(event);
  repaint(false);
});
roll.addEventListener("pointerleave", (event) => event.pointerType === "touch" || leave());
let pointer = "mouse"; // not every browser tells it with a click
roll.addEventListener("pointerdown", (event) => {
  pointer = event.pointerType;
});
roll.addEventListener("click", (event) => {
  const place = placeAt(event, pointer === "touch" ? 12 : 4);
  current = stream.selected.indexOf(place.token);
  readout.textContent = describe(place);
  leave();
  play(place.frame * stream.frame_s);
});
roll.addEventListener("scroll", () => {
  const x = xOf(audio.currentTime) - roll.scrollLeft;
  following = x >= 0 && x <= roll.clientWidth;
  leave();
  repaint(true);
});
roll.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(pixels * Math.exp(-event.deltaY / 200), event.clientX - roll.getBoundingClientRect().left);
  },
  { passive: false },
);
playButton.addEventListener("click", keys[" "]);
part("more").addEventListener("click", keys["+"]);
part("less").addEventListener("click", keys["-"]);
part("whole").addEventListener("click", () => zoomTo(0, 0));

for (const name of ["play", "pause", "seeked", "ended", "emptied"])
  audio.addEventListener(name, () => {
    loaded.classList.toggle("playing", !audio.paused);
    playButton.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    repaint(false);
  });

new ResizeObserver(layOut).observe(view);
new MutationObserver(() => {
  texture = null;
  repaint(true);
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", load);
load();
