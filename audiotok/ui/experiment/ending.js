// What came out, and what can be taken along.

import { askPatiently, isDark, save, tell } from './server.js';
import { state } from './keeping.js';

const at = (id) => document.getElementById(id);
let steps, trouble;

/** Show the end of the experiment. */
export async function showEnd(given, whatever) {
  [steps, trouble] = [given, whatever];
  at('outcome').replaceChildren();
  steps.deliver();
  try {
    const { html } = await askPatiently('experiment/outcome', { rounds: state.rounds }, trouble);
    at('outcome').innerHTML = html; // made by our server, which escapes what people wrote
  } catch (refusal) {
    trouble(refusal.message);
  }
}

for (const button of document.querySelectorAll('#take button')) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const { rounds } = state;
      await save(`experiment/outcome.${button.dataset.kind}`, { rounds, dark: isDark() });
      tell(at('trouble'), '');
    } catch (refusal) {
      tell(at('trouble'), refusal.message);
    } finally {
      button.disabled = false;
    }
  });
}
at('another').addEventListener('click', () => steps.again());
