// Stands before scripts of components: what they say, in the language of the page.

const LANGUAGE_HERE = "LANGUAGE", SAID = "SAID";

function say(text, values = {}) {
  return (SAID[text] ?? text).replace(/\{(\w+)\}/g, (braces, name) => values[name] ?? braces);
}

function decimal(value, digits) {
  const told = value.toFixed(digits);
  return LANGUAGE_HERE === "en" ? told : told.replace(".", ",");
}

