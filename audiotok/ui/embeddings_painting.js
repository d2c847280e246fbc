// What is painted: words as dots and, where there is room, by name; tokens in their class's colour.

function radiusOf(token) {
  return isHere(token) ? 4.5 + 1.3 * Math.log2(1 + token.starts_s.length) : 3;
}

function dot(pen, place, radius) {
  const [x, y] = onPlane(place);
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

function paintTokens(pen, tokens, alpha) {
  for (const token of tokens) {
    pen.globalAlpha = window.atKept.has(token.token) ? alpha : 0.1;
    pen.fillStyle = found.colours[token.speaks_for][look.shade];
    dot(pen, token, radiusOf(token));
    if (alpha < 1) continue;
    [pen.strokeStyle, pen.lineWidth] = [look.paper, 1];
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

// Words come with the most telling first: a name that would cover one before it is left out.
function paintNames(pen) {
  const taken = [], height = 15;
  pen.font = "12px " + look.font;
  pen.textBaseline = "middle";
  for (const word of found.words) {
    const [x, y] = onPlane(word), width = pen.measureText(word.word).width + 10;
    const covers = taken.some((other) => x < other.x + other.width && other.x < x + width && Math.abs(y - other.y) < height);
    if (covers || x + width > widthOf()) continue;
    taken.push({ x, y, width });
    [pen.strokeStyle, pen.lineWidth, pen.fillStyle] = [look.paper, 3, look.ink];
    pen.strokeText(word.word, x + 5, y);
    pen.fillText(word.word, x + 5, y);
  }
}

function repaint() {
  if (!found || !roll.clientWidth) return;
  readLook();
  plane.style.width = widthOf() + "px";
  plane.style.height = heightOf() + "px";
  const pen = penOf(plane, widthOf(), heightOf());
  pen.fillStyle = look.muted;
  pen.globalAlpha = 0.4;
  for (const word of found.words) dot(pen, word, 2);
  pen.globalAlpha = 1;
  if (part("others").checked) paintTokens(pen, found.tokens.filter((token) => !isHere(token)), 0.3);
  paintTokens(pen, order, 1);
  if (part("names").checked) paintNames(pen);
  if (!chosen) return;
  const [x, y] = onPlane(chosen);
  for (const [colour, width] of [[look.paper, 6], [look.ink, 3]]) {
    [pen.strokeStyle, pen.lineWidth] = [colour, width];
    pen.beginPath();
    pen.arc(x, y, radiusOf(chosen) + 4, 0, 2 * Math.PI);
    pen.stroke();
  }
}
