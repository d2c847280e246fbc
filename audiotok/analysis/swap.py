"""What-ifs on two predictions: the words of one with the voice of the other, and a flat voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.counterfactual import encodings_of
from audiotok.analysis.export import Record
from audiotok.analysis.verdict import adjective, label_name
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.prediction import Prediction, Scores
from audiotok.vocabulary import Codes

FLAT = ("pitch", "energy")  # measures that a flat voice has none of


@dataclass(frozen=True)
class Swap:
    """Four predictions of two clips: words A or B, voice A or B.

    Attributes
    ----------
    words : the words of A and of B.
    scores : of the text+audio twin, ``[words][voice]``.
    """

    words: tuple[str, str]
    scores: tuple[tuple[Scores, Scores], tuple[Scores, Scores]]


def swap(classifier: Classifier, a: Prediction, b: Prediction) -> Swap:
    """Judge the words of two predictions of this classifier with the voice of the other.

    What each says in its own voice is known already.

    Raises
    ------
    AudiotokError
        When the predictions are of two tasks, or do not hold the codes of their clips.
    """
    if a.labels != b.labels or a.task != b.task:
        raise AudiotokError(
            say(
                "One prediction is of {first}, the other of {second}; predict both for one task.",
                first=label_name(a.task),
                second=label_name(b.task),
            )
        )
    utterances = [
        encodings_of(classifier, voice, text=words.text) for words, voice in ((a, b), (b, a))
    ]
    found = classifier.probabilities(utterances, ("text_audio",))["text_audio"]
    ab, ba = (Scores(a.text_audio.rule, found[:, place]) for place in range(2))
    return Swap((a.text, b.text), ((a.text_audio, ab), (ba, b.text_audio)))


@dataclass(frozen=True)
class FlatVoice:
    """A clip as it is, and with flat pitch and energy.

    Attributes
    ----------
    before, after : scores of the text+audio twin.
    codes : all codes of the flat clip, shape ``(n_layers, n_frames)``.
    """

    before: Scores
    after: Scores
    codes: Codes


def flat_voice(classifier: Classifier, prediction: Prediction) -> FlatVoice:
    """Judge the same words with pitch and energy held at the speaker's median.

    That changes tokens; what a probe of a speech encoder heard of the clip stays.

    Raises
    ------
    AudiotokError
        When the codec has no layers that were taught pitch and energy, or nothing sounds.
    """
    encodings_of(classifier, prediction)  # says what is missing
    flat = [flattened(classifier.codec, codes, prediction.plain) for codes in prediction.hearings]
    utterance = classifier.encodings(
        prediction.text, flat, prediction.plain, prediction.frame_logits
    )
    found = classifier.probabilities([utterance], ("text_audio",))["text_audio"][:, 0]
    return FlatVoice(prediction.text_audio, Scores(prediction.text_audio.rule, found), flat[-1])


def flattened(codec: Codec, codes: Codes, plain: Sequence[Codes] = ()) -> Codes:
    """Return codes in which pitch and energy stay at the speaker's median wherever there is sound.

    The median code of a layer is the one that stands for the median of the measure that the layer
    was taught; of the references, where there are any, else of the clip itself.

    Parameters
    ----------
    codes : all codes of a clip, shape ``(n_layers, n_frames)``.
    plain : codes of neutral clips of the speaker, without silent frames.

    Raises
    ------
    AudiotokError
        When the codec has no layers that were taught pitch and energy, or nothing sounds.
    """
    sounds = codec.sounding_frames(codes)
    if not sounds.any():
        raise AudiotokError(say("Nothing sounds in this clip, so there is no voice to make flat."))
    flat = codes.copy()
    for measure in FLAT:
        layer = codec.layer_of(measure)
        if not layer:
            raise AudiotokError(
                say(
                    "This codec has no layer for the {measure} of a voice, so it cannot be flat.",
                    measure=measure,
                )
            )
        spoken = np.concatenate([each[layer - 1] for each in plain or [codes[:, sounds]]])
        values = codec.measures_by_code(layer)[:, 0]
        flat[layer - 1, sounds] = _median_code(spoken, values)
    return flat


def _median_code(spoken: NDArray[np.int64], values: NDArray[np.float64]) -> int:
    """Return the code in the middle of those spoken, in the order of what they stand for."""
    return int(spoken[np.argsort(values[spoken], kind="stable")[len(spoken) // 2]])


def swap_sentence(found: Swap) -> str:
    """Return one sentence on what changes with the voice when the words stay."""
    (aa, ab), (ba, bb) = found.scores
    for words, own, other in ((found.words[0], aa, ab), (found.words[1], bb, ba)):
        if own.verdict != other.verdict:
            told = {"own": adjective(own.verdict), "other": adjective(other.verdict)}
            if not words:
                return say(
                    "Without words the verdict is {own} in its own voice and {other} in the "
                    "other's.",
                    **told,
                )
            return say(
                "“{words}” is {own} in its own voice and {other} in the other's.",
                words=words,
                **told,
            )
    if aa.verdict == bb.verdict:
        return say(
            "All four are {adjective}: neither words nor voice change the verdict.",
            adjective=adjective(aa.verdict),
        )
    return say("The verdict goes with the words: no voice changes it here.")


def flat_sentence(found: FlatVoice) -> str:
    """Return one sentence on what a flat voice does to the verdict."""
    before, after = found.before.verdict, found.after.verdict
    if before != after:
        return say(
            "With flat pitch and energy the verdict is {after}, not {before}.",
            after=adjective(after),
            before=adjective(before),
        )
    change = found.after.mean - found.before.mean
    place = int(np.abs(change).argmax())
    return say(
        "With flat pitch and energy the verdict stays {before}; {label} goes from {first:.0%} to "
        "{second:.0%}.",
        before=adjective(before),
        label=label_name(found.before.labels[place]),
        first=found.before.mean[place],
        second=found.after.mean[place],
    )


def swap_record(found: Swap, sentence: str) -> Record:
    """Return the four predictions in types of JSON."""
    return {
        "words": list(found.words),
        "labels": list(found.scores[0][0].labels),
        "predictions": [
            {
                "words": "AB"[words],
                "voice": "AB"[voice],
                "verdict": scores.verdict,
                "probabilities": scores.as_dict(),
            }
            for words, row in enumerate(found.scores)
            for voice, scores in enumerate(row)
        ],
        "sentence": sentence,
    }


def flat_record(found: FlatVoice, sentence: str) -> Record:
    """Return the prediction with a flat voice, and as it was, in types of JSON."""
    return {
        "verdict": found.after.verdict,
        "probabilities": found.after.as_dict(),
        "verdict_before": found.before.verdict,
        "probabilities_before": found.before.as_dict(),
        "sentence": sentence,
    }
