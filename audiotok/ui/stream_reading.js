// What is told in words: legend, tip, read-out.

function weightsOf(token) {
  return Object.entries(token.weights)
    .filter(([, weight]) => weight !== 0)
    .sort((a, b) => b[1] - a[1])
    .map(([label, weight]) => [names[label], (weight > 0 ? "+" : "−") + precise(Math.abs(weight))]);
}

const secondsOf = (frame) => decimal(frame * stream.frame_s, 2) + " s";
const precise = (weight) => decimal(weight, Math.max(0, 1 - Math.floor(Math.log10(weight))));

function heardAt(frame, word) {
  const heard = `${secondsOf(frame)}, ${pitchAt(frame)}`;
  if (!word) return heard;
  const [start, end] = [decimal(word.start_s, 2), decimal(word.end_s, 2)];
  return `${heard}, ` + say("“{word}” from {start} to {end} s", { word: word.word, start, end });
}

function describe({ frame, layer, token, word }) {
  if (!layer) return heardAt(frame, word) + ".";
  const code = stream.codes[layer - 1][frame];
  const place = say("layer {layer}, code {code}, at {seconds}", { layer, code, seconds: secondsOf(frame) });
  if (!token && isRead(layer)) return say("Not selected: {place}.", { place });
  if (!token) return say("Not selected: {place}, a layer that the model does not read.", { place });
  const weights = weightsOf(token).map(([label, weight]) => label + " " + weight).join(", ");
  const told = say("Selected token {n} of {all}: {place}, speaks for {label} (weights: {weights}).", {
    n: stream.selected.indexOf(token) + 1, all: stream.selected.length, place,
    label: names[token.speaks_for], weights: weights || say("none"),
  });
  return `${told} ` + (token.used ? say("The model reads it.") : say("Thinned away: the model does not read it."));
}

function pitchAt(frame) {
  const hz = stream.pitch_hz[frame];
  return hz === null ? say("unvoiced") : Math.round(hz) + " Hz";
}

function summary() {
  const n = nFrames() * stream.layers.length;
  const read = stream.selected.filter((token) => token.used).length;
  return say("{frames} frames × {layers} layers = {n} tokens: {selected} selected, {read} read by the model.", {
    frames: nFrames(), layers: stream.layers.length, n: n.toLocaleString(LANGUAGE_HERE),
    selected: stream.selected.length, read,
  });
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
    ...stream.classes.map((label) => item(swatch("", colours[label]), `${names[label]} ${count(label)}`)),
    ...(stream.selected.every((token) => token.used) ? [] : [item(swatch("hollow"), say("thinned away"))]),
    ...(window.atKept.names ? [item(swatch("hollow"), say("not among the first {n} of the lasso's path", { n: window.atKept.n }))] : []),
    item(swatch("plain"), say("not selected")),
    item(swatch("line"), say("pitch")),
    ...(spectral.checked ? [item(swatch("scale"), say("loudness, from 0 Hz at the bottom to 8 kHz"))] : []),
  );
}

function fillTip({ frame, layer, token, word }) {
  if (!layer) return tip.replaceChildren(line(heardAt(frame, word)));
  const code = stream.codes[layer - 1][frame], seconds = secondsOf(frame);
  const rows = [line(say("Layer {layer}, code {code}, {seconds}", { layer, code, seconds }))];
  if (token) {
    rows.push(line(say("speaks for {label}", { label: names[token.speaks_for] }), "", colours[token.speaks_for]));
    for (const [label, weight] of weightsOf(token)) {
      const row = line(label, "weight faint");
      row.append(document.createElement("b"));
      row.lastChild.textContent = weight;
      rows.push(row);
    }
    if (!token.used) rows.push(line(say("Thinned away: the model does not read it."), "faint"));
  } else {
    rows.push(line(isRead(layer) ? say("not selected") : say("a layer that the model does not read"), "faint"));
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
