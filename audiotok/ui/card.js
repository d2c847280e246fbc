// Runs once; `props`, `trigger` are Gradio's. The server is told which token's card is wanted.

let asking = 0;
document.addEventListener("at-token", (event) => {
  const match = /^<L(\d+):(\d+)>$/.exec(event.detail.token);
  if (!match) return;
  clearTimeout(asking); // whoever steps through tokens wants the card of the last one
  asking = setTimeout(() => {
    props.value = `${match[1]}:${match[2]}`;
    trigger("select");
  }, 150);
});
