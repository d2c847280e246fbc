"""Sentences for the user about what a prediction could not read."""

from __future__ import annotations

from audiotok.bundle import Bundle
from audiotok.sequence import TokenSequence


def notes_on(sequence: TokenSequence, text_sequence: TokenSequence, bundle: Bundle) -> list[str]:
    """Return sentences for the user on what the two twins could not read."""
    notes = []
    if not sequence.n_text:
        notes.append("There is no text, so the voice alone decides.")
    if sequence.n_text_used < sequence.n_text:
        notes.append(_reading_note(sequence, text_sequence))
    if not sequence.n_selected and not bundle.bag_of_tokens:
        notes.append("None of the selected tokens sounds in this clip, so the words decide.")
    return notes


def _reading_note(sequence: TokenSequence, text_sequence: TokenSequence) -> str:
    """Return a sentence on how many tokens of a long text each twin read."""
    beside = f"beside the voice the model read its first {sequence.n_text_used}"
    alone = "words alone were read whole"
    if text_sequence.n_text_used < sequence.n_text:
        alone = f"of words alone it read the first {text_sequence.n_text_used}"
    return f"The text is long, {sequence.n_text} tokens: {beside}, {alone}."
