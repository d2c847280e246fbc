// These files run as one, once, after Gradio has put path.html on the page; `element`, `props` and
// `watch` are Gradio's.

const part = (name) => element.querySelector("." + name);
const loaded = part("loaded"), none = part("none"), slider = part("kept"), lit = part("lit"), chart = part("chart");
const SHORT_S = 0.15; // before and after a token that is heard

let found = null; // what path_view.py gathered
let chosen = -1; // index of the clip's token that is chosen
let selections = []; // scores of sizes: {name, dashed, points: [[n_tokens, macro_f1]], colour}

const size = () => Number(slider.value);
const isKept = (token) => token.place <= size();
const whole = (count) => count.toLocaleString(LANGUAGE_HERE);

function namesKept() {
  return size() < found.n_tokens ? found.path.slice(0, size()) : null;
}

function linesOf(sizes) {
  if (!sizes) return [];
  const readers = [[sizes.language_model, say("language model"), false], [sizes.bag_of_tokens, say("counted tokens"), true]];
  const corpora = [...new Set(readers.flatMap(([curve]) => (curve[0] ? Object.keys(curve[0].macro_f1) : [])))].sort();
  return readers.flatMap(([curve, reader, dashed]) =>
    corpora
      .filter((corpus) => curve[0] && corpus in curve[0].macro_f1)
      .map((corpus) => ({
        corpus, dashed, name: `${corpus}, ${reader}`,
        colour: found.lines[corpora.indexOf(corpus) % found.lines.length],
        points: curve.map((each) => [each.n_tokens, each.macro_f1[corpus]]),
      })),
  );
}

// The measured size that is nearest to one, on the scale of the chart.
function nearest(points, wanted) {
  const away = ([n]) => Math.abs(Math.log(n / wanted));
  return points.reduce((best, point) => (away(point) < away(best) ? point : best));
}

function describe() {
  const kept = found.tokens.filter(isKept).length;
  const told = say("The first {n} of {all} tokens keep {kept} of the {lit} that are lit in this clip.", {
    n: whole(size()), all: whole(found.n_tokens), kept: whole(kept), lit: whole(found.tokens.length),
  });
  const scores = selections.filter((line) => !line.dashed).map((line) => {
    const [n, score] = nearest(line.points, size());
    return say("{corpus} {score} with {n}", { corpus: line.corpus, score: decimal(score, 2), n: whole(n) });
  });
  return scores.length ? told + " " + say("Macro-F1 of the nearest measured size: {scores}.", { scores: scores.join(", ") }) : told;
}

function describeToken(token) {
  return say("{token} at {seconds} s speaks for {label}; it is number {place} on the path.", {
    token: token.token, seconds: decimal(token.start_s, 2), label: found.names[token.speaks_for], place: whole(token.place),
  });
}
