// What stays of the takes while their tab does: a reload, such as that for another language, finds
// them again. The server never reads this; what it is asked of it is checked like any input.

const KEPT_AS = "audiotok-takes";
const OF_A_TAKE = ["id", "take", "colours", "number", "named", "chosen"];

function keepTakes(takes, counted) {
  const some = takes.map((one) => Object.fromEntries(OF_A_TAKE.map((name) => [name, one[name]])));
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify({ takes: some, counted }));
  } catch {
    // Full or forbidden: the page itself still knows them.
  }
}

function keptTakes() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS)) ?? { takes: [], counted: 0 };
  } catch {
    return { takes: [], counted: 0 };
  }
}

