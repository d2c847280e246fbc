"""Make the example clips: free synthetic voices, given moods by a vocoder.

``python -m train.example_clips.make`` writes every clip and ``examples.json`` again, as
``recipes.py`` says. It needs the program ``flite`` and the package ``pyworld``. No recording of a
corpus goes in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from audiotok.assets import EXAMPLES
from audiotok.audio import SAMPLE_RATE, Recording, Samples, read_audio
from audiotok.cli import Parser, run
from audiotok.errors import DataError
from audiotok.transcription import Transcriber
from audiotok.words import words_of
from train.example_clips.recipes import ACCENTS, MOODS, RECIPES, SPEAKERS, Recipe
from train.example_clips.resynthesis import analyse, resynthesise, set_mood

NEUTRAL_RMS_DB = -27.0
SLOWNESS = 1.1  # factor of flite's durations; it speaks fast


def speak(text: str, flite_voice: str) -> Recording:
    """Let flite read ``text``, a little slower than its habit."""
    if shutil.which("flite") is None:
        raise DataError("The speech synthesiser is missing: apt-get install flite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", "-voice", flite_voice, "--setf", f"duration_stretch={SLOWNESS}"]
        subprocess.run([*command, "-t", text, "-o", str(path)], check=True, capture_output=True)
        return read_audio(path)


def make_clip(recipe: Recipe) -> Samples:
    """Synthesise one clip: float32 of shape ``(n_samples,)``, 16 kHz, the same on every run."""
    rng = np.random.default_rng(zlib.crc32(recipe.file.encode()))
    speaker, mood = SPEAKERS[recipe.voice], MOODS[recipe.mood].stronger(recipe.strength)
    reading = analyse(speak(recipe.text, speaker.flite).samples)
    change = replace(
        mood,
        pitch_st=mood.pitch_st + speaker.pitch_st,
        formants=mood.formants * speaker.formants,
    )
    clip = set_mood(reading, change, ACCENTS[recipe.text], rng)
    return resynthesise(clip, NEUTRAL_RMS_DB + mood.level_db, rng)


def make_all(folder: Path) -> None:
    """Write every clip and their list, with the times of their words."""
    folder.mkdir(parents=True, exist_ok=True)
    listing, transcriber = [], Transcriber()
    for recipe in tqdm(RECIPES, unit="clip"):
        path = folder / recipe.file
        soundfile.write(path, make_clip(recipe), SAMPLE_RATE, subtype="PCM_16")
        words = words_of(recipe.text, transcriber.transcribe(path).words)
        listing.append(vars(recipe) | {"words": [astuple(word) for word in words]})
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
