// Moods as coloured marks.

import { say, texts } from './server.js';

let shades = {};

export function useShades(found) {
  shades = found;
}

/** A mood's name as one says it. */
export const moodName = (mood) => (mood in texts ? say(mood) : mood);

/** Give an element a mood's colour, on light and dark ground. */
export function colour(element, mood) {
  const [light, dark] = shades[mood] ?? shades.neutral ?? ['', ''];
  element.classList.add('coloured');
  element.style.setProperty('--on-light', light);
  element.style.setProperty('--on-dark', dark);
  return element;
}

/** A chip that names a mood. */
export function chip(mood) {
  const element = colour(document.createElement('span'), mood);
  element.classList.add('chip');
  element.append(document.createElement('i'), moodName(mood));
  return element;
}
