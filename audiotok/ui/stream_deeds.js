// What a visitor does: play, step, point, click, zoom; and how a new clip comes in.

let clip = ""; // the clip itself, as a data: address
let coming = null; // the version that will take over
let stopping = 0; // the timer that ends what is played in part

function play(seconds) {
  clearInterval(stopping);
  audio.currentTime = seconds;
  following = true;
  start();
}

function start() {
  audio.play().catch((error) => {
    if (error.name !== "AbortError") readout.textContent = say("The browser cannot play this clip.");
  });
}

function playPart({ from_s, to_s }) {
  play(from_s);
  stopping = setInterval(() => {
    if (audio.currentTime < to_s && !audio.paused) return;
    clearInterval(stopping);
    audio.pause();
  }, 10);
}

function stepTo(index) {
  if (!stream.selected.length) return;
  current = Math.min(Math.max(index, 0), stream.selected.length - 1);
  const token = stream.selected[current];
  readout.textContent = describe({ ...token, token });
  bringIntoView(token);
  repaint(false);
  window.atToken.choose(token.token, token.start_s);
}

function follow(detail) {
  const index = stream ? stream.selected.findIndex((one) => window.atToken.isIt(one, detail)) : -1;
  if (index < 0 || index === current) return;
  current = index;
  const token = stream.selected[current];
  readout.textContent = describe({ ...token, token });
  if (roll.clientWidth) bringIntoView(token);
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
  window.atToken.chosen = null;
  window.atKept.keep(null);
  texture = loudness = hovered = null;
  tip.hidden = true;
  if (!stream) return audio.removeAttribute("src");
  colours = value.colours;
  spectrogram = value.spectrogram;
  names = value.names;
  clip = audio.src = value.audio;
  coming = null;
  document.dispatchEvent(new CustomEvent("at-clip"));
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
  if (place.token) window.atToken.choose(place.token.token, place.token.start_s);
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

function listen() {
  for (const name of ["play", "pause", "seeked", "ended", "emptied"])
    audio.addEventListener(name, () => {
      loaded.classList.toggle("playing", !audio.paused);
      playButton.setAttribute("aria-label", audio.paused ? say("Play") : say("Pause"));
      repaint(false);
    });
}
listen();

// Another version of the clip takes over where this one is, once it is ready: without a gap.
function playVersion(src) {
  const next = audio.cloneNode();
  coming = next;
  next.addEventListener("canplaythrough", () => (next.currentTime = audio.currentTime), { once: true });
  next.addEventListener(
    "seeked",
    () => {
      if (coming !== next) return; // something else was wanted meanwhile
      const before = audio, playing = !before.paused;
      before.replaceWith(next);
      audio = next;
      listen();
      if (playing) start();
      before.pause();
    },
    { once: true },
  );
  next.src = src;
}
document.addEventListener("at-version", (event) => stream && playVersion(event.detail.audio || clip));

// Other views let parts of the clip be heard on the same cursor.
document.addEventListener("at-hear", (event) => stream && playPart(event.detail));
document.addEventListener("at-token", (event) => follow(event.detail));
document.addEventListener("at-kept", () => {
  if (!stream) return;
  fillLegend();
  repaint(true);
});

new ResizeObserver(layOut).observe(view);
new MutationObserver(() => {
  texture = loudness = null;
  repaint(true);
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", load);
load();
