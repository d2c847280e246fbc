// Asks the server, in the page's language; what goes wrong is one sentence, and some of it passes.

export const texts = JSON.parse(document.getElementById('texts').textContent);

const AGAIN_AFTER_MS = 3_000;
const PATIENCE_MS = 120_000;
const PASSING = new Set([0, 429, 502, 503, 504]); // 0: no answer at all

/** Fill a sentence of the catalogue. */
export function say(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (braces, key) => values[key] ?? braces);
}

/** A sentence to show, and whether it is worth asking again. */
export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
    this.passes = PASSING.has(status);
  }
}

/** Ask once: GET without a body, else POST. Gives the Response, or throws a Refusal. */
export async function fetched(path, body) {
  const post = body && {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  };
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(`${path}?lang=${texts.language}`, { ...post, signal });
  } catch {
    throw new Refusal(say('error_offline'), 0);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refusal(told.error ?? say(PASSING.has(answer.status) ? 'error_offline' : 'error_unexpected'), answer.status);
}

export async function ask(path, body) {
  return (await fetched(path, body)).json();
}

/** Ask until there is an answer; what passes is told to `meanwhile`, which "" takes back. */
export async function askPatiently(path, body, meanwhile, isWanted = () => true) {
  for (;;) {
    try {
      const answer = await ask(path, body);
      meanwhile('');
      return answer;
    } catch (refusal) {
      if (!refusal.passes) { meanwhile(''); throw refusal; }
      meanwhile(refusal.message);
      await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS * (0.7 + 0.6 * Math.random())));
      if (!isWanted()) throw refusal;
    }
  }
}

/** Let the browser save what an address answers. */
export async function save(path, body) {
  const answer = await fetched(path, body);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = path.split('/').pop();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const isDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

/** Show a sentence in an element, or hide it where there is none. */
export function tell(element, sentence) {
  element.textContent = sentence;
  element.hidden = !sentence;
}
