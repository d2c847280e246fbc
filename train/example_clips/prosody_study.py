"""Measure the prosody of acted readings that listeners agreed on.

``python -m train.example_clips.prosody_study FOLDER`` (CREMA-D) chooses by the listeners' votes
alone, before any model is asked: of each sentence of ``recipes.CAST`` and each mood the clip of a
training actor that most listeners heard as it was meant, if at least four in five did and at least
eight listened. It writes ``prosody.json``, figures that the example clips are made from.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from audiotok.audio import read_audio
from audiotok.cli import Parser, run
from train.corpora.readers.crema_d import RatedClip, rated_clips
from train.example_clips.flite import speak
from train.example_clips.prosody import measure
from train.example_clips.recipes import CAST, MEASURED, SPEAKERS
from train.example_clips.vocoder import Voice, analyse

MOODS = ("neutral", "happiness", "sadness", "anger", "fear", "disgust")
MIN_SHARE, MIN_LISTENERS = 0.8, 8
LAST_TRAINING_ACTOR = "1062"  # of train/configs/emotion.yaml

Chosen = dict[tuple[str, str], RatedClip]


def chosen(clips: Iterable[RatedClip]) -> Chosen:
    """Return the clip that most listeners heard as meant, by sentence and mood."""
    best: Chosen = {}
    for clip in clips:
        key = clip.text, clip.meant
        if agreement(clip) >= (MIN_SHARE, 0) and sum(clip.votes.values()) >= MIN_LISTENERS:
            best[key] = max(clip, best.get(key, clip), key=agreement)
    return best


def agreement(clip: RatedClip) -> tuple[float, int]:
    """Return what clips are chosen by: share of listeners who heard what was meant, and votes."""
    n_listeners = sum(clip.votes.values())
    return clip.votes[clip.meant] / n_listeners, n_listeners


def study(root: Path, out: Path) -> None:
    """Choose, measure and write the prosodies for a folder with CREMA-D."""
    clips = [clip for clip in rated_clips(root) if clip.speaker <= LAST_TRAINING_ACTOR]
    plain = {(clip.speaker, clip.text): clip for clip in clips if clip.meant == "neutral"}
    best = chosen(clip for clip in clips if (clip.speaker, clip.text) in plain)
    found = []
    for text, voice in tqdm(CAST.items(), unit="sentence"):
        read = analyse(speak(text, SPEAKERS[voice]).samples)
        for mood in MOODS:
            if (clip := best.get((text, mood))) is None:
                continue
            prosody = measure(read, _voice(clip), _voice(plain[clip.speaker, text]))
            votes, listeners = clip.votes[mood], sum(clip.votes.values())
            entry = {"text": text, "mood": mood, "clip": clip.path.stem, "votes": votes}
            found.append(entry | {"listeners": listeners, "prosody": asdict(prosody)})
    lines = ",\n".join(json.dumps(entry) for entry in found)
    out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _voice(clip: RatedClip) -> Voice:
    return analyse(read_audio(clip.path).samples)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study; returns the exit code: 0, or 2 with one sentence on stderr."""
    parser = Parser(
        prog="python -m train.example_clips.prosody_study",
        description="Measure the prosody of acted readings that listeners agreed on.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where CREMA-D is")
    parser.add_argument("--out", type=Path, default=MEASURED, help="file to write")
    parser.set_defaults(command=lambda options: study(options.folder, options.out))
    return run(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
