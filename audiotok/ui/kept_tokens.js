// How many tokens of the lasso's path are kept, the same in all views: whoever moves the slider
// tells the others.

window.atKept ||= {
  n: null, // null keeps all
  names: null, // of the tokens that are kept, a set
  keep(n, names) {
    this.n = n;
    this.names = names ? new Set(names) : null;
    document.dispatchEvent(new CustomEvent("at-kept"));
  },
  has(token) {
    return !this.names || this.names.has(token);
  },
};
