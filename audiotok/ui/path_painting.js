// What is painted: the clip's tokens, lit or not, and scores by size.

const LEFT = 34, BOTTOM = 20, TOP = 8; // around the chart

function paintLit() {
  const width = lit.clientWidth, height = lit.clientHeight, pen = penOf(lit, width, height);
  const row = height / found.n_layers, x = (seconds) => (seconds / found.duration_s) * width;
  pen.fillStyle = look.line;
  for (let layer = 1; layer < found.n_layers; layer++) pen.fillRect(0, layer * row - 0.5, width, 1);
  found.tokens.forEach((token, index) => {
    const box = [x(token.start_s), (token.layer - 1) * row + 2, Math.max(x(found.frame_s) - 1, 3), row - 4];
    pen.fillStyle = found.colours[token.speaks_for][look.shade];
    pen.globalAlpha = isKept(token) ? 1 : 0.12;
    pen.fillRect(...box);
    pen.globalAlpha = 1;
    if (index !== chosen) return;
    [pen.strokeStyle, pen.lineWidth] = [look.ink, 2];
    pen.strokeRect(box[0] - 2, box[1] - 2, box[2] + 4, box[3] + 4);
  });
}

function paintChart() {
  const width = chart.clientWidth, height = chart.clientHeight, pen = penOf(chart, width, height);
  const sizes = [...new Set(selections.flatMap((line) => line.points.map(([n]) => n)))].sort((a, b) => a - b);
  const most = Math.max(...sizes, found.path ? found.n_tokens : 1), least = Math.min(...sizes);
  const across = (n) => LEFT + 8 + (Math.log(Math.max(n, least) / least) / Math.log(Math.max(most / least, 2))) * (width - LEFT - 24);
  const down = (score) => TOP + (1 - score) * (height - TOP - BOTTOM);
  [pen.textBaseline, pen.textAlign] = ["middle", "right"];
  for (const score of [0, 0.25, 0.5, 0.75, 1]) {
    pen.fillStyle = look.line;
    pen.fillRect(LEFT, down(score), width - LEFT, 1);
    pen.fillStyle = look.muted;
    pen.fillText(decimal(score, 2), LEFT - 6, down(score));
  }
  paintSizes(pen, sizes, across, height - BOTTOM / 2);
  if (found.path) {
    pen.fillStyle = look.ink;
    pen.fillRect(across(size()) - 1, TOP, 2, height - TOP - BOTTOM);
  }
  for (const line of selections) paintLine(pen, line, across, down);
}

function paintSizes(pen, sizes, across, y) {
  pen.textAlign = "center";
  pen.fillStyle = look.muted;
  let taken = Infinity;
  for (const n of [...sizes].reverse()) {
    const half = pen.measureText(whole(n)).width / 2;
    if (across(n) + half > taken) continue; // no room beside the next
    pen.fillText(whole(n), across(n), y);
    taken = across(n) - half - 8;
  }
}

function paintLine(pen, { points, dashed, colour }, across, down) {
  [pen.strokeStyle, pen.fillStyle, pen.lineWidth] = [colour[look.shade], colour[look.shade], 2];
  pen.setLineDash(dashed ? [5, 4] : []);
  pen.beginPath();
  for (const [n, score] of points) pen.lineTo(across(n), down(score));
  pen.stroke();
  pen.setLineDash([]);
  for (const [n, score] of points) {
    pen.beginPath();
    pen.arc(across(n), down(score), dashed ? 2.5 : 4, 0, 2 * Math.PI);
    pen.fill();
  }
}

function repaint() {
  if (!found || !loaded.clientWidth) return;
  readLook();
  if (found.path) paintLit();
  if (found.sizes) paintChart();
}
