"""Own measures of voices beside Praat's: ``python -m tests.benchmarks.praat [FOLDER]``.

Praat by the package praat-parselmouth, which is under the GPL, so that nothing here depends on it:
install it by hand to check. Without it, this says so and ends. FOLDER holds clips; the example
clips of the page are the default.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from audiotok.assets import EXAMPLES
from audiotok.audio import SAMPLE_RATE, read_audio
from train.evaluation.markdown import table
from train.studies.acoustics.periodicity import cepstral_prominence_db, harmonicity_db
from train.studies.acoustics.voice import Voice
from train.studies.acoustics.voice_measures import measure_clip

FLOOR_HZ, CEILING_HZ = 65.0, 500.0
SUFFIXES = (".flac", ".wav", ".mp3")
MOST_CLIPS = 100


def praat() -> Any | None:
    """The package, or None where it is missing."""
    try:
        return importlib.import_module("parselmouth")
    except ImportError:
        return None


def by_praat(parselmouth: Any, samples: np.ndarray) -> dict[str, float]:
    """Median pitch, median harmonicity of voiced frames, CPPS, jitter and shimmer, by Praat."""
    call = parselmouth.praat.call
    sound = parselmouth.Sound(samples.astype(float), SAMPLE_RATE)
    pitch = sound.to_pitch_ac(pitch_floor=FLOOR_HZ, pitch_ceiling=CEILING_HZ)
    hz = pitch.selected_array["frequency"]
    harmonicity = call(sound, "To Harmonicity (ac)", 0.01, FLOOR_HZ, 0.1, 4.5).values.ravel()
    cepstrogram = call(sound, "To PowerCepstrogram", 60, 0.002, 5000, 50)
    cpps = call(
        cepstrogram, "Get CPPS", True, 0.02, 0.0005, 60, 330, 0.05, "parabolic", 0.001, 0.05,
        "Straight", "Robust",
    )  # fmt: skip
    pulses = call([sound, pitch], "To PointProcess (cc)")
    limits = (0, 0, 0.0001, 0.02, 1.3)
    return {
        "pitch, semitones": 12 * np.log2(np.median(hz[hz > 0])),
        "harmonicity, dB": float(np.median(harmonicity[harmonicity > -100])),
        "cepstral peak, dB": float(cpps),
        "jitter, %": 100 * call(pulses, "Get jitter (local)", *limits),
        "shimmer, %": 100 * call([sound, pulses], "Get shimmer (local)", *limits, 1.6),
    }


def by_us(samples: np.ndarray) -> dict[str, float]:
    """The same by the study of acoustics."""
    voice, found = Voice.of(samples), measure_clip(samples)
    return {
        "pitch, semitones": found["pitch"],
        "harmonicity, dB": float(np.median(harmonicity_db(voice))),
        "cepstral peak, dB": float(np.median(cepstral_prominence_db(voice))),
        "jitter, %": found["jitter"],
        "shimmer, %": found["shimmer"],
    }


def main(folder: Path) -> str:
    """Return the agreement over clips as Markdown."""
    parselmouth = praat()
    if parselmouth is None:
        return "praat-parselmouth is not installed, so there is nothing to compare with."
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)[:MOST_CLIPS]
    clips = [read_audio(path).samples for path in paths]
    ours, praats = [by_us(clip) for clip in clips], [by_praat(parselmouth, clip) for clip in clips]
    rows = []
    for name in ours[0]:
        own, other = (np.array([each[name] for each in found]) for found in (ours, praats))
        there = np.isfinite(own) & np.isfinite(other)
        own, other = own[there], other[there]
        difference = own - other
        rows.append(
            [
                name,
                str(len(own)),
                f"{np.median(own):.2f}",
                f"{np.median(other):.2f}",
                f"{np.median(np.abs(difference)):.2f}",
                f"{spearmanr(own, other).statistic:.2f}",
            ]
        )
    head = ["measure", "clips", "median here", "by Praat", "median difference", "ρ over clips"]
    return table(head, rows)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES))
