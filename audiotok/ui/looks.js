// Colours of the theme, and pens for canvases; `element` is that of the component.

let look = null; // colours of the theme

function readLook() {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  look = {
    ink: colour("ink"), muted: colour("muted"), line: colour("line"), paper: colour("paper"),
    accent: colour("accent"), font: style.fontFamily,
    shade: document.body.classList.contains("dark") ? "dark" : "light",
  };
}

function penOf(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = "12px " + look.font;
  return pen;
}
