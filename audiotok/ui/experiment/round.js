// One round: the mood, the recording, the guess, and what was meant, guessed and heard.

import { askPatiently, say, tell } from './server.js';
import { change, state } from './keeping.js';
import { chip, colour, moodName } from './moods.js';
import { asBase64, record, RecorderError } from './recorder.js';

const at = (id) => document.getElementById(id);
const trouble = (sentence) => tell(at('round-trouble'), sentence);
const isNeutral = () => state.number < 0;

let steps, settings;
let recording = null;
let listening = null; // the id of the round whose clip is at the server

/** Show the round that the state says. */
export function showRound(given, limits) {
  [steps, settings] = [given, limits];
  if (!state.current) {
    const meant = isNeutral() ? null : state.deck[state.number];
    change({ current: { id: crypto.randomUUID(), meant, seen: isNeutral() } });
  }
  trouble('');
  show();
  if (state.current.clip && !state.current.heard) listen();
}

function show() {
  const { phase, current, number, deck } = state;
  at('which').textContent = isNeutral()
    ? say('round_neutral') : say('round_of', { number: number + 1, count: deck.length });
  at('sentence').textContent = state.sentence;
  at('instruction').textContent = say(isNeutral() ? 'say_neutral' : 'say_it');
  at('instruction').hidden = phase !== 'say';
  at('mood').hidden = isNeutral() || phase !== 'say';
  cover(true);
  at('record').hidden = phase !== 'say';
  at('record').disabled = !current.seen;
  at('guess').hidden = phase !== 'guess';
  at('reveal').hidden = phase !== 'reveal';
  at('stop-early').hidden = phase === 'guess' || !state.rounds.length;
  if (phase === 'guess') offerGuesses();
  if (phase === 'reveal') reveal();
}

function cover(isCovered) {
  const card = at('mood');
  card.setAttribute('aria-expanded', String(!isCovered));
  at('mood-name').replaceChildren(isCovered ? '•••' : moodName(state.current.meant));
  at('mood-tap').textContent = say(isCovered ? 'tap_to_see' : 'tap_to_cover');
  colour(card, isCovered ? 'neutral' : state.current.meant);
}

function offerGuesses() {
  const buttons = [...new Set(state.deck)].sort().map((mood) => {
    const button = colour(document.createElement('button'), mood);
    button.append(document.createElement('i'), moodName(mood));
    button.addEventListener('click', () => guess(mood));
    return button;
  });
  at('guesses').replaceChildren(...buttons);
  setWaiting(false);
}

function setWaiting(isWaiting) {
  at('guess').classList.toggle('waiting', isWaiting);
  at('guess').querySelectorAll('button').forEach((each) => { each.disabled = isWaiting; });
  at('listening').hidden = !isWaiting;
}

async function onRecord() {
  if (recording) return recording.stop();
  trouble('');
  const button = at('record');
  button.disabled = true;
  try {
    recording = await record(settings.records_s, (seconds) => {
      at('record-text').textContent = say('stop', { seconds });
    });
    cover(true);
    button.classList.add('recording');
    button.disabled = false;
    onRecorded(await asBase64(await recording.done));
  } catch (error) {
    trouble(say(error instanceof RecorderError ? error.message : 'error_no_microphone'));
  } finally {
    recording = null;
    button.classList.remove('recording');
    button.disabled = false;
    at('record-text').textContent = say('record');
  }
}

function onRecorded(clip) {
  change({ current: { ...state.current, clip, heard: null }, phase: 'guess' });
  if (isNeutral()) {
    at('record').hidden = true;
    tell(at('round-wait'), say('heard_wait'));
  } else show();
  listen();
}

/** Let the model hear the clip; the round goes on meanwhile. */
async function listen() {
  const { id, clip } = state.current;
  if (listening === id) return;
  listening = id;
  const wanted = () => state.current?.id === id && state.current.clip === clip;
  try {
    const told = { text: state.sentence, clip, reference: state.neutral };
    const heard = await askPatiently('experiment/hear', told, trouble, wanted);
    if (wanted()) onHeard(heard);
  } catch (refusal) {
    if (wanted()) sayAgain(refusal.message);
  } finally {
    listening = null;
    tell(at('round-wait'), '');
    if (state.current?.clip && !state.current.heard && !wanted()) listen();
  }
}

function onHeard(heard) {
  if (isNeutral()) {
    change({ neutral: state.current.clip, number: 0, current: null, phase: 'say' });
    return showRound(steps, settings);
  }
  change({ current: { ...state.current, heard, clip: null } });
  if ('guessed' in state.current) finish();
}

function sayAgain(sentence) {
  const { id, meant } = state.current;
  change({ current: { id, meant, seen: true }, phase: 'say' });
  show();
  trouble(sentence);
}

function guess(mood) {
  change({ current: { ...state.current, guessed: mood } });
  setWaiting(true);
  if (state.current.heard) finish();
}

function finish() {
  const { id, meant, guessed, heard } = state.current;
  const { sentence } = state;
  const { words, voice } = heard;
  change({ phase: 'reveal' });
  steps.finish({ id, sentence, meant, guessed, words: words.choice, voice: voice.choice });
  show();
}

function reveal() {
  const { meant, guessed, heard } = state.current;
  const rows = [
    ['meant', chip(meant)],
    ['guessed', guessed ? chip(guessed) : say('not_guessed')],
    ['by_words', ...heardAs(heard.words)],
    ['by_voice', ...heardAs(heard.voice)],
  ];
  const answers = [null, guessed, heard.words.choice, heard.voice.choice];
  at('little-read').hidden = !state.is_little_read;
  at('answers').replaceChildren(...rows.flatMap(([name, ...said], row) => {
    const [term, data] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = say(name) + (name === 'by_words' && state.is_little_read ? ' *' : '');
    data.append(...said);
    if (answers[row]) data.append(mark(answers[row] === meant));
    data.dataset.row = name;
    return [term, data];
  }));
  const isLast = state.number + 1 >= state.deck.length;
  at('next').textContent = say(isLast ? 'see_end' : 'next');
}

function heardAs({ choice, verdict }) {
  if (verdict === choice) return [chip(choice)];
  const unsure = document.createElement('small');
  unsure.textContent = say('unsure');
  return [unsure, chip(choice)];
}

function mark(isRight) {
  const element = document.createElement('b');
  element.className = isRight ? 'right' : 'wrong';
  element.textContent = isRight ? '✓' : '✗';
  return element;
}

function onNext() {
  const isLast = state.number + 1 >= state.deck.length;
  if (isLast) change({ view: 'end', current: null });
  else change({ number: state.number + 1, phase: 'say', current: null });
  steps.show();
}

at('mood').addEventListener('click', () => {
  const isCovered = at('mood').getAttribute('aria-expanded') === 'false';
  cover(!isCovered);
  if (!isCovered) return;
  change({ current: { ...state.current, seen: true } });
  at('record').disabled = false;
});
at('record').addEventListener('click', onRecord);
at('no-guess').addEventListener('click', () => guess(null));
at('again').addEventListener('click', () => sayAgain(''));
at('next').addEventListener('click', onNext);
at('stop-early').addEventListener('click', () => {
  change({ view: 'end', current: null });
  steps.show();
});
