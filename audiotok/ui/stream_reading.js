// What is told in words: legend, tip, read-out.

function weightsOf(token) {
  return Object.entries(token.weights)
    .filter(([, weight]) => weight !== 0)
    .sort((a, b) => b[1] - a[1])
    .map(([label, weight]) => [label, (weight > 0 ? "+" : "−") + Math.abs(weight).toPrecision(2)]);
}

function heardAt(frame, word) {
  const spoken = word ? `, “${word.word}” from ${word.start_s.toFixed(2)} to ${word.end_s.toFixed(2)} s` : "";
  return `${(frame * stream.frame_s).toFixed(2)} s, ${pitchAt(frame)}${spoken}`;
}

function describe({ frame, layer, token, word }) {
  if (!layer) return heardAt(frame, word) + ".";
  const seconds = (frame * stream.frame_s).toFixed(2);
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
    ...(spectral.checked ? [item(swatch("scale"), "loudness, from 0 Hz at the bottom to 8 kHz")] : []),
  );
}

function fillTip({ frame, layer, token, word }) {
  if (!layer) return tip.replaceChildren(line(heardAt(frame, word)));
  const seconds = (frame * stream.frame_s).toFixed(2) + " s";
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
