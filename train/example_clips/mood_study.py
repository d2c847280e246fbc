"""Measure how acted moods differ from the same actor's neutral reading of the same sentence.

``python -m train.example_clips.mood_study FOLDER`` (RAVDESS) prints medians over the training
actors, in the units of ``train.example_clips.resynthesis.Mood``. The example clips take their
parameters from this table.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from audiotok.audio import SAMPLE_RATE
from audiotok.cli import Parser, run
from train.corpora.readers.ravdess import read
from train.corpora.records import Record
from train.example_clips.resynthesis import BAND_CENTRES_HZ, FRAMES_HZ, Voice, analyse

HELD_OUT = {"test": [f"Actor_{number}" for number in range(13, 25)]}
MEASURES = (
    "pitch_st",
    "pitch_range",  # compared as a ratio
    "pitch_slope",
    "pitch_end",
    "duration",  # compared as a ratio
    "level_db",
    "breath_db",
    *(f"{centre} Hz" for centre in BAND_CENTRES_HZ),
)
RATIOS = np.array([name in {"pitch_range", "duration"} for name in MEASURES])


@dataclass(frozen=True)
class Measured:
    """One clip's ``MEASURES``, shape ``(n_measures,)``."""

    record: Record
    values: NDArray[np.float64]

    @property
    def reading(self) -> tuple[str, str]:
        return self.record.speaker, self.record.text


def measure(voice: Voice) -> NDArray[np.float64]:
    """Return the ``MEASURES`` of one utterance, shape ``(n_measures,)``."""
    speech = voice.is_speech
    first, last = np.flatnonzero(speech)[[0, -1]]
    voiced = speech & (voice.pitch_hz > 0)
    semitones = 12 * np.log2(voice.pitch_hz[voiced])
    semitones = semitones[np.abs(semitones - np.median(semitones)) < 12]  # octave errors
    time_s = np.flatnonzero(voiced) / FRAMES_HZ
    place = (np.flatnonzero(voiced) - first) / (last - first)
    contour = 12 * np.log2(voice.pitch_hz[voiced])
    envelope = 10 * np.log10(voice.envelope[voiced] + 1e-16)
    bands = _bands(envelope)
    return np.array(
        [
            semitones.mean(),
            np.percentile(semitones, 95) - np.percentile(semitones, 5),
            np.polyfit(time_s, contour, 1)[0],
            contour[place > 0.8].mean() - contour.mean() if (place > 0.8).any() else np.nan,
            (last - first) / FRAMES_HZ,
            10 * np.log10(voice.envelope[speech].mean()),
            20 * np.log10(voice.aperiodicity[voiced]).mean(),
            *(bands - bands.mean()),
        ]
    )


def _bands(envelope_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean level around each of ``BAND_CENTRES_HZ``, in dB, shape ``(n_bands,)``."""
    hz = np.linspace(0, SAMPLE_RATE / 2, envelope_db.shape[1])
    centres = np.array(BAND_CENTRES_HZ)
    edges = np.concatenate([[0], (centres[1:] + centres[:-1]) / 2, [SAMPLE_RATE / 2]])
    means = envelope_db.mean(axis=0)
    return np.array([means[(hz >= low) & (hz <= high)].mean() for low, high in pairwise(edges)])


def differences(clips: Iterable[Measured]) -> dict[str, NDArray[np.float64]]:
    """Return the median difference (or ratio) to neutral by label, shape ``(n_measures,)``."""
    clips = list(clips)
    neutral: dict[tuple[str, str], list[NDArray[np.float64]]] = defaultdict(list)
    for clip in clips:
        if clip.record.labels == ("neutral",):
            neutral[clip.reading].append(clip.values)
    found: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for clip in clips:
        if clip.reading in neutral and clip.record.labels != ("neutral",):
            own = np.mean(neutral[clip.reading], axis=0)
            found[clip.record.labels[0]].append(
                np.where(RATIOS, clip.values / own, clip.values - own)
            )
    return {label: np.nanmedian(values, axis=0) for label, values in found.items()}


def study(root: Path) -> None:
    """Print the table for a folder with RAVDESS."""
    records = [record for record in read(root, HELD_OUT) if record.split == "train"]
    clips = [
        Measured(record, measure(analyse(record.audio[0].read())))
        for record in tqdm(records, unit="clip")
    ]
    table = differences(clips)
    print(f"{'':12}" + "".join(f"{label:>11}" for label in table))
    for row, name in enumerate(MEASURES):
        print(f"{name:12}" + "".join(f"{values[row]:11.2f}" for values in table.values()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study; returns the exit code: 0, or 2 with one sentence on stderr."""
    parser = Parser(
        prog="python -m train.example_clips.mood_study", description="Measure acted moods."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where RAVDESS is")
    parser.set_defaults(command=lambda options: study(options.folder))
    return run(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
