// The token that is chosen, the same in all views: whoever chooses one tells the others.

window.atToken ||= {
  chosen: null,
  choose(token, start_s) {
    this.chosen = { token, start_s };
    document.dispatchEvent(new CustomEvent("at-token", { detail: this.chosen }));
  },
  isIt: (one, { token, start_s }) => one.token === token && Math.abs(one.start_s - start_s) < 1e-6,
};
