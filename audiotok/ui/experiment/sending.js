// Brings finished rounds to the board of a class, each once, however often the line breaks.

import { askPatiently } from './server.js';
import { change, state } from './keeping.js';

const AT_ONCE = 20;
let isSending = false;

/** Join a class by its code; throws a Refusal. */
export async function join(code, meanwhile) {
  change({ school: await askPatiently('board/join', { code }, meanwhile) });
}

/** Leave the class; what it has not taken yet stays here only. */
export function leave() {
  change({ school: null, unsent: [] });
}

/** Send what is unsent. `onChange` is called after each answer; throws what is refused for good. */
export async function send(meanwhile, onChange) {
  if (isSending) return;
  isSending = true;
  try {
    while (state.unsent.length && state.school) {
      const rounds = state.unsent.slice(0, AT_ONCE);
      const { ticket } = state.school;
      await askPatiently('board/rounds', { ticket, rounds }, meanwhile, () => state.school);
      const taken = new Set(rounds.map((each) => each.id));
      change({ unsent: state.unsent.filter((each) => !taken.has(each.id)) });
      onChange();
    }
  } finally {
    isSending = false;
  }
}
