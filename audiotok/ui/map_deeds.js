// What a visitor does: choose a word or a sound, point, zoom; and how a new map comes in.

function choose(number, tell = true) {
  chosen = number === chosen && tell ? -1 : number;
  readout.textContent = describe();
  repaint();
  const token = map.tokens[chosen];
  if (tell && token?.kind === "audio") window.atToken.choose(token.token, token.start_s);
}

function follow(detail) {
  if (!map || !detail) return;
  const number = map.tokens.findIndex((one) => window.atToken.isIt(one, detail));
  if (number >= 0 && number !== chosen) choose(number, false);
}
document.addEventListener("at-token", (event) => follow(event.detail));

function cut() {
  shown = map.tokens.flatMap((token, number) => (part("markers").checked || !isMarker(token) ? [number] : []));
  texture = null;
  repaint();
}

function load() {
  const value = props.value ? JSON.parse(props.value) : null;
  const before = value && map && chosen >= 0 ? map.tokens[chosen] : null;
  map = value;
  loaded.hidden = !map;
  none.hidden = Boolean(map);
  if (!map) return;
  weights = floatsOf(bytesOf(map.weights));
  chosen = before ? map.tokens.findIndex((t) => t.token === before.token && t.position === before.position) : -1;
  part("end").textContent = decimal(map.duration_s, 1) + " s";
  words.replaceChildren(
    ...inAll("text").map((number) => {
      const button = document.createElement("button");
      [button.type, button.textContent, button.dataset.number] = ["button", map.tokens[number].token, number];
      button.addEventListener("click", () => choose(number));
      return button;
    }),
  );
  if (!words.children.length) words.textContent = say("There are no words.");
  readout.textContent = describe();
  cut();
  if (chosen < 0) follow(window.atToken.chosen);
}

function placeAt(event) {
  const box = matrix.getBoundingClientRect(), size = sideOf() / shown.length;
  const at = (pixels) => shown[Math.floor((pixels - AXIS) / size)];
  const query = at(event.clientY - box.top), key = at(event.clientX - box.left);
  return query === undefined || key === undefined ? null : { query, key };
}

matrix.addEventListener("pointermove", (event) => {
  const place = placeAt(event);
  if (!place) return;
  const { query, key } = place;
  readout.textContent = say("{query} attends to {key} with {share}.", {
    query: nameOf(query), key: nameOf(key), share: percent(weight(query, key)),
  });
});
matrix.addEventListener("pointerleave", () => (readout.textContent = describe()));
matrix.addEventListener("click", (event) => {
  const place = placeAt(event);
  if (place) choose(place.query);
});

function step(by) {
  const audio = inAll("audio");
  if (!audio.length) return;
  const place = audio.indexOf(chosen);
  const next = place < 0 ? (by > 0 ? 0 : audio.length - 1) : place + by;
  if (next >= 0 && next < audio.length) choose(audio[next]);
}
sounds.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  step(by);
});
sounds.addEventListener("click", (event) => {
  const seconds = (event.offsetX / sounds.clientWidth) * map.duration_s;
  const away = (number) => Math.abs(map.tokens[number].start_s + map.frame_s / 2 - seconds);
  const nearest = inAll("audio").sort((a, b) => away(a) - away(b))[0];
  if (nearest !== undefined) choose(nearest);
});

for (const name of ["markers", "logarithmic"]) part(name).addEventListener("change", cut);
for (const [name, factor] of [["more", 1.5], ["less", 1 / 1.5]])
  part(name).addEventListener("click", () => {
    zoom = Math.min(Math.max(zoom * factor, 1), 12);
    repaint();
  });
new ResizeObserver(repaint).observe(roll);
new MutationObserver(() => {
  texture = null;
  repaint();
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", load);
load();
