"""Make the example clips: free synthetic voices, given measured prosody by a vocoder.

``python -m train.example_clips.make`` writes every clip and ``examples.json`` again, as
``recipes.py`` says. It needs the program ``flite`` and the package ``pyworld``. No recording of a
corpus goes in, only the figures of ``prosody.json``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import astuple
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
from train.example_clips.prosody import mean_level_db, monotonous, with_prosody
from train.example_clips.recipes import SPEAKERS, Recipe, recipes
from train.example_clips.vocoder import analyse, resynthesise

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
    read = analyse(speak(recipe.text, SPEAKERS[recipe.voice]).samples)
    made = monotonous(read) if recipe.prosody is None else with_prosody(recipe.prosody, read)
    louder_db = mean_level_db(made.speech) - mean_level_db(read.speech)
    return resynthesise(made, NEUTRAL_RMS_DB + louder_db, rng)


def make_all(folder: Path) -> None:
    """Write every clip and their list, with the times of their words; other clips go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.flac"):
        old.unlink()
    listing, transcriber = [], Transcriber()
    for recipe in tqdm(recipes(), unit="clip"):
        path = folder / recipe.file
        soundfile.write(path, make_clip(recipe), SAMPLE_RATE, subtype="PCM_16")
        words = words_of(recipe.text, transcriber.transcribe(path).words)
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
