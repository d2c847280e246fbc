// These files run as one, once, after Gradio has put embeddings.html on the page; `element`, `props`
// and `watch` are Gradio's.

const part = (name) => element.querySelector("." + name);
const loaded = part("loaded"), none = part("none"), readout = part("readout"), roll = part("roll"), plane = part("plane");
const MARGIN = 26, CLOSEST = 12, REACH = 14; // pixels, times, pixels
const BEFORE_S = 0.1, AFTER_S = 0.25; // around a token that is heard

let found = null; // what embeddings_view.py gathered
let chosen = null; // the token that is chosen
let order = []; // the clip's tokens, from left to right
let bounds = null; // of all places
let zoom = 1;

const isHere = (token) => token.starts_s.length > 0;

function boundsOf(places) {
  const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)];
  const low = (values) => values.reduce((a, b) => Math.min(a, b)), high = (values) => values.reduce((a, b) => Math.max(a, b));
  return { left: low(xs), right: high(xs), bottom: low(ys), top: high(ys) };
}

const widthOf = () => Math.max(roll.clientWidth - 2, 100) * zoom;
const heightOf = () => Math.min(Math.max(roll.clientWidth * 0.7, 320), 620) * zoom;

// Both axes have one scale, so that distances are what they are.
function onPlane({ x, y }) {
  const width = widthOf() - 2 * MARGIN, height = heightOf() - 2 * MARGIN;
  const across = Math.max(bounds.right - bounds.left, 1e-9), up = Math.max(bounds.top - bounds.bottom, 1e-9);
  const scale = Math.min(width / across, height / up);
  return [
    MARGIN + (width - across * scale) / 2 + (x - bounds.left) * scale,
    MARGIN + (height - up * scale) / 2 + (bounds.top - y) * scale,
  ];
}

function describe(one) {
  if (!one) return say("Left and right arrow, or a click, choose a token of this clip.");
  if (one.word !== undefined) return say("The word “{word}”.", { word: one.word });
  const told = { token: one.token, label: found.names[one.speaks_for] };
  if (!isHere(one)) return say("{token} speaks for {label}; it does not sound in this clip.", told);
  const seconds = decimal(one.starts_s[0], 2), n = one.starts_s.length;
  return say("{token} speaks for {label}; times in this clip: {n}, first at {seconds} s.", { ...told, n, seconds });
}
