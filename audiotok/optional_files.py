"""The small JSON files that a bundle may have beside its weights, one entry a file in ``FILES``.

To add one: a module beside ``token_profiles.py`` with the file's name, its contents as a pydantic
model and ``require_fit``; an entry of ``FILES``; an attribute of ``bundle.Bundle``. Reading,
writing, checking, download and removal of leftovers follow from the entry.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from audiotok import embedding_map, faithfulness, size_scores, token_profiles
from audiotok.errors import BundleError
from audiotok.vocabulary import AudioVocabulary


@dataclass(frozen=True)
class OptionalFile:
    """One of these files.

    Attributes
    ----------
    attribute : of a ``Bundle``, which holds the contents, or None where the file is missing.
    name : of the file.
    contents : what it holds.
    require_fit : raises BundleError unless the contents are about an audio vocabulary.
    """

    attribute: str
    name: str
    contents: type[BaseModel]
    require_fit: Callable[[Any, AudioVocabulary], None]


FILES = (
    OptionalFile(
        "profiles",
        token_profiles.TOKEN_PROFILES,
        token_profiles.TokenProfiles,
        token_profiles.require_fit,
    ),
    OptionalFile("sizes", size_scores.SIZES, size_scores.SizeCurves, size_scores.require_fit),
    OptionalFile(
        "embedding_map",
        embedding_map.EMBEDDING_MAP,
        embedding_map.EmbeddingMap,
        embedding_map.require_fit,
    ),
    OptionalFile(
        "faithfulness",
        faithfulness.FAITHFULNESS,
        faithfulness.Faithfulness,
        faithfulness.require_fit,
    ),
)
NAMES = tuple(file.name for file in FILES)


def read_all(folder: Path) -> dict[str, Any]:
    """Read what a bundle's folder has of these files, by the bundle's attributes.

    Raises
    ------
    BundleError
        When one is malformed.
    """
    return {file.attribute: _read(file, folder) for file in FILES}


def write_all(bundle: object, folder: Path) -> None:
    """Write what a bundle has of these into its folder."""
    for file in FILES:
        if (contents := getattr(bundle, file.attribute)) is not None:
            write(contents, folder / file.name)


def remove_leftovers(bundle: object, folder: Path) -> None:
    """Remove those that a bundle lacks from its folder: they are about the one before."""
    for file in FILES:
        if getattr(bundle, file.attribute) is None:
            (folder / file.name).unlink(missing_ok=True)


def write(contents: BaseModel, path: Path) -> None:
    """Write the contents of one of these files."""
    path.write_text(contents.model_dump_json(indent=1) + "\n", encoding="utf-8")


def require_fit(bundle: object, vocabulary: AudioVocabulary) -> None:
    """Raise BundleError unless all that a bundle has of these is about its audio vocabulary."""
    for file in FILES:
        if (contents := getattr(bundle, file.attribute)) is not None:
            file.require_fit(contents, vocabulary)


def _read(file: OptionalFile, folder: Path) -> BaseModel | None:
    path = folder / file.name
    if not path.is_file():
        return None
    try:
        return file.contents.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleError(f"'{file.name}' is wrong at '{where}': {first['msg']}.") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"'{file.name}' is not JSON; write it again.") from error
