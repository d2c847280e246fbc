"""Settings of the corpora that a config reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from train.settings.base import Strict

OtherSpeakers = Literal["refuse", "train", "leave_out"]
SplitName = Literal["train", "validation", "test"]


class ColumnsConfig(Strict):
    """Column names of a data set by role; null where they have their usual name."""

    audio: str | None = None
    text: str | None = None
    label: str | None = None
    speaker: str | None = None
    split: str | None = None


class DatasetConfig(Strict):
    """Settings of ``reader: datasets`` alone, most of them as in ``datasets.load_dataset``.

    Attributes
    ----------
    path : folder or file, below ``data_dir`` or absolute; where there is none, id on the hub.
    name : configuration of the data set, such as a language.
    revision : branch, tag or commit on the hub.
    data_files : which files, by patterns; for each split, if it is a mapping.
    split_map : which of the data set's splits are read, and as what; null for all.
    streaming : read row by row, without a copy of the whole on disk.
    """

    path: str | None = Field(None, min_length=1)
    name: str | None = None
    revision: str | None = None
    data_files: str | list[str] | dict[str, str | list[str]] | None = None
    columns: ColumnsConfig = ColumnsConfig()
    split_map: dict[str, SplitName] | None = None
    streaming: bool = False

    @property
    def dataset_choices(self) -> dict[str, Any]:
        """Return those settings that the config gives."""
        said = self.model_dump(include=set(DatasetConfig.model_fields), exclude_none=True)
        return {key: value for key, value in said.items() if value}


class CorpusConfig(DatasetConfig):
    """One corpus: its reader, its folder below ``data_dir``, its validation and test speakers.

    Attributes
    ----------
    root : its folder below ``data_dir``; where ``path`` is given, that by default.
    words_carry_no_label : the sentences are lexically neutral, so only the voice carries the
        labels.
    task : which of the corpus's tasks, where it has several.
    limit : maximum number of records; of a data set, in each split.
    trust_pickle : open pickles, which can run code.
    allow_shared_speakers : allow a speaker in two splits.
    skip_incomplete : leave out records that lack their clip or transcript.
    first_channel : read the first channel of a clip, as the published code does, not the mean.
    license : its licence, by the hub's name, such as ``cc-by-4.0``, where the reader does not know
        it; the card of what learned from it says so.
    clips : file that lists the only clips to read, one ``<corpus>/<id>`` a line.
    other_speakers : where ``splits`` list speakers, whether others are refused, train as well, or
        are left out; null refuses them in RAVDESS and nEMO, and trains on them elsewhere.
    """

    reader: str
    root: Path
    splits: dict[str, list[str]] = {}
    words_carry_no_label: bool = False
    task: str | None = None
    limit: int | None = Field(None, ge=1)
    trust_pickle: bool = False
    allow_shared_speakers: bool = False
    skip_incomplete: bool = False
    first_channel: bool = False
    license: str | None = Field(None, min_length=1, max_length=200, pattern=r"^[^\n\r]+$")
    clips: Path | None = None
    other_speakers: OtherSpeakers | None = None

    @model_validator(mode="before")
    @classmethod
    def _path_is_root(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("path") and "root" not in given:
            return {**given, "root": given["path"]}
        return given

    @property
    def choices(self) -> dict[str, Any]:
        """Return the arguments of ``read_corpus`` besides reader, folder and splits."""
        given = {"task": self.task, "limit": self.limit}
        said = {name: value for name, value in given.items() if value is not None}
        return (
            self.dataset_choices
            | said
            | {
                "trust_pickle": self.trust_pickle,
                "allow_shared_speakers": self.allow_shared_speakers,
                "skip_incomplete": self.skip_incomplete,
                "first_channel": self.first_channel,
                "clips": self.clips,
                "other_speakers": self.other_speakers,
            }
        )


class CorporaConfig(BaseModel):
    """The corpora of any config; other keys are ignored."""

    data_dir: Path
    corpora: list[CorpusConfig]
