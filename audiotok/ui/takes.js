// Runs once, after Gradio has put takes.html on the page; `element`, `props`, `trigger`, `watch` are
// Gradio's. The takes live in this closure and, until the tab is closed, in takes_kept.js: the server
// adds one by setting `props.value`, and reads from the same place those that it is to show.

const section = element.querySelector(".takes"), list = section.querySelector(".cards");
const template = section.querySelector("template"), full = section.querySelector(".full");
const SHOWN_AT_ONCE = 12;
let takes = []; // {id, take, colours, number, named, chosen, card, box}, the oldest first
let counted = 0; // of this visit, deleted ones too
let given = ""; // what this view itself wrote into props.value
let latest = ""; // id of the take that was added last

const sentenceOf = ({ take }) => take.text.trim().replace(/\s+/g, " ").toLowerCase() + "|" + take.task;

const asked = (view, some) =>
  JSON.stringify({ view, takes: some.map((one) => one.take), ids: some.map((one) => one.id) });

function shown() {
  const chosen = takes.filter((one) => one.chosen);
  if (chosen.length === 2) return asked("pair", chosen);
  const last = chosen[0] || takes.at(-1);
  const same = takes.filter((one) => sentenceOf(one) === sentenceOf(last));
  return asked("sentence", same.slice(-SHOWN_AT_ONCE));
}

function ask() {
  section.hidden = !takes.length;
  for (const one of takes) {
    one.card.classList.toggle("is-chosen", one.chosen);
    one.box.checked = one.chosen;
  }
  keepTakes(takes, counted);
  props.value = given = takes.length ? shown() : asked("sentence", []);
  trigger("select");
}

function paint(place, { colours }, label) {
  place.querySelector("span").textContent = ADJECTIVES[label] || label;
  const shade = colours[label];
  if (!shade) return;
  place.style.setProperty("--light", shade.light);
  place.style.setProperty("--dark", shade.dark);
}

function outline({ low, high }) {
  const up = high.map((level, i) => `${i + 0.5},${1 - Math.max(level, 0.04)}`);
  const down = low.map((level, i) => `${i + 0.5},${1 - Math.min(level, -0.04)}`);
  return "M" + [...up, ...down.reverse()].join("L") + "Z";
}

function choose(one, chosen) {
  // A third one takes the place of the one that was chosen first.
  const before = takes.filter((other) => other.chosen && other !== one).sort((a, b) => a.chosen - b.chosen);
  if (chosen && before.length > 1) before[0].chosen = 0;
  one.chosen = chosen ? Date.now() : 0;
  ask();
}

const nameOf = ({ named, number }) => named || say("Take {n}", { n: number });

function rename(one) {
  const name = one.card.querySelector(".name");
  one.named = name.value.trim().slice(0, 80) || one.named;
  name.value = one.take.name = nameOf(one);
  ask();
}

function remove(one) {
  takes = takes.filter((other) => other !== one);
  const next = one.card.nextElementSibling || one.card.previousElementSibling;
  one.card.remove();
  next?.querySelector(".delete").focus();
  ask();
}

function makeCard(one) {
  const { take } = one, card = template.content.firstElementChild.cloneNode(true);
  const find = (name) => card.querySelector(name);
  one.card = card;
  one.box = find(".chosen");
  find(".name").value = take.name;
  find(".text").textContent = take.text.trim() || say("(no words)");
  find(".wave path").setAttribute("d", outline(take));
  const hasWords = Boolean(take.text.trim());
  find(".words").hidden = find(".arrow").hidden = !hasWords;
  if (hasWords) paint(find(".words"), one, take.verdict_text_only);
  paint(find(".voice"), one, take.verdict_text_audio);
  find("time").dateTime = take.at;
  find("time").textContent = new Date(take.at).toLocaleTimeString(LANGUAGE_HERE, { hour: "2-digit", minute: "2-digit" });
  one.box.addEventListener("change", () => choose(one, one.box.checked));
  find(".name").addEventListener("change", () => rename(one));
  find(".name").addEventListener("keydown", (event) => event.key === "Enter" && event.target.blur());
  find(".delete").addEventListener("click", () => remove(one));
  return card;
}

function put(one) {
  one.take.name = nameOf(one);
  list.prepend(makeCard(one)); // the newest first
  takes.push(one);
}

function add({ id, take, colours }) {
  counted += 1;
  put({ id, colours, take: { ...take, at: new Date().toISOString() }, number: counted, named: "", chosen: 0 });
  full.hidden = takes.length <= MOST_TAKES;
  if (takes.length > MOST_TAKES) takes.shift().card.remove();
  ask();
}

function findAgain() {
  const kept = keptTakes();
  kept.takes.slice(-MOST_TAKES).forEach(put);
  counted = kept.counted;
  if (takes.length) ask();
}

section.all = () => asked("sentence", takes);
watch("value", () => {
  if (props.value === given || !props.value) return;
  const message = JSON.parse(props.value);
  if (!message.take || message.id === latest) return;
  latest = message.id;
  add(message);
});
findAgain();
