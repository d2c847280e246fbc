// Which part of the clip is in view.

function layOut() {
  if (!stream || !roll.clientWidth) return;
  if (wholeClip) pixels = fitting();
  pixels = Math.max(pixels, fitting());
  part("length").style.width = Math.floor(nFrames() * pixels) + "px";
  part("length").style.height = gridBottom() + AXIS + "px";
  roll.style.marginLeft = GUTTER + "px";
  part("less").disabled = pixels <= fitting() * 1.001;
  part("more").disabled = pixels >= closest() * 0.999;
  repaint(true);
}

function zoomTo(wanted, anchor) {
  const at = (roll.scrollLeft + anchor) / pixels;
  pixels = Math.min(Math.max(wanted, fitting()), closest());
  wholeClip = pixels <= fitting() * 1.001;
  layOut();
  roll.scrollLeft = at * pixels - anchor;
}

function zoomBy(factor) {
  const cursor = xOf(audio.currentTime) - roll.scrollLeft;
  const visible = cursor >= 0 && cursor <= roll.clientWidth;
  zoomTo(pixels * factor, visible ? cursor : roll.clientWidth / 2);
}

function turnPage() {
  const x = xOf(audio.currentTime) - roll.scrollLeft;
  if (following && (x < 0 || x > roll.clientWidth * 0.95))
    roll.scrollLeft += x - roll.clientWidth * 0.05;
}

function bringIntoView(token) {
  const x = token.frame * pixels - roll.scrollLeft;
  if (x < 20 || x > roll.clientWidth - 20) roll.scrollLeft += x - roll.clientWidth / 2;
}
