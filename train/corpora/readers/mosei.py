"""CMU-MOSEI: what people say to their camera, with sentiment and emotions, in standard folds.

Zadeh et al. 2018, the raw distribution. Below its folder lie

- ``CMU_MOSEI_Labels.csd`` (HDF5): ``All Labels/data/<video>/features``, shape ``(n_segments, 7)``,
  sentiment -3 to 3, then happy, sad, anger, surprise, disgust, fear 0 to 3; and ``…/intervals``,
  start and end in seconds;
- ``Raw/Transcript/Segmented/Combined/<video>.txt``, a segment a line: video, number, start, end and
  text, joined with ``___``;
- ``Raw/Audio/Full/WAV_16000/<video>.wav``, whole videos, of which only intervals are read;
- ``standard_folds.json``, the videos of ``train``, ``valid`` and ``test``, or the module of the
  corpus's SDK that lists them, ``cmu_mosei_std_folds.py``. Others are left out.

Two tasks: ``sent`` (``negative``, ``positive``; a sentiment of 0 is left out) and ``emo`` (each of
six emotions that is above 0; none is neutral).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.readers.mosei_folds import NAME, read_folds
from train.corpora.records import Record, needed, official_splits, package, task_among

logger = logging.getLogger(__name__)

TASKS = ("sent", "emo")
EMOTIONS = ("happiness", "sadness", "anger", "surprise", "disgust", "fear")  # as in the file
TOLERANCE_S = 0.05  # between the times of labels and those of transcripts

Interval = tuple[float, float]
Segments = list[tuple[Interval, list[float]]]


def read(
    root: Path,
    splits: Mapping[str, Sequence[str]],
    *,
    task: str = "",
    skip_incomplete: bool = False,
    text_alone: bool = False,
) -> Iterator[Record]:
    """Read the labelled segments, video by video in the order of the folds.

    Segments whose labels of the task are no numbers are left out, with a warning that counts them.

    Parameters
    ----------
    skip_incomplete : leave out segments without a transcript, and log how many.
    text_alone : clips are not read, so recordings may be missing.
    """
    task_among(task, TASKS, NAME)
    official_splits(NAME, splits)
    labels_file = needed(root / "CMU_MOSEI_Labels.csd", NAME)
    transcripts = needed(root / "Raw" / "Transcript" / "Segmented" / "Combined", NAME)
    recordings = root / "Raw" / "Audio" / "Full" / "WAV_16000"
    if not text_alone:
        needed(recordings, NAME)
    n_skipped = n_unlabelled = 0
    for video, split, segments in _labelled_videos(labels_file, read_folds(root)):
        transcript = transcripts / f"{video}.txt"
        words = _transcript(transcript, skip_missing=skip_incomplete)
        for number, (interval, features) in enumerate(segments):
            # Each task reads labels of its own: the sentiment, or the six emotions.
            if not all(map(math.isfinite, features[:1] if task == "sent" else features[1:])):
                n_unlabelled += 1
                continue
            labels = _labels(task, features)
            if labels is None:
                continue
            text = _words_within(words, interval)
            if not text:
                if not skip_incomplete:
                    raise DataError(
                        f"'{transcript}' has no words from {interval[0]:.2f} to "
                        f"{interval[1]:.2f} s; leave such segments out with "
                        "'skip_incomplete: true' in the config."
                    )
                n_skipped += 1
                continue
            start, end = interval
            yield Record(
                id=f"{video}-{number}",
                # Some intervals begin a little before their recording does.
                audio=(Part(recordings / f"{video}.wav", max(0.0, start), end),),
                text=text,
                labels=labels,
                speaker="",
                split=split,
                corpus="mosei",
                source=video,
            )
    if n_skipped:
        logger.warning("left out: %d segments of %s without a transcript", n_skipped, NAME)
    if n_unlabelled:
        logger.warning("left out: %d segments of %s without all labels", n_unlabelled, NAME)


def _labels(task: str, features: Sequence[float]) -> tuple[str, ...] | None:
    """Return a segment's labels from its seven scores; None where it is not part of the task."""
    sentiment, *emotions = features
    if task == "emo":
        return tuple(n for n, value in zip(EMOTIONS, emotions, strict=True) if value > 0)
    return None if sentiment == 0 else ("positive" if sentiment > 0 else "negative",)


def _labelled_videos(path: Path, folds: Mapping[str, str]) -> list[tuple[str, str, Segments]]:
    """Return video, split and, for each segment, its interval and seven scores."""
    h5py = package("h5py")
    try:
        with h5py.File(path) as file:
            data = file["All Labels/data"]
            if unlisted := sorted(set(data) - set(folds)):
                logger.warning(
                    "left out: %d videos of %s in no fold, such as '%s'",
                    len(unlisted),
                    NAME,
                    unlisted[0],
                )
            return [
                (video, split, _segments(data[video]))
                for video, split in folds.items()
                if video in data
            ]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"'{path}' is not the label file of {NAME}; get it again.") from error


def _segments(group: Any) -> Segments:
    intervals, features = group["intervals"][()], group["features"][()]
    if features.shape[1:] != (1 + len(EMOTIONS),):
        raise ValueError(f"features of shape {features.shape}")
    return [
        ((float(start), float(end)), [float(value) for value in row])
        for (start, end), row in zip(intervals, features, strict=True)
    ]


def _transcript(path: Path, *, skip_missing: bool) -> list[tuple[Interval, str]]:
    """Return the intervals of a transcript with their words."""
    if not path.is_file():
        if skip_missing:
            return []
        raise DataError(
            f"The transcript '{path}' is missing; put it there, or leave such segments out with "
            "'skip_incomplete: true' in the config."
        )
    found = []
    try:
        # At "\n" alone: words may hold other characters at which Python's splitlines parts too.
        for line in path.read_text(encoding="utf-8-sig").split("\n"):
            if line.strip():
                _, _, start, end, text = line.split("___", maxsplit=4)
                found.append(((float(start), float(end)), text.strip()))
    except UnicodeDecodeError as error:
        raise DataError(f"The transcript '{path}' is not UTF-8 text; convert it.") from error
    except ValueError as error:
        raise DataError(
            f"Line {len(found) + 1} of '{path}' is not 'video___number___start___end___text'."
        ) from error
    return found


def _words_within(words: Sequence[tuple[Interval, str]], interval: Interval) -> str:
    """Return the words of an interval, matched by time, as labels number segments differently."""
    for (start, end), text in words:
        if max(abs(start - interval[0]), abs(end - interval[1])) <= TOLERANCE_S:
            return text
    return ""
