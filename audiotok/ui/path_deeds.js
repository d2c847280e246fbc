// What a visitor does: keep fewer tokens, choose one; and how another clip comes in.

function keep() {
  part("size").textContent = say("{n} of {all}", { n: whole(size()), all: whole(found.n_tokens) });
  slider.setAttribute("aria-valuetext", part("size").textContent);
  part("readout").textContent = describe();
  fillClasses();
  repaint();
}

function item(words, shades, kind = "") {
  const li = document.createElement("li"), mark = document.createElement("i");
  mark.className = kind;
  mark.style.setProperty("--light", shades.light);
  mark.style.setProperty("--dark", shades.dark);
  li.append(mark, words);
  return li;
}

function fillClasses() {
  const counted = (label, tokens) => tokens.filter((token) => token.speaks_for === label).length;
  const kept = found.tokens.filter(isKept);
  part("classes").replaceChildren(
    ...Object.entries(found.names)
      .filter(([label]) => counted(label, found.tokens))
      .map(([label, name]) => item(`${name} ${counted(label, kept)}/${counted(label, found.tokens)}`, found.colours[label])),
  );
}

function choose(index, tell = true) {
  chosen = index;
  const token = found.tokens[chosen];
  if (token) part("readout").textContent = describeToken(token);
  repaint();
  if (tell && token) window.atToken.choose(token.token, token.start_s);
}

function follow(detail) {
  if (!found?.path || !detail) return;
  const index = found.tokens.findIndex((one) => window.atToken.isIt(one, detail));
  if (index >= 0 && index !== chosen) choose(index, false);
}

function load() {
  found = props.value ? JSON.parse(props.value) : null;
  loaded.hidden = !found;
  none.hidden = Boolean(found);
  if (!found) return;
  chosen = -1;
  selections = linesOf(found.sizes);
  part("told").textContent = found.sentence;
  part("measured").textContent = found.sizes_sentence;
  part("clip").hidden = !found.path;
  chart.hidden = !found.sizes;
  chart.setAttribute("aria-label", found.sizes_sentence);
  part("columns").classList.toggle("single", !found.path);
  part("end").textContent = decimal(found.duration_s, 1) + " s";
  part("corpora").replaceChildren(
    ...selections.map((line) => item(line.name, line.colour, line.dashed ? "line dashed" : "line")),
  );
  if (!found.path) return repaint();
  slider.max = found.n_tokens;
  slider.value = window.atKept.n ?? found.n_tokens;
  keep();
  follow(window.atToken.chosen);
}

slider.addEventListener("input", () => {
  keep();
  window.atKept.keep(namesKept() && size(), namesKept());
});

function step(by) {
  const kept = found.tokens.flatMap((token, index) => (isKept(token) ? [index] : []));
  if (!kept.length) return;
  const next = by > 0 ? kept.find((index) => index > chosen) : kept.findLast((index) => chosen < 0 || index < chosen);
  if (next !== undefined) choose(next);
}

function hear() {
  const token = found.tokens[chosen];
  if (!token) return;
  const detail = { from_s: Math.max(0, token.start_s - SHORT_S), to_s: token.start_s + SHORT_S };
  document.dispatchEvent(new CustomEvent("at-hear", { detail }));
}

const keys = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), Enter: hear };
lit.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
lit.addEventListener("click", (event) => {
  const seconds = (event.offsetX / lit.clientWidth) * found.duration_s;
  const layer = Math.ceil((event.offsetY / lit.clientHeight) * found.n_layers);
  const away = ({ start_s, layer: own }) => Math.abs(start_s + found.frame_s / 2 - seconds) + Math.abs(own - layer) * found.duration_s;
  const index = found.tokens.reduce((best, token, i) => (best < 0 || away(token) < away(found.tokens[best]) ? i : best), -1);
  if (index >= 0) choose(index);
});
document.addEventListener("at-token", (event) => follow(event.detail));
new ResizeObserver(repaint).observe(loaded);
new MutationObserver(repaint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", load);
load();
