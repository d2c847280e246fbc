"""Sentences for the user about what a prediction could not read."""

from __future__ import annotations

from audiotok.bundle import Bundle
from audiotok.language import say
from audiotok.sequence import TokenSequence


def notes_on(sequence: TokenSequence, text_sequence: TokenSequence, bundle: Bundle) -> list[str]:
    """Return sentences for the user on what the two twins could not read."""
    notes = []
    if not sequence.n_text:
        notes.append(say("There is no text, so the voice alone decides."))
    if sequence.n_text_used < sequence.n_text:
        notes.append(_reading_note(sequence, text_sequence))
    if not (sequence.n_selected or bundle.bag_of_tokens or bundle.encoder_probe):
        notes.append(say("None of the selected tokens sounds in this clip, so the words decide."))
    return notes


def _reading_note(sequence: TokenSequence, text_sequence: TokenSequence) -> str:
    """Return a sentence on how many tokens of a long text each twin read."""
    read = {"n": sequence.n_text, "beside": sequence.n_text_used}
    if text_sequence.n_text_used < sequence.n_text:
        return say(
            "The text is long, {n} tokens: beside the voice the model read its first {beside}, of "
            "words alone it read the first {alone}.",
            alone=text_sequence.n_text_used,
            **read,
        )
    return say(
        "The text is long, {n} tokens: beside the voice the model read its first {beside}, words "
        "alone were read whole.",
        **read,
    )
