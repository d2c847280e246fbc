// What the page knows. It lives with the tab: a reload or a phone that slept finds it again.

const KEY = 'audiotok-experiment';

const FRESH = {
  view: 'start', // start, round, end
  sentence: '',
  is_little_read: false, // by the words-only model
  deck: [],
  number: 0, // of the round, from 0; -1 is the neutral voice
  phase: 'say', // say, guess, reveal
  current: null, // {id, meant, seen, clip, heard, guessed}
  neutral: null, // the neutral voice, base64
  rounds: [], // finished, as the board takes them
};
const STAYS = {
  school: null, // {code, ticket}
  unsent: [], // finished rounds that the board has not taken yet
};

function load() {
  try {
    return { ...FRESH, ...STAYS, ...JSON.parse(sessionStorage.getItem(KEY)) };
  } catch {
    return { ...FRESH, ...STAYS };
  }
}

export const state = load();
export const wasLeft = state.view === 'round';

/** Change what is known, and keep it where the browser lets us. */
export function change(changes) {
  Object.assign(state, changes);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // Full or forbidden: the page itself still knows it.
  }
}

/** Begin anew, in the same class, and with what is still to be sent to it. */
export function startAnew() {
  change(FRESH);
}
