"""Clips of speakers whom a model never met, for studies that look at one clip after the other."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, islice, zip_longest
from typing import TypeVar

import numpy as np

from audiotok.audio import SAMPLE_RATE, AudioSource
from audiotok.classifier import Classifier
from audiotok.errors import AudioError, DataError
from audiotok.prediction import Prediction
from train.bundles.task_data import TaskData
from train.corpora.records import Record
from train.encoding.codes import read_clip
from train.execution import processes
from train.method.training_examples import target_of

logger = logging.getLogger(__name__)

SEED = 0
Found = TypeVar("Found")


def sampled_clips(data: TaskData, n_clips: int) -> list[Record]:
    """Draw up to ``n_clips`` clips of each corpus's test speakers, as many of each as there are.

    Clips that are not part of the task are passed over. One that two corpora share, labelled in two
    ways, is taken once.

    Raises
    ------
    DataError
        When there is none.
    """
    rng = np.random.default_rng(SEED)
    found: dict[str, dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    seen = set()
    for _, record in data.records:
        is_wanted = record.split == "test" and record.audio and record.audio not in seen
        if is_wanted and target_of(record, data.config) is not None:
            seen.add(record.audio)
            found[record.corpus][record.speaker].append(record)
    chosen: list[Record] = []
    for speakers in found.values():
        shuffled = [[own[i] for i in rng.permutation(len(own))] for own in speakers.values()]
        in_turn = chain.from_iterable(zip_longest(*shuffled))
        chosen += islice((record for record in in_turn if record is not None), n_clips)
    if not chosen:
        raise DataError("No corpus of this config has a test clip with sound; add one.")
    return chosen


def of_each(
    classifier: Classifier,
    records: Sequence[Record],
    look: Callable[[Record, Prediction], Found],
    label: str,
) -> list[Found]:
    """Predict each clip with its words, attentions included, and return what ``look`` finds.

    Clips that the page would refuse are left out, and the log says which.

    Parameters
    ----------
    label : names the work in the progress bar.
    """

    def of_one(record: Record) -> Found | None:
        try:
            prediction = classifier.predict(source_of(record), record.text, attentions=True)
        except AudioError as error:
            logger.warning("left out: %s/%s (%s)", record.corpus, record.id, error)
            return None
        return look(record, prediction)

    every = processes.share(records, of_one, label)
    return [found for found in every if found is not None]


def source_of(record: Record) -> AudioSource:
    """Return a clip's file, or its waveform where it is not one whole file."""
    part, *others = record.audio
    is_whole = not others and part.start_s == 0 and part.end_s is None and not part.first_channel
    return part.path if is_whole else (SAMPLE_RATE, read_clip(record.audio))
