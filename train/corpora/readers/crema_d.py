"""CREMA-D: acted English speech of 91 actors, neutral sentences in five emotions and neutral.

Cao et al. 2014, ODbL 1.0. About nine listeners a clip said what they heard in the sound alone. As
it is published, ``AudioWAV`` has the clips and ``processedResults/tabulatedVotes.csv`` the votes; a
part of it in folders of its own has ``metadata.tsv`` instead, with file, speaker, text, emotion and
``votes_<emotion>``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiotok.errors import DataError
from audiotok.table import read_table
from train.corpora.audio_parts import Part
from train.corpora.records import Record, split_of, task_among

TABLE, VOTES, CLIPS = "metadata.tsv", "processedResults/tabulatedVotes.csv", "AudioWAV"
TASKS = ("heard", "meant")
EMOTIONS = {
    "A": "anger",
    "D": "disgust",
    "F": "fear",
    "H": "happiness",
    "N": "neutral",
    "S": "sadness",
}
ACTED = {"ANG": "A", "DIS": "D", "FEA": "F", "HAP": "H", "NEU": "N", "SAD": "S"}
SOUND_ALONE = "1"  # first digit of the row names of such votes; 2 for the face, 3 for both
SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}


@dataclass(frozen=True)
class RatedClip:
    """A clip, what its actor was asked for, and how many listeners heard what in the sound."""

    path: Path
    speaker: str
    text: str
    meant: str
    votes: dict[str, int]


def read(root: Path, splits: Mapping[str, Sequence[str]], *, task: str = "heard") -> list[Record]:
    """Read the clips with votes on the sound alone, in either layout.

    Parameters
    ----------
    task : ``heard`` labels a clip with the emotion of most votes, leaves out clips on whose first
        place listeners are divided, and gives the shares of the votes; ``meant`` labels it with
        the emotion that the actor was asked for.

    Raises
    ------
    DataError
        When neither layout is there, or votes, names or emotions are not the corpus's.
    """
    task_among(task, TASKS, "crema_d")
    found = []
    for clip in rated_clips(root):
        record = Record(
            id=clip.path.stem,
            audio=(Part(clip.path),),
            text=clip.text,
            labels=(clip.meant,),
            speaker=clip.speaker,
            split=split_of(clip.speaker, splits),
            corpus=f"crema_d_{task}",
        )
        if task == "meant":
            found.append(record)
        elif label := _most_heard(clip.votes):
            found.append(record.with_votes(label, clip.votes))
    return found


def _most_heard(votes: Mapping[str, int]) -> str:
    """Return the emotion of most votes; empty where two have as many."""
    most = max(votes.values())
    first = [emotion for emotion, n in votes.items() if n == most]
    return first[0] if len(first) == 1 else ""


def rated_clips(root: Path) -> Iterator[RatedClip]:
    """Yield all clips with votes on the sound alone; DataError as ``read`` raises it."""
    if (root / TABLE).is_file():
        yield from _listed(root)
    elif (root / VOTES).is_file():
        yield from _published(root)
    else:
        raise DataError(
            f"Neither '{TABLE}' nor '{VOTES}' lies in '{root}', so this is no folder of CREMA-D; "
            "check 'reader' and 'root'."
        )


def _listed(root: Path) -> Iterator[RatedClip]:
    columns = ("file", "speaker", "text", "emotion", *(f"votes_{e}" for e in EMOTIONS.values()))
    for row in read_table(root / TABLE, columns, delimiter="\t", quoted=False):
        file = row["file"].strip()
        counts = {emotion: row[f"votes_{emotion}"] for emotion in EMOTIONS.values()}
        if row["emotion"] not in counts:
            raise DataError(f"'{file}' in '{TABLE}' has the unknown emotion '{row['emotion']}'.")
        yield RatedClip(
            root / file, row["speaker"].strip(), row["text"], row["emotion"], _numbers(counts, file)
        )


def _published(root: Path) -> Iterator[RatedClip]:
    # Its first column, which says what was judged, has no name.
    text = (root / VOTES).read_text(encoding="utf-8-sig")
    for row in csv.DictReader(text.splitlines(), strict=True):
        if {"", *EMOTIONS, "fileName"} - row.keys():
            raise DataError(f"'{VOTES}' in '{root}' lacks columns of CREMA-D's; get it again.")
        if not row[""].startswith(SOUND_ALONE):
            continue
        name = row["fileName"]
        parts = [*str(name).split("_"), "", "", ""]
        speaker, sentence, acted = parts[:3]
        if sentence not in SENTENCES or acted not in ACTED:
            raise DataError(f"'{name}' in '{VOTES}' is no clip of CREMA-D.")
        counts = {emotion: row[letter] for letter, emotion in EMOTIONS.items()}
        yield RatedClip(
            root / CLIPS / f"{name}.wav",
            speaker,
            SENTENCES[sentence],
            EMOTIONS[ACTED[acted]],
            _numbers(counts, name),
        )


def _numbers(counts: Mapping[str, str], name: str) -> dict[str, int]:
    """Return votes as numbers; DataError where they are none, or nobody voted."""
    try:
        votes = {emotion: int(count) for emotion, count in counts.items()}
    except (TypeError, ValueError) as error:
        raise DataError(f"A vote on '{name}' is no whole number; correct it.") from error
    if min(votes.values()) < 0 or not sum(votes.values()):
        raise DataError(f"The votes on '{name}' are {list(votes.values())}; correct them.")
    return votes
