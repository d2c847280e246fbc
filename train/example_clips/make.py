"""Synthesise the example clips: flite voices with prosody changed by a vocoder.

<<<<<<< HEAD
``python -m train.example_clips.make`` writes every clip and ``examples.json`` again, as
``recipes.py`` says. It needs the program ``flite`` and the package ``pyworld``. No recording of a
corpus goes in.
=======
``python -m train.example_clips.make`` writes every clip and ``examples.json`` again. It needs the
program ``flite`` and the package ``pyworld``. No recording of a corpus goes in; the parameters of
the moods follow the measurements of ``python -m train.example_clips.mood_study``.
>>>>>>> docstrings
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from audiotok.assets import EXAMPLES
from audiotok.audio import SAMPLE_RATE, Recording, Samples, read_audio
from audiotok.cli import Parser, run
from audiotok.errors import DataError
from train.example_clips.recipes import ACCENTS, MOODS, RECIPES, SPEAKERS, Recipe
from train.example_clips.resynthesis import analyse, resynthesise, set_mood

NEUTRAL_RMS_DB = -27.0
SLOWNESS = 1.1  # factor of flite's durations; it speaks fast

<<<<<<< HEAD
=======
MOODS = {
    "neutral": Mood(accent_st=1.5),
    "happiness": Mood(
        pitch_st=2.5,
        accent_st=5.0,
        pitch_slope=0.5,
        duration=1.05,
        level_db=7.0,
        level_end_db=2.5,
        bands_db=(-2.2, 0.0, 3.5, 4.4, 4.6, 5.7, 5.3, 3.1, -0.5),
        breath_db=-2.2,
        jitter_st=0.05,
        formants=1.03,
    ),
    "sadness": Mood(
        pitch_st=0.5,
        pitch_range=0.7,
        accent_st=0.5,
        pitch_slope=2.0,
        pitch_end=1.0,
        duration=1.2,
        level_db=-4.0,
        level_range=1.15,
        bands_db=(0.8, -0.5, -1.5, -0.8, -1.7, -2.0, -0.5, 0.6, 0.0),
        breath_db=4.0,
        jitter_st=0.1,
        tremor_st=0.15,
        formants=0.98,
    ),
    "anger": Mood(
        pitch_st=7.0,
        accent_st=6.0,
        pitch_slope=2.0,
        pitch_end=2.5,
        duration=1.18,
        level_db=11.0,
        level_range=1.1,
        level_end_db=4.0,
        bands_db=(-4.8, -1.2, 5.0, 5.7, 2.3, 6.1, 7.6, 6.0, 5.0),
        breath_db=-2.5,
        jitter_st=0.25,
    ),
    "fear": Mood(
        pitch_st=9.5,
        pitch_range=0.8,
        accent_st=2.0,
        pitch_slope=3.0,
        pitch_end=1.5,
        level_db=8.0,
        bands_db=(-2.0, 0.4, 3.8, 3.9, 3.1, 4.3, 5.7, 5.1, 4.0),
        breath_db=-1.5,
        jitter_st=0.25,
        tremor_st=0.5,
    ),
    "flat": Mood(pitch_range=0.35, pitch_slope=0.5, level_range=0.9),
}


@dataclass(frozen=True)
class Speaker:
    """A flite voice, with the vocoder's shift of its pitch (semitones) and formants (factor)."""

    flite: str
    pitch_st: float = 0.0
    formants: float = 1.0


SPEAKERS = {
    "woman": Speaker("slt"),
    "low-voiced woman": Speaker("slt", pitch_st=-2.0, formants=0.93),
    "man": Speaker("rms"),
    "Scottish man": Speaker("awb"),
}

# Where each sentence has its accents (share of its length) and how strong they are.
ACCENTS = {
    "I will be there in ten minutes.": ((0.05, 0.6), (0.40, 0.5), (0.66, 1.0), (0.78, 0.8)),
    "The meeting has been moved to Tuesday.": ((0.12, 0.7), (0.57, 0.6), (0.82, 1.0)),
    "There is somebody at the door.": ((0.36, 0.9), (0.88, 1.0)),
    "I am so happy for you!": ((0.39, 0.8), (0.52, 1.0), (0.93, 0.5)),
    "I can't believe they lied to me again.": ((0.34, 0.7), (0.555, 1.0), (0.89, 0.8)),
}

TEN_MINUTES = "I will be there in ten minutes."
TUESDAY = "The meeting has been moved to Tuesday."
DOOR = "There is somebody at the door."
SO_HAPPY = "I am so happy for you!"
LIED = "I can't believe they lied to me again."


@dataclass(frozen=True)
class Recipe:
    """One clip: voice, text and mood, with a note for listeners.

    Attributes
    ----------
    strength : factor of the mood's difference from a neutral reading; 1 is that of actors.
    """

    file: str
    text: str
    mood: str
    voice: str
    note: str
    strength: float = 1.0


RECIPES = (
    Recipe(
        "minutes_low-woman_neutral.flac",
        TEN_MINUTES,
        "neutral",
        "low-voiced woman",
        "The plain reading that the next three clips are made from.",
    ),
    Recipe(
        "minutes_low-woman_happiness.flac",
        TEN_MINUTES,
        "happiness",
        "low-voiced woman",
        "Higher and livelier pitch, brighter and louder, a smile in the resonances.",
        strength=1.5,
    ),
    Recipe(
        "minutes_low-woman_sadness.flac",
        TEN_MINUTES,
        "sadness",
        "low-voiced woman",
        "Lower and softer, falling to its end: somebody would rather not come.",
        strength=1.35,
    ),
    Recipe(
        "minutes_low-woman_fear.flac",
        TEN_MINUTES,
        "fear",
        "low-voiced woman",
        "High, little melody, a tremor in the pitch.",
    ),
    Recipe(
        "minutes_scottish_anger.flac",
        TEN_MINUTES,
        "anger",
        "Scottish man",
        "Loud and pressed, strong high frequencies, every accent hit hard.",
        strength=1.7,
    ),
    Recipe(
        "tuesday_scottish_neutral.flac",
        TUESDAY,
        "neutral",
        "Scottish man",
        "Dull news, read as such.",
    ),
    Recipe(
        "tuesday_man_fear.flac",
        TUESDAY,
        "fear",
        "man",
        "Nothing was ready for Tuesday.",
        strength=0.7,
    ),
    Recipe(
        "tuesday_low-woman_happiness.flac",
        TUESDAY,
        "happiness",
        "low-voiced woman",
        "One more day to get ready!",
        strength=1.7,
    ),
    Recipe(
        "tuesday_low-woman_sadness.flac",
        TUESDAY,
        "sadness",
        "low-voiced woman",
        "Slow, soft and breathy, with hardly any melody.",
        strength=0.7,
    ),
    Recipe(
        "door_woman_neutral.flac",
        DOOR,
        "neutral",
        "woman",
        "A visitor, announced.",
    ),
    Recipe(
        "door_low-woman_sadness.flac",
        DOOR,
        "sadness",
        "low-voiced woman",
        "The same words, from somebody who had hoped to be left alone.",
        strength=1.35,
    ),
    Recipe(
        "door_scottish_anger.flac",
        DOOR,
        "anger",
        "Scottish man",
        "The same visitor, for the third time today.",
        strength=1.35,
    ),
    Recipe(
        "happy-for-you_man_flat.flac",
        SO_HAPPY,
        "flat",
        "man",
        "Joyful words from a voice that shares none of the joy.",
    ),
    Recipe(
        "happy-for-you_low-woman_sadness.flac",
        SO_HAPPY,
        "sadness",
        "low-voiced woman",
        "Joyful words, sadly: the voice speaks against them.",
    ),
    Recipe(
        "lied_woman_flat.flac",
        LIED,
        "flat",
        "woman",
        "Angry words in a voice without any anger.",
    ),
)

>>>>>>> docstrings

def speak(text: str, flite_voice: str) -> Recording:
    """Synthesise ``text`` with flite, a little slower than its default."""
    if shutil.which("flite") is None:
        raise DataError("The speech synthesiser is missing: apt-get install flite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", "-voice", flite_voice, "--setf", f"duration_stretch={SLOWNESS}"]
        subprocess.run([*command, "-t", text, "-o", str(path)], check=True, capture_output=True)
        return read_audio(path)


def make_clip(recipe: Recipe) -> Samples:
    """Synthesise one clip, float32 of shape ``(n_samples,)``, 16 kHz; deterministic."""
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
    """Write every clip and their list."""
    folder.mkdir(parents=True, exist_ok=True)
    for recipe in tqdm(RECIPES, unit="clip"):
        soundfile.write(folder / recipe.file, make_clip(recipe), SAMPLE_RATE, subtype="PCM_16")
    listing = [vars(recipe) for recipe in RECIPES]
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
