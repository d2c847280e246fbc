// These files run as one, once, after Gradio has put stream.html on the page; `element`, `props` and
// `watch` are Gradio's.
// Two canvases lie under an empty element that scrolls: `still` is painted anew only when the view
// changes, `moving` (cursor, hover, focus) at every step of the playback.

const part = (name) => element.querySelector("." + name);
const loaded = part("loaded"), empty = part("empty"), view = part("view"), roll = part("roll");
const still = part("still"), moving = part("moving"), tip = part("tip"), readout = part("readout");
const playButton = part("play"), clock = part("clock"), legend = part("legend");
let audio = element.querySelector("audio"); // another one for each version of the clip

const GUTTER = 48, TOP = 8, WORDS_HEIGHT = 22, AXIS = 24;
const OPENING_PIXELS = 2, CLOSEST_PIXELS = 28; // width of a frame
const PITCH_TICKS = [75, 100, 150, 200, 300, 400];

let stream = null; // what analysis/stream.py gathered
let colours = {};
let names = {}; // of classes, as they are shown
let pixels = 1; // width of a frame on the screen
let wholeClip = true;
let current = -1; // index of the selected token that the keyboard stands on
let hovered = null; // {frame, layer, token}; layer null over the waveform
let following = true; // whether the view turns its pages with the cursor
let texture = null; // one pixel a code
let scheduled = false, stillIsOld = true;

/* geometry: x within the clip, in CSS pixels; y within the view */

const nFrames = () => stream.codes[0].length;
const rowHeight = () => (view.clientWidth < 500 ? 16 : 18);
const waveTop = () => TOP + (stream.words.length ? WORDS_HEIGHT : 0);
const waveHeight = () => (spectral.checked ? 150 : 104);
const gridTop = () => waveTop() + waveHeight() + 12;
const gridBottom = () => gridTop() + stream.n_layers * rowHeight();
const rowTop = (layer) => gridTop() + (layer - 1) * rowHeight();
const isRead = (layer) => stream.layers.includes(layer);
const xOf = (seconds) => (seconds / stream.frame_s) * pixels;
const closest = () => Math.max(CLOSEST_PIXELS, fitting());
const fitting = () => roll.clientWidth / nFrames();

function tokenBox({ frame, layer }) {
  const width = Math.max(pixels - (pixels >= 6 ? 1 : 0), pixels < 1 ? 1.5 : 3);
  const x = frame * pixels + (pixels - width) / 2;
  return { x, y: rowTop(layer) + 1, width, height: rowHeight() - 2 };
}

function wordAt(x) {
  const seconds = (x / pixels) * stream.frame_s;
  return stream.words.find((word) => word.start_s <= seconds && seconds < word.end_s) || null;
}

function placeAt(event, reach) {
  const box = roll.getBoundingClientRect();
  const x = event.clientX - box.left + roll.scrollLeft, y = event.clientY - box.top;
  const frame = Math.min(Math.max(Math.floor(x / pixels), 0), nFrames() - 1);
  if (y < gridTop() - 6 || y >= gridBottom()) return { frame, layer: null, token: null, word: wordAt(x) };
  const row = Math.max(0, Math.floor((y - gridTop()) / rowHeight()));
  const layer = Math.min(row, stream.n_layers - 1) + 1;
  let token = null, nearest = Math.max(reach, pixels / 2);
  for (const one of stream.selected) {
    const distance = Math.abs((one.frame + 0.5) * pixels - x);
    if (one.layer === layer && distance <= nearest) [token, nearest] = [one, distance];
  }
  return { frame: token ? token.frame : frame, layer, token };
}
