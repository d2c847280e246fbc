// Runs once; `element` is Gradio's. A moment is heard on the cursor of the token stream.

element.addEventListener("click", (event) => {
  const moment = event.target.closest("button[data-from]");
  if (!moment) return;
  const { from, to } = moment.dataset;
  const detail = { from_s: Number(from), to_s: Number(to) };
  document.dispatchEvent(new CustomEvent("at-hear", { detail }));
});
