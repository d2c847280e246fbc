"""MM-USED-fallacy: fallacies in US presidential debates, with official splits.

Mancini et al. 2024, and MM-ArgFallacy 2025; research use. Two tasks:

- ``afc``, which fallacy a snippet is: ``appeal_to_emotion``, ``appeal_to_authority``,
  ``ad_hominem``, ``false_cause``, ``slippery_slope``, ``slogans``;
- ``afd``, whether a sentence is one: ``none``, ``fallacy``.

Read is ``dataset_combined_<task>.csv``, the table of the method's authors (``split, index, text,
audio_path_list, label``; paths are relative to it, those of a snippet that spans several clips
joined with ``|``). Where there is none, and only on request, read is MAMKit's
``MMUSED-fallacy/dataset.pkl``. That has no official validation split: ``splits`` of the config may
name debates for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audiotok.errors import DataError
from audiotok.table import read_table
from train.corpora.audio_parts import Part
from train.corpora.readers.folder import listed
from train.corpora.readers.mamkit import clips, read_pickle
from train.corpora.records import Record, official_splits, split_of, task_among

NAME = "MM-USED-fallacy"
logger = logging.getLogger(__name__)

LABELS = {
    "afc": (
        "appeal_to_emotion",
        "appeal_to_authority",
        "ad_hominem",
        "false_cause",
        "slippery_slope",
        "slogans",
    ),
    "afd": ("none", "fallacy"),
}
MAMKIT_LABELS = dict(
    zip(
        (
            "AppealtoEmotion",
            "AppealtoAuthority",
            "AdHominem",
            "FalseCause",
            "Slipperyslope",
            "Slogans",
        ),
        LABELS["afc"],
        strict=True,
    )
)
SPLITS = {"train": "train", "val": "validation", "test": "test"}
TEST_DEBATES = ["47_2024", "48_2024"]
COLUMNS = ("split", "index", "text", "audio_path_list", "label")
PICKLED = (
    "dialogue_id",
    "snippet",
    "snippet_indexes",
    "snippet_sentences",
    "dialogue_indexes",
    "dialogue_sentences",
    "fallacy",
)


def read(
    root: Path,
    splits: Mapping[str, Sequence[str]],
    *,
    task: str = "",
    trust_pickle: bool = False,
    skip_incomplete: bool = False,
    text_alone: bool = False,
) -> Iterator[Record]:
    """Read the table of a task, or, where there is none, the pickle of both.

    Parameters
    ----------
    skip_incomplete : leave out rows of a table without a clip, and log how many.
    text_alone : clips are not read, so rows may lack them.
    """
    task_among(task, LABELS, NAME)
    table = root / f"dataset_combined_{task}.csv"
    if table.is_file():
        official_splits(NAME, splits)
        found = _read_table(table, LABELS[task], may_lack_clips=text_alone or skip_incomplete)
        yield from found if text_alone else _with_a_clip(found)
        return
    folder = root / "MMUSED-fallacy"
    if not folder.is_dir():
        raise DataError(
            f"Neither '{table.name}' nor 'MMUSED-fallacy' lies in '{root}', so this is no folder "
            f"of {NAME}; check 'reader' and 'root'."
        )
    rows = list(read_pickle(folder, PICKLED, NAME, trust_pickle=trust_pickle))
    find = _snippets if task == "afc" else _sentences
    yield from find(rows, folder, {"test": TEST_DEBATES, **splits}, text_alone)


def _with_a_clip(records: Iterable[Record]) -> Iterator[Record]:
    n_skipped = 0
    for record in records:
        if record.audio:
            yield record
        else:
            n_skipped += 1
    if n_skipped:
        logger.warning("left out: %d rows of %s that name no clip", n_skipped, NAME)


def _read_table(table: Path, labels: Sequence[str], *, may_lack_clips: bool) -> Iterator[Record]:
    numbers = [str(number) for number in range(len(labels))]
    for row in read_table(table, COLUMNS):
        where = f"Line {row.line} of '{table}'"
        if row["split"] not in SPLITS:
            raise DataError(f"{where} has the split '{row['split']}', not {', '.join(SPLITS)}.")
        if row["label"] not in numbers:
            raise DataError(f"{where} has the label '{row['label']}', not {', '.join(numbers)}.")
        audio = tuple(Part(table.parent / path) for path in listed(row["audio_path_list"]))
        if not (audio or may_lack_clips) or not row["text"].strip():
            raise DataError(f"{where} lacks its clip or its text; complete or remove it.")
        yield Record(
            id=f"{row['split']}-{row['index']}",
            audio=audio,
            text=row["text"],
            labels=(labels[int(row["label"])],),
            speaker="",
            split=SPLITS[row["split"]],
            corpus="mmused_fallacy",
            source=audio[0].path.parent.name if audio else "",
        )


def _snippets(
    rows: Iterable[Mapping[str, Any]],
    folder: Path,
    splits: Mapping[str, Sequence[str]],
    text_alone: bool,
) -> Iterator[Record]:
    for row in rows:
        if row["fallacy"] not in MAMKIT_LABELS:
            raise DataError(
                f"A snippet of {row['dialogue_id']} in '{folder}' has the label "
                f"'{row['fallacy']}', not {', '.join(MAMKIT_LABELS)}; get a labelled release."
            )
        label = MAMKIT_LABELS[row["fallacy"]]
        yield _record(
            folder, row, row["snippet_indexes"], row["snippet"], label, splits, text_alone
        )


def _sentences(
    rows: Iterable[Mapping[str, Any]],
    folder: Path,
    splits: Mapping[str, Sequence[str]],
    text_alone: bool,
) -> Iterator[Record]:
    """Yield a snippet's sentences: ``fallacy`` within one, ``none`` in the dialogue around."""
    found: dict[tuple[str, int], tuple[Mapping[str, Any], str, str]] = {}
    for label, of in (("fallacy", "snippet"), ("none", "dialogue")):
        for row in rows:
            for index, text in zip(row[f"{of}_indexes"], row[f"{of}_sentences"], strict=True):
                found.setdefault((str(row["dialogue_id"]), int(index)), (row, text, label))
    for (_, index), (row, text, label) in sorted(found.items(), key=lambda item: item[0]):
        yield _record(folder, row, [index], text, label, splits, text_alone)


def _record(
    folder: Path,
    row: Mapping[str, Any],
    indices: Sequence[int],
    text: str,
    label: str,
    splits: Mapping[str, Sequence[str]],
    text_alone: bool,
) -> Record:
    debate = str(row["dialogue_id"])
    name = f"{debate}-{'-'.join(map(str, indices)) or text}"
    if not (len(indices) or text_alone) or not text.strip():
        raise DataError(f"'{name}' in '{folder}' lacks its clip or its text; remove it.")
    return Record(
        id=name,
        audio=clips(folder, debate, indices),
        text=text,
        labels=(label,),
        speaker="",
        split=split_of(debate, splits),
        corpus="mmused_fallacy",
        source=debate,
    )
