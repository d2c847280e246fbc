"""The free speech synthesiser flite: how it reads a text, and when it says each word."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from audiotok.audio import Recording, read_audio
from audiotok.errors import DataError
from audiotok.words import Word

SLOWNESS = 1.1  # factor of flite's durations; it speaks fast
PAUSE = "pau"
END = re.compile(r"(\S+):([\d.]+)")


def speak(text: str, voice: str) -> Recording:
    """Let flite read ``text``, a little slower than its habit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        _flite(voice, "-t", text, "-o", str(path))
        return read_audio(path)


def words_of_speech(text: str, voice: str) -> tuple[Word, ...]:
    """Return when each word of ``text`` is said in what ``speak`` gives.

    flite tells the end of each sound. Words, which spaces part, have as many sounds in a sentence
    as alone.

    Raises
    ------
    DataError
        When a sentence has more or fewer sounds than its words.
    """
    ends = [(name, float(end)) for name, end in END.findall(_flite(voice, "-psdur", "-t", text))]
    sounds = [
        (start, end)
        for (_, start), (name, end) in zip([("", 0.0), *ends], ends, strict=False)
        if name != PAUSE
    ]
    words, place = [], 0
    for word in text.split():
        n_sounds = len([s for s in _flite(voice, "-ps", "-t", word).split() if s != PAUSE])
        said = sounds[place : place + n_sounds]
        if len(said) < n_sounds:
            break
        words.append(Word(word, said[0][0], said[-1][1]))
        place += n_sounds
    if place != len(sounds) or len(words) != len(text.split()):
        raise DataError(f"flite says other sounds in '{text}' than in its words alone.")
    return tuple(words)


def _flite(voice: str, *options: str) -> str:
    if shutil.which("flite") is None:
        raise DataError("The speech synthesiser is missing: apt-get install flite")
    command = ["flite", "-voice", voice, "--setf", f"duration_stretch={SLOWNESS}", *options]
    if "-o" not in options:
        command.append("none")  # no sound
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
