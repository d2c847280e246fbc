// The teacher's page: opens a class, shows how to join it, and what comes in.

import { ask, isDark, save, say, tell } from './server.js';

const KEY = 'audiotok-class';
const ASKS_EVERY_MS = 2_000;
const at = (id) => document.getElementById(id);
const trouble = (sentence) => tell(at('trouble'), sentence);
const base = new URL('.', location).href;

let secret = recalled(); // it outlives the tab, so that a closed one does not lose the class
let since = -1;
let sentence = '';
let asking = null;

function recalled() {
  try { return localStorage.getItem(KEY) ?? ''; } catch { return ''; }
}

function remember(found) {
  secret = found;
  since = -1;
  try {
    if (found) localStorage.setItem(KEY, found); else localStorage.removeItem(KEY);
  } catch {
    // Forbidden: the page itself still knows it.
  }
}

function show() {
  at('opening').hidden = Boolean(secret);
  at('board').hidden = !secret;
  at('lead').hidden = Boolean(secret);
}

/** Ask what there is, again and again; a server that is away is waited for. */
async function watch() {
  clearTimeout(asking);
  if (!secret) return;
  const [asked, about] = [secret, sentence];
  try {
    const told = await ask('board/watch', { secret, base, sentence, since });
    if (asked !== secret || about !== sentence) return; // another answer is on its way
    trouble('');
    if (told.html !== undefined) paint(told);
  } catch (refusal) {
    if (asked !== secret) return;
    trouble(refusal.message);
    if (refusal.status === 404) { remember(''); show(); return; }
  }
  asking = setTimeout(watch, ASKS_EVERY_MS);
}

function paint(told) {
  since = told.n_rounds;
  const count = told.n_rounds;
  at('count').textContent = say(count === 1 ? 'n_round' : 'n_rounds', { count });
  at('waits').hidden = count > 0;
  at('outcome').hidden = !count;
  at('take').classList.toggle('empty', !count);
  at('outcome').innerHTML = told.html; // made by our server, which escapes what people wrote
  at('qr').innerHTML = told.qr;
  Object.assign(at('link'), { href: told.link, textContent: told.link });
  at('code').textContent = told.code;
  tell(at('reach'), told.is_local ? say('board_local') : told.is_plain ? say('board_plain') : '');
  offer(told.sentences);
}

function offer(sentences) {
  at('filter').hidden = sentences.length < 2;
  const options = sentences.map((each) => new Option(each, each, false, each === sentence));
  at('sentence').replaceChildren(new Option(say('all_sentences'), '', false, !sentence), ...options);
}

at('open').addEventListener('click', async () => {
  at('open').disabled = true;
  try {
    remember((await ask('board/open', {})).secret);
    show();
    await watch();
  } catch (refusal) {
    trouble(refusal.message);
  } finally {
    at('open').disabled = false;
  }
});
at('sentence').addEventListener('change', () => {
  sentence = at('sentence').value;
  since = -1;
  watch();
});
at('end').addEventListener('click', async () => {
  if (!confirm(say('end_sure'))) return;
  try {
    await ask('board/end', { secret });
    remember('');
    show();
    trouble(say('ended'));
  } catch (refusal) {
    trouble(refusal.message);
  }
});
at('whole').addEventListener('click', () => document.documentElement.requestFullscreen?.());
for (const button of document.querySelectorAll('#take button[data-kind]')) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const wanted = { secret, sentence, dark: isDark() };
      await save(`board/outcome.${button.dataset.kind}`, wanted);
    } catch (refusal) {
      trouble(refusal.message);
    } finally {
      button.disabled = false;
    }
  });
}
show();
watch();
