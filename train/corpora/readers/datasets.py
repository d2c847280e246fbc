"""Any audio data set in the form of Hugging Face's ``datasets``: of the hub, or in a folder.

Splits are the data set's own (``dev`` or ``valid`` will do), a column, or, where everything is one
split called ``train``, the speaker lists of the config. Sound is never decoded by the library:
bytes are kept as files below its cache (``HF_HOME``), by content, and read by ``audiotok.audio``
within its limits. Code that comes with a data set is never run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.kept_clips import keep
from train.corpora.readers.folder import listed
from train.corpora.records import SPLIT_NAMES, SPLITS, Record, package, split_named, split_of

logger = logging.getLogger(__name__)

# What columns are usually called, where the config does not say.
USUAL = {
    "audio": ("audio",),
    "text": ("text", "transcription", "transcript", "sentence"),
    "label": ("label", "labels"),
    "speaker": ("speaker", "speaker_id"),
    "split": ("split",),
}
CLIPS = "audiotok-clips"  # below the library's cache


def read(
    root: Path,
    splits: Mapping[str, Sequence[str]],
    *,
    path: str | None = None,
    name: str | None = None,
    revision: str | None = None,
    data_files: Any = None,
    columns: Mapping[str, str] | None = None,
    split_map: Mapping[str, str] | None = None,
    streaming: bool = False,
    limit: int | None = None,
    text_alone: bool = False,
) -> Iterator[Record]:
    """Read the rows of all splits, training first, in the order of the data set.

    Parameters
    ----------
    root : a folder or file of the data set; where there is neither, ``path`` is of the hub.
    path, name, revision, data_files, streaming : as ``datasets.load_dataset`` takes them.
    columns : names of the columns with ``audio``, ``text``, ``label``, ``speaker`` and ``split``,
        where unusual. Audio is found by its type, too; labels are names, class labels or numbers,
        one or a list of them.
    split_map : from the data set's splits to ours, such as ``train.clean.100`` to ``train``;
        others are not read.
    limit : maximum number of rows of each split.
    text_alone : audio is not stored.

    Raises
    ------
    DataError
        When it cannot be loaded, would run code, lacks a column or a split that the config names,
        or has a split of an unknown name.
    """
    source = _Source(path if path and not root.exists() else str(root), root)
    rows_of = source.load(name, revision, data_files, streaming)
    corpus = root.stem if root.is_file() else root.name
    for split, (said, rows) in _chosen(rows_of, split_map or {}, source.name).items():
        table = _Table.of(rows, columns or {}, f"The split '{split}' of '{source.name}'")
        table = table.without_audio() if text_alone else table
        for number, row in enumerate(source.guarded(islice(table.bare, limit))):
            where = f"Row {number} of the split '{split}' of '{source.name}'"
            speaker = table.text(row, "speaker")
            yield Record(
                id=f"{split}/{number}",
                audio=source.parts(row[table.columns["audio"]], where)
                if "audio" in table.columns
                else (),
                text=table.text(row, "text"),
                labels=table.labels(row),
                speaker=speaker,
                split=split_named(table.text(row, "split"), where)
                or said
                or split_of(speaker, splits),
                corpus=f"{corpus}-{name}" if name else corpus,
            )


def _chosen(
    rows_of: Mapping[str, Any], split_map: Mapping[str, str], source: str
) -> dict[str, tuple[str, Any]]:
    """Return the splits to read by our names; the name is empty for a single split ``train``."""
    there = ", ".join(rows_of)
    if split_map:
        if missing := [split for split in split_map if split not in rows_of]:
            raise DataError(
                f"'{source}' has no split '{missing[0]}'; it has {there}, so correct 'split_map'."
            )
        return {split: (ours, rows_of[split]) for split, ours in split_map.items()}
    if list(rows_of) == ["train"]:
        return {"train": ("", rows_of["train"])}
    for split in rows_of:
        if split.casefold() not in SPLIT_NAMES:
            raise DataError(
                f"'{source}' has the splits {there}; say with 'split_map' in the config which are "
                f"{', '.join(SPLITS)}."
            )
    ours = {split: SPLIT_NAMES[split.casefold()] for split in rows_of}
    in_order = sorted(rows_of, key=lambda split: (SPLITS.index(ours[split]), split))
    return {split: (ours[split], rows_of[split]) for split in in_order}


@dataclass(frozen=True)
class _Source:
    """Source of a data set.

    Attributes
    ----------
    name : for error messages: the hub's id, or the local path.
    root : folder or file that it lies in, if it is local.
    """

    name: str
    root: Path

    def load(
        self, name: str | None, revision: str | None, data_files: Any, streaming: bool
    ) -> dict[str, Any]:
        """Load the data set, split by split."""
        library = package("datasets")
        where = self.name
        if self.root.is_file():
            where, data_files = str(self.root.parent.resolve()), data_files or self.root.name
        elif self.root.is_dir():
            where = str(self.root.resolve())  # not the name of one of the library's own loaders
        try:
            return dict(
                library.load_dataset(
                    where, name, data_files=data_files, revision=revision, streaming=streaming
                )
            )
        except Exception as error:  # nobody can list what readers of so many formats raise
            raise self._explained(error) from error

    def guarded(self, rows: Iterator[Any]) -> Iterator[Any]:
        """Yield the rows; errors of the library become a DataError of one sentence."""
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:  # as above; of a stream, the rows are only read here
                raise self._explained(error) from error
            yield row

    def parts(self, cell: Any, where: str) -> tuple[Part, ...]:
        """Return the clip of a cell, with bytes stored as a file; empty for an empty cell."""
        held = cell if isinstance(cell, Mapping) else {"path": cell}
        if isinstance(cell, bytes):
            held = {"bytes": cell}
        if (data := held.get("bytes")) is not None:
            return (Part(keep(data, self._cache() / CLIPS)),)
        if not (name := held.get("path")):
            return ()
        base = self.root.parent if self.root.is_file() else self.root
        path = base / str(name)
        allowed = (base, self._cache(), Path(package("huggingface_hub.constants").HF_HUB_CACHE))
        if not any(path.resolve().is_relative_to(folder.resolve()) for folder in allowed):
            raise DataError(f"{where} names '{name}'; a clip must lie in the data set.")
        return (Part(path),)

    def _cache(self) -> Path:
        return Path(package("datasets.config").HF_DATASETS_CACHE)

    def _explained(self, error: BaseException) -> DataError:
        while error.__cause__ is not None:  # the first cause says what a user can mend
            error = error.__cause__
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        if "scripts are no longer supported" in said:
            return DataError(
                f"'{self.name}' is loaded by code of its own, which is never run; convert it to "
                "Parquet, or say 'revision: refs/convert/parquet' if the hub has done so."
            )
        if "torchcodec" in said:
            return DataError(
                f"'{self.name}' holds audio files, not tables of them; read its folder with "
                "'reader: audiofolder', or convert it to Parquet."
            )
        return DataError(
            f"'{self.name}' cannot be read as a data set ({said}); check 'path', 'name', "
            "'revision' and 'data_files'."
        )


@dataclass(frozen=True)
class _Table:
    """One split with its columns by role.

    Attributes
    ----------
    rows : the library's rows; audio is not decoded.
    features : the library's types by column; None where a stream lacks them.
    columns : column names by role, without missing ones.
    """

    rows: Any
    features: Mapping[str, Any]
    columns: Mapping[str, str]

    @classmethod
    def of(cls, rows: Any, named: Mapping[str, str], where: str) -> _Table:
        """Return the table with its columns; DataError lists those there are if one is missing."""
        features = rows.features or {}
        present = list(rows.column_names or next(iter(rows), {}))
        there = f"it has {', '.join(present) or 'no columns'}"
        for role, column in named.items():
            if column not in present:
                raise DataError(f"{where} has no column '{column}' ('columns: {role}'); {there}.")
        sounds = [column for column in present if _holds_sound(features.get(column))]
        columns = dict(named)
        for role, usual in USUAL.items():
            found = [column for column in usual if column in present]
            found += sounds if role == "audio" else []
            if found and role not in columns:
                columns[role] = found[0]
        if "audio" not in named and "audio" not in present and len(sounds) > 1:
            raise DataError(
                f"{where} has the audio columns {', '.join(sounds)}; say with 'columns: audio' in "
                "the config which is meant."
            )
        if not {"audio", "text"} & set(columns):
            raise DataError(
                f"{where} has no column of audio or text; {there}, so name them under 'columns' "
                "in the config."
            )
        if "audio" not in columns:
            logger.warning("%s has no column of audio, so its words alone are read", where)
        return cls(rows, features, columns)

    def without_audio(self) -> _Table:
        """Return the table without its audio column."""
        columns = {role: column for role, column in self.columns.items() if role != "audio"}
        return _Table(self.rows, self.features, columns)

    @property
    def bare(self) -> Iterator[Mapping[str, Any]]:
        """Yield rows of the columns that are read, with audio as stored."""
        wanted = self.rows.select_columns(list(dict.fromkeys(self.columns.values())))
        sound = self.columns.get("audio")
        if sound and hasattr(self.features.get(sound), "decode"):
            wanted = wanted.cast_column(sound, package("datasets").Audio(decode=False))
        yield from wanted

    def text(self, row: Mapping[str, Any], role: str) -> str:
        """Return a cell as text, a class label by its name; empty where there is none."""
        if (column := self.columns.get(role)) is None:
            return ""
        return "|".join(_names(row[column], self.features.get(column)))

    def labels(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the labels of a row."""
        return listed(self.text(row, "label"))


def _holds_sound(feature: Any) -> bool:
    """Return whether a type is the library's audio, or a struct of bytes and path."""
    if type(feature).__name__ == "Audio":
        return True
    return isinstance(feature, Mapping) and set(feature) == {"bytes", "path"}


def _names(value: Any, feature: Any) -> list[str]:
    """Return the values of a cell, or of its list, as text; -1, an unknown label, is left out."""
    named = getattr(feature, "feature", feature)
    values = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
    if hasattr(named, "int2str"):
        return [named.int2str(one) for one in values if one >= 0]
    return [str(one) for one in values]
