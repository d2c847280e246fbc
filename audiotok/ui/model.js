// Runs once; `element`, `props`, `trigger`, `watch` are Gradio's. Thumbnails come as bytes, one a pixel;
// which one is wanted is told in props.value, and comes back there as the one that is open.

const box = element.querySelector(".model"), grid = element.querySelector(".grid");
let model = null; // what map_view.py gathered
let bytes = null;

const shape = () => model.pictures.shape; // layers, heads, rows, columns
const buttonAt = (layer, head) => grid.querySelector(`[data-at="${layer}:${head}"]`);

function named(text, name = "") {
  const span = document.createElement("span");
  [span.textContent, span.className, span.ariaHidden] = [text, name, "true"];
  return span;
}

function makeButton(layer, head) {
  const button = document.createElement("button");
  [button.type, button.tabIndex, button.dataset.at] = ["button", -1, `${layer}:${head}`];
  const most = (100 * model.largest[layer - 1][head - 1]).toFixed(0);
  button.ariaLabel = button.title = say("Layer {layer}, head {head}; its strongest attention is {most} %", { layer, head, most });
  button.append(document.createElement("canvas"));
  button.addEventListener("click", () => {
    props.value = button.dataset.at;
    trigger("select");
  });
  return button;
}

function build() {
  const [layers, heads] = shape();
  grid.style.gridTemplateColumns = `repeat(${heads + 1}, max-content)`;
  const cells = [named("")];
  for (let head = 1; head <= heads; head++) cells.push(named(head, "head"));
  for (let layer = 1; layer <= layers; layer++) {
    cells.push(named(layer));
    for (let head = 1; head <= heads; head++) cells.push(makeButton(layer, head));
  }
  grid.replaceChildren(...cells);
}

function paint() {
  if (!model) return;
  const style = getComputedStyle(element), [, heads, rows, columns] = shape(), size = rows * columns;
  const ramp = rampOf(["paper", "accent", "ink"].map((name) => style.getPropertyValue("--" + name).trim()));
  for (const button of grid.querySelectorAll("button")) {
    const [layer, head] = button.dataset.at.split(":").map(Number);
    const from = ((layer - 1) * heads + head - 1) * size;
    // Roots, or nothing but the strongest would be seen.
    const pixels = Uint32Array.from(bytes.subarray(from, from + size), (level) => ramp[Math.round(Math.sqrt(255 * level))]);
    const canvas = button.firstChild;
    [canvas.width, canvas.height] = [columns, rows];
    canvas.getContext("2d").drawImage(canvasOf(columns, rows, pixels), 0, 0);
  }
}

function mark() {
  for (const button of grid.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.at === `${model.layer}:${model.head}`));
    button.tabIndex = -1;
  }
  buttonAt(model.layer || 1, model.head || 1).tabIndex = 0;
}

function load() {
  if (props.value && !props.value.startsWith("{")) return; // what this picture itself has asked
  const before = model;
  model = props.value ? JSON.parse(props.value) : null;
  box.hidden = !model;
  if (!model) return;
  if (before?.pictures.base64 !== model.pictures.base64) {
    bytes = bytesOf(model.pictures);
    build();
    paint();
  }
  mark();
}

grid.addEventListener("keydown", (event) => {
  const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  const at = event.target.dataset.at;
  if (!by || !at) return;
  event.preventDefault();
  const [layer, head] = at.split(":").map(Number), next = buttonAt(layer + by[0], head + by[1]);
  if (!next) return;
  [event.target.tabIndex, next.tabIndex] = [-1, 0];
  next.focus();
});
new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", load);
load();
