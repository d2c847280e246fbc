// What a visitor does: choose a token, point, zoom; and how another clip comes in.

function choose(token, tell = true) {
  chosen = token;
  readout.textContent = describe(token);
  repaint();
  bringIntoView();
  if (tell && token) window.atToken.choose(token.token, token.starts_s[0] ?? null);
}

function bringIntoView() {
  if (!chosen || !roll.clientWidth) return;
  const [x, y] = onPlane(chosen), { scrollLeft, scrollTop, clientWidth, clientHeight } = roll;
  if (x < scrollLeft || x > scrollLeft + clientWidth) roll.scrollLeft = x - clientWidth / 2;
  if (y < scrollTop || y > scrollTop + clientHeight) roll.scrollTop = y - clientHeight / 2;
}

function follow(detail) {
  if (!found || !detail || chosen?.token === detail.token) return;
  const token = found.tokens.find((one) => one.token === detail.token);
  if (token) choose(token, false);
}

function placed(event) {
  const box = plane.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const others = part("others").checked ? found.tokens : order;
  return (candidates) => {
    let nearest = null, least = REACH;
    for (const one of candidates ?? others) {
      const [atX, atY] = onPlane(one), away = Math.hypot(atX - x, atY - y);
      if (away < least) [nearest, least] = [one, away];
    }
    return nearest;
  };
}

function step(by) {
  const among = order.length ? order : found.tokens;
  if (!among.length) return;
  const place = among.indexOf(chosen);
  const next = place < 0 ? (by > 0 ? 0 : among.length - 1) : place + by;
  if (next >= 0 && next < among.length) choose(among[next]);
}

function hear() {
  if (!chosen || !isHere(chosen)) return;
  const [start] = chosen.starts_s;
  const detail = { from_s: Math.max(0, start - BEFORE_S), to_s: start + AFTER_S };
  document.dispatchEvent(new CustomEvent("at-hear", { detail }));
}

function zoomBy(factor) {
  const before = zoom, { clientWidth, clientHeight } = roll;
  const middle = [(roll.scrollLeft + clientWidth / 2) / before, (roll.scrollTop + clientHeight / 2) / before];
  zoom = Math.min(Math.max(zoom * factor, 1), CLOSEST);
  repaint();
  roll.scrollLeft = middle[0] * zoom - clientWidth / 2;
  roll.scrollTop = middle[1] * zoom - clientHeight / 2;
  bringIntoView();
}

function legendItem(words, kind, shades) {
  const li = document.createElement("li"), mark = document.createElement("i");
  mark.className = kind;
  if (shades) {
    mark.style.setProperty("--light", shades.light);
    mark.style.setProperty("--dark", shades.dark);
  }
  li.append(mark, words);
  return li;
}

function load() {
  found = props.value ? JSON.parse(props.value) : null;
  loaded.hidden = !found;
  none.hidden = Boolean(found);
  if (!found) return;
  order = found.tokens.filter(isHere).sort((a, b) => a.x - b.x);
  bounds = boundsOf([...found.tokens, ...found.words]);
  chosen = null;
  part("told").textContent = found.sentence;
  part("legend").replaceChildren(
    ...Object.entries(found.names).map(([label, name]) => legendItem(name, "", found.colours[label])),
    legendItem(say("not in this clip"), "faint"),
    legendItem(say("word"), "word"),
  );
  choose(null, false);
  follow(window.atToken.chosen);
}

const keys = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), Enter: hear,
  "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5),
};
roll.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
plane.addEventListener("pointermove", (event) => {
  const nearest = placed(event);
  readout.textContent = describe(nearest() ?? (part("names").checked ? nearest(found.words) : null) ?? chosen);
});
plane.addEventListener("pointerleave", () => (readout.textContent = describe(chosen)));
plane.addEventListener("click", (event) => {
  const token = placed(event)();
  if (token) choose(token);
});
part("more").addEventListener("click", () => zoomBy(1.5));
part("less").addEventListener("click", () => zoomBy(1 / 1.5));
for (const name of ["names", "others"]) part(name).addEventListener("change", repaint);
document.addEventListener("at-token", (event) => follow(event.detail));
document.addEventListener("at-kept", repaint);
new ResizeObserver(repaint).observe(loaded);
new MutationObserver(repaint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", load);
load();
