// Runs once; `element`, `props`, `trigger`, `watch` are Gradio's. The server is told what is wanted in
// props.value, and answers there; what was heard once is kept until the next clip comes.

const said = element.querySelector(".said"), buttons = [...element.querySelectorAll("button")];
let heard = {}; // by what was wanted: {audio, sentence, name}
let wanted = "original";

function show() {
  for (const button of buttons) {
    const isWanted = button.dataset.which === wanted;
    button.setAttribute("aria-checked", String(isWanted));
    button.setAttribute("aria-busy", String(isWanted && wanted !== "original" && !heard[wanted]));
    button.tabIndex = isWanted ? 0 : -1;
  }
  const version = heard[wanted];
  said.textContent = version ? version.sentence : "";
  if (!version) return;
  const link = document.createElement("a");
  [link.href, link.download, link.textContent] = [version.audio, version.name, say("Take the WAV along")];
  said.append(link);
}

function want(which) {
  wanted = which;
  show();
  if (which !== "original" && !heard[which]) {
    props.value = which;
    trigger("select");
    return;
  }
  const audio = heard[which]?.audio || null; // null is the clip itself
  document.dispatchEvent(new CustomEvent("at-version", { detail: { audio } }));
}

for (const button of buttons) button.addEventListener("click", () => want(button.dataset.which));
element.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const place = buttons.indexOf(event.target);
  if (!by || place < 0) return;
  event.preventDefault();
  const next = buttons[(place + by + buttons.length) % buttons.length];
  next.focus();
  want(next.dataset.which);
});
document.addEventListener("at-clip", () => {
  [heard, wanted] = [{}, "original"];
  show();
});
watch("value", () => {
  if (!props.value || !props.value.startsWith("{")) return;
  const message = JSON.parse(props.value);
  if (message.refusal) {
    if (message.which !== wanted) return;
    wanted = "original";
    show();
    said.textContent = message.refusal;
    return;
  }
  heard[message.which] = message;
  if (message.which === wanted) want(wanted);
});
show();
