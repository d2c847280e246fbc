"""Make the example clips: free synthetic voices, given measured prosody by a vocoder.

``python -m train.example_clips.make`` writes every clip and ``examples.json`` again, as
``recipes.py`` says. It needs the program ``flite`` and the package ``pyworld``. No recording of a
corpus goes in, only the figures of ``prosody.json``.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from audiotok.assets import EXAMPLES
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.cli import Parser, run
from audiotok.words import Word
from train.example_clips.flite import speak, words_of_speech
from train.example_clips.prosody import (
    Array,
    mean_level_db,
    monotonous,
    times_said,
    with_prosody,
)
from train.example_clips.recipes import SPEAKERS, Recipe, recipes
from train.example_clips.vocoder import EDGE_S, FRAMES_HZ, analyse, resynthesise

NEUTRAL_RMS_DB = -27.0


def make_clip(recipe: Recipe) -> tuple[Samples, tuple[Word, ...]]:
    """Synthesise one clip, the same on every run, and say when each of its words is said.

    Returns
    -------
    float32 of shape ``(n_samples,)``, 16 kHz, and the words.
    """
    rng = np.random.default_rng(zlib.crc32(recipe.file.encode()))
    voice = SPEAKERS[recipe.voice]
    read = analyse(speak(recipe.text, voice).samples)
    made = monotonous(read) if recipe.prosody is None else with_prosody(recipe.prosody, read)
    louder_db = mean_level_db(made.speech) - mean_level_db(read.speech)
    clip = resynthesise(made, NEUTRAL_RMS_DB + louder_db, rng)
    frames = np.arange(len(read.speech.pitch_hz), dtype=np.float64)
    said_s = frames / FRAMES_HZ
    if recipe.prosody is not None:
        said_s = times_said(recipe.prosody, read) - made.first_frame / FRAMES_HZ
    in_clip = partial(_in_clip, frames + read.first_frame, EDGE_S + said_s, len(clip))
    words = [
        Word(word.text, in_clip(word.start_s), in_clip(word.end_s))
        for word in words_of_speech(recipe.text, voice)
    ]
    return clip, tuple(words)


def _in_clip(frames: Array, said_s: Array, n_samples: int, read_s: float) -> float:
    """Return when a clip says, in s, what the plain reading says at ``read_s``."""
    at_s = float(np.interp(read_s * FRAMES_HZ, frames, said_s))
    return round(min(max(at_s, 0.0), n_samples / SAMPLE_RATE), 3)


def make_all(folder: Path) -> None:
    """Write every clip and their list, with the times of their words; other clips go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.flac"):
        old.unlink()
    listing = []
    for recipe in tqdm(recipes(), unit="clip"):
        path = folder / recipe.file
        clip, words = make_clip(recipe)
        soundfile.write(path, clip, SAMPLE_RATE, subtype="PCM_16")
        listing.append(recipe.entry | {"words": [astuple(word) for word in words]})
    (folder / "examples.json").write_text(json.dumps(listing, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the clips; returns the exit code: 0, or 2 with one sentence on stderr."""
    parser = Parser(
        prog="python -m train.example_clips.make", description="Make the example clips again."
    )
    parser.add_argument("--out", type=Path, default=EXAMPLES, help="folder to write to")
    parser.set_defaults(command=lambda options: make_all(options.out))
    return run(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
