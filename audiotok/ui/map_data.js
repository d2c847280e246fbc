// These files run as one, once, after Gradio has put map.html on the page; `element`, `props` and
// `watch` are Gradio's. Weights come as bytes of half-precision floats.

const part = (name) => element.querySelector("." + name);
const loaded = part("loaded"), none = part("none"), readout = part("readout"), words = part("words");
const sounds = part("sounds"), roll = part("roll"), matrix = part("matrix");
const SMALLEST = 1e-4; // of the logarithmic scale
const BRIGHTEST = 0.995; // share of the weights below full colour, so that no marker darkens all

let map = null; // what map_view.py gathered
let weights = null; // Float32Array, row after row of all positions
let shown = []; // numbers of the positions that are shown
let chosen = -1; // number of the position that is chosen, in all
let texture = null; // one pixel a weight
let zoom = 1;

function floatsOf(bytes) {
  return Float32Array.from(new Uint16Array(bytes.buffer), (half) => {
    const exponent = (half >> 10) & 31, fraction = half & 1023;
    return exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
  });
}

const weight = (query, key) => weights[query * map.tokens.length + key];
const isMarker = (token) => token.kind === "marker" || token.kind === "special";
const inAll = (kind) => map.tokens.flatMap((token, number) => (token.kind === kind ? [number] : []));
const percent = (share) => decimal(100 * share, share < 0.1 ? 1 : 0) + " %";

function nameOf(number) {
  const token = map.tokens[number];
  if (token.kind === "text") return `“${token.token}”`;
  const marker = map.markers[token.token] ?? token.token;
  if (token.kind !== "audio") return say("the marker “{marker}”", { marker });
  const [seconds, label] = [decimal(token.start_s, 2), map.names[token.speaks_for]];
  return say("{token} at {seconds} s ({label})", { token: token.token, seconds, label });
}

function strongest(numbers, weightOf) {
  const sorted = [...numbers].sort((a, b) => weightOf(b) - weightOf(a)).slice(0, 3);
  return sorted.map((number) => `${nameOf(number)} ${percent(weightOf(number))}`).join(", ");
}

function describe() {
  if (chosen < 0) return say("Press a word to see which sounds it attends to, or a sound to see which words read it.");
  const audio = inAll("audio"), text = inAll("text"), name = nameOf(chosen);
  if (map.tokens[chosen].kind === "audio") {
    if (!text.length) return say("{name}: there are no words to read it.", { name });
    const most = strongest(text, (word) => weight(word, chosen));
    return say("{name} is read most by {most}.", { name, most });
  }
  if (!audio.length) return say("{name}: none of the selected tokens sounds in this clip.", { name });
  const total = audio.reduce((sum, sound) => sum + weight(chosen, sound), 0);
  const most = strongest(audio, (sound) => weight(chosen, sound));
  const share = percent(total);
  return say("{name} attends to the voice with {share}, most to {most}.", { name, share, most });
}
