// The experiment from the choice of a sentence to the end.

import { askPatiently, say, tell } from './server.js';
import { change, startAnew, state, wasLeft } from './keeping.js';
import { moodName, useShades } from './moods.js';
import { join, leave, send } from './sending.js';
import { showEnd } from './ending.js';
import { showRound } from './round.js';

const settings = JSON.parse(document.getElementById('settings').textContent);
const at = (id) => document.getElementById(id);
const trouble = (sentence) => tell(at('trouble'), sentence);

export const steps = {
  /** Show the view that the state says. */
  show() {
    for (const view of ['start', 'round', 'end']) at(view).hidden = view !== state.view;
    if (state.view === 'round') showRound(steps, settings);
    if (state.view === 'end') showEnd(steps, trouble);
    at('lead').hidden = state.view !== 'start';
    scrollTo(0, 0);
  },

  /** A round is finished: keep it, and send it where there is a class. */
  finish(round) {
    const unsent = state.school ? [...state.unsent, round] : state.unsent;
    change({ rounds: [...state.rounds, round], unsent });
    steps.deliver();
  },

  async deliver() {
    try {
      await send(trouble, showBoardState);
    } catch (refusal) {
      trouble(refusal.message);
      if (refusal.status === 404) leave();
      showSchool();
    }
    showBoardState();
  },

  /** Back to the first view, for another sentence. */
  again() {
    startAnew();
    at('own').value = '';
    chosen = at('sentences').querySelector('input:checked')?.value ?? '';
    tell(at('warning-text'), '');
    at('warning').hidden = true;
    steps.show();
  },
};

let chosen = ''; // the offered sentence

function showBoardState() {
  const count = state.unsent.length;
  const here = Boolean(state.school);
  tell(at('board-state'), here ? (count ? say('to_send', { count }) : say('on_board')) : '');
}

function showSchool() {
  at('in-class').hidden = !state.school;
  at('join').hidden = Boolean(state.school);
  if (state.school) at('in-class-text').textContent = say('in_class', state.school);
}

async function joinClass(code) {
  tell(at('join-trouble'), '');
  try {
    await join(code, trouble);
  } catch (refusal) {
    at('join').open = true;
    tell(at('join-trouble'), refusal.message);
  }
  showSchool();
}

function offer(sentences) {
  const list = sentences.map((sentence, number) => {
    const [label, input] = [document.createElement('label'), document.createElement('input')];
    Object.assign(input, { type: 'radio', name: 'sentence', value: sentence, checked: !number });
    input.addEventListener('change', () => { chosen = sentence; at('own').value = ''; warn(''); });
    label.append(input, sentence);
    return label;
  });
  chosen = sentences[0] ?? '';
  at('sentences').replaceChildren(...list);
}

function warn(mood) {
  at('warning').hidden = !mood;
  tell(at('warning-text'), mood ? say('warn_words', { mood: moodName(mood) }) : '');
}

/** Deal the moods; a sentence of one's own is read first, since its words may tell already. */
async function begin(anyway) {
  const text = at('own').value.trim() || chosen;
  const button = at('go');
  button.disabled = true;
  try {
    const n_rounds = Number(at('n-rounds').value);
    const told = await askPatiently('experiment/begin', { text, n_rounds }, trouble);
    if (told.words.verdict !== 'neutral' && !anyway) return warn(told.words.verdict);
    warn('');
    const number = at('neutral-first').checked ? -1 : 0;
    const { text: sentence, deck, is_little_read } = told;
    change({ view: 'round', sentence, deck, number, rounds: [], is_little_read });
    change({ phase: 'say', current: null, neutral: null });
    steps.show();
  } catch (refusal) {
    trouble(refusal.message);
  } finally {
    button.disabled = false;
  }
}

async function prepare() {
  const asked = new URLSearchParams(location.search), code = asked.get('class');
  for (const link of document.querySelectorAll('a.language')) { // it may be needed again there
    asked.set('lang', link.lang);
    link.search = asked;
  }
  if (code && state.school?.code.replace('-', '') !== code.replace('-', '')) joinClass(code);
  showSchool();
  try {
    const { sentences, shades } = await askPatiently('experiment/sentences', null, trouble);
    useShades(shades);
    offer(sentences);
  } catch (refusal) {
    return trouble(refusal.message);
  }
  at('go').textContent = say('start');
  at('go').disabled = false;
  steps.show();
  if (wasLeft) trouble(say('error_resumed'));
  steps.deliver();
}

at('go').addEventListener('click', () => begin(false));
at('use-anyway').addEventListener('click', () => begin(true));
at('change-sentence').addEventListener('click', () => { warn(''); at('own').focus(); });
at('own').addEventListener('input', () => warn(''));
at('leave').addEventListener('click', () => { leave(); showSchool(); showBoardState(); });
at('join-form').addEventListener('submit', (event) => {
  event.preventDefault();
  joinClass(at('code').value);
});
at('start').hidden = state.view !== 'start';
prepare();
