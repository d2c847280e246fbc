"""Hear what tokens keep: a clip decoded again from all of its tokens or some of them."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiotok.analysis.export import Record
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.vocabulary import Codes

Mask = NDArray[np.bool_]

ALL, SELECTED, WITHOUT_SELECTED = "all", "selected", "without-selected"
LAYERS = re.compile(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3}))?\s*")
LONGEST_CHOICE = 200  # characters
LOUDEST = 0.99  # of full scale
LEVEL_S = 10.0  # what the level of a long clip is taken from


@dataclass(frozen=True)
class Heard:
    """A clip decoded from some of its tokens.

    Attributes
    ----------
    samples : float32 of shape ``(n_samples,)``, as long as the clip, 16 kHz.
    kept : tokens that it was decoded from, shape ``(n_layers, n_frames)``.
    sentence : what is heard.
    """

    samples: Samples
    kept: Mask
    sentence: str


def resynthesise(classifier: Classifier, prediction: Prediction, which: str = ALL) -> Heard:
    """Decode a clip from some of its tokens.

    All choices are as much louder or softer than what the codec makes of them as brings the clip
    from all tokens to the clip's own level, so that they can be compared.

    Parameters
    ----------
    which : ``all``, ``selected``, ``without-selected``, or layers such as ``1`` or ``2-8`` or
        ``1,3-5``; empty for all.

    Raises
    ------
    AudiotokError
        When there is no such choice or layer, or no token is left to hear.
    """
    kept = kept_tokens(prediction, which)
    n_kept = int(kept.sum())
    if not n_kept:
        raise AudiotokError(
            say(
                "None of the selected tokens sounds in this clip, so there is nothing to hear of "
                "them."
            )
        )
    # Without normalisation by references, after which the voice would not be the speaker's.
    codes = prediction.hearings[-1] if prediction.hearings else prediction.codes
    n_samples = len(prediction.recording.samples)
    decoded = _fitted(classifier.codec.decode(codes, kept=kept), n_samples)
    whole = decoded if kept.all() else None
    gain = _gain_of_codec(classifier.codec, codes, prediction, whole)
    gain = min(gain, LOUDEST / max(float(np.abs(decoded).max()), 1e-9))
    sentence = say(
        "Heard: {which}, {n:,} of {all:,} tokens.", which=_name(which), n=n_kept, all=kept.size
    )
    return Heard(gain * decoded, kept, sentence)


def kept_tokens(prediction: Prediction, which: str = ALL) -> Mask:
    """Return the tokens of a choice, shape ``(n_layers, n_frames)``; see ``resynthesise``."""
    which = which.strip().lower()
    shape = prediction.codes.shape
    if which in ("", ALL):
        return np.ones(shape, dtype=bool)
    if which in (SELECTED, WITHOUT_SELECTED):
        selected = np.zeros(shape, dtype=bool)
        for each in prediction.selected:
            selected[each.layer - 1, each.frame : each.end] = True
        return selected if which == SELECTED else ~selected
    kept = np.zeros(shape, dtype=bool)
    for layer in _layers(which, shape[0]):
        kept[layer - 1] = True
    return kept


def _layers(which: str, n_layers: int) -> set[int]:
    refusal = AudiotokError(
        f"'{which[:40]}' is nothing to listen to: choose {ALL}, {SELECTED}, {WITHOUT_SELECTED}, "
        f"or some of the layers 1 to {n_layers}, such as 2-{n_layers} or 1,3."
    )
    if len(which) > LONGEST_CHOICE:
        raise refusal
    layers: set[int] = set()
    for part in which.split(","):
        match = LAYERS.fullmatch(part)
        if not match:
            raise refusal
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= n_layers:
            raise refusal
        layers |= set(range(first, last + 1))
    return layers


def _name(which: str) -> str:
    which = which.strip().lower()
    names = {
        "": say("all tokens"),
        ALL: say("all tokens"),
        SELECTED: say("the selected tokens alone"),
        WITHOUT_SELECTED: say("all tokens but the selected ones"),
    }
    layers = mark("layer {which}") if which.isdigit() else mark("layers {which}")
    return names.get(which) or say(layers, which=which)


def _gain_of_codec(
    codec: Codec, codes: Codes, prediction: Prediction, whole: Samples | None
) -> float:
    """Return how much louder a clip is than what the codec makes of all its tokens.

    Of a long clip, the loudest ``LEVEL_S`` seconds tell; they are decoded, unless ``whole`` is what
    the codec makes of the clip.
    """
    recording, per_frame = prediction.recording.samples, round(prediction.frame_s * SAMPLE_RATE)
    n_frames = min(codes.shape[1], round(LEVEL_S / prediction.frame_s))
    padded = _fitted(recording, codes.shape[1] * per_frame)
    energies = np.square(padded, dtype=np.float64).reshape(-1, per_frame).sum(axis=1)
    so_far = np.concatenate([[0.0], np.cumsum(energies)])
    first = int(np.argmax(so_far[n_frames:] - so_far[:-n_frames]))
    part = slice(first * per_frame, (first + n_frames) * per_frame)
    clip = recording[part]
    decoded = codec.decode(codes[:, first : first + n_frames]) if whole is None else whole[part]
    return _level(clip) / max(_level(decoded[: len(clip)]), 1e-9)


def _fitted(samples: Samples, n_samples: int) -> Samples:
    """Return a waveform cut off or continued in silence: the codec decodes whole frames."""
    return np.pad(samples[:n_samples], (0, max(0, n_samples - len(samples))))


def _level(samples: Samples) -> float:
    """Return the root mean square about the mean, since a constant is not heard."""
    return float(np.std(samples, dtype=np.float64))


def wav_bytes(samples: Samples) -> bytes:
    """Return a waveform, 16 kHz, as a WAV file of 16 bits."""
    out = io.BytesIO()
    soundfile.write(out, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return out.getvalue()


def hearing_record(heard: Heard) -> Record:
    """Return what is heard in types of JSON; the WAV file as base64."""
    return {
        "sample_rate_hz": SAMPLE_RATE,
        "n_kept": int(heard.kept.sum()),
        "n_tokens": int(heard.kept.size),
        "wav_base64": base64.b64encode(wav_bytes(heard.samples)).decode("ascii"),
        "sentence": heard.sentence,
    }
