"""The standard folds of CMU-MOSEI: which videos train, validate and test."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from audiotok.errors import DataError

NAME = "CMU-MOSEI"
FOLDS = {"train": "train", "valid": "validation", "test": "test"}
TABLE = "standard_folds.json"
MODULE = "cmu_mosei_std_folds.py"  # of CMU-MultimodalSDK
VARIABLE = "standard_{}_fold"


def read_folds(root: Path) -> dict[str, str]:
    """Map videos to splits, from ``root/standard_folds.json`` or the SDK's module, which isn't run.

    Raises
    ------
    DataError
        When neither file is there, one lacks a fold, or a video stands in two.
    """
    path = next((root / name for name in (TABLE, MODULE) if (root / name).is_file()), None)
    if path is None:
        raise DataError(
            f"'{root / TABLE}' is missing, and so is '{MODULE}': {NAME}'s own SDK "
            "(CMU-MultimodalSDK) lists its standard folds in that module, so copy it there."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
        read = json.loads if path.name == TABLE else _assigned
        folds: Mapping[str, Sequence[str]] = {name: list(read(text)[name]) for name in FOLDS}
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        raise DataError(f"'{path}' does not list the videos of {', '.join(FOLDS)}.") from error
    for one, other in combinations(FOLDS, 2):
        if twice := sorted(set(folds[one]) & set(folds[other])):
            raise DataError(f"'{path}' lists '{twice[0]}' in both {one} and {other}; correct it.")
    return {video: FOLDS[fold] for fold, videos in folds.items() for video in videos}


def _assigned(text: str) -> dict[str, list[str]]:
    """Read the lists that a module assigns, as literals: nothing of it is executed."""
    found = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            for fold in FOLDS:
                if statement.targets[0].id == VARIABLE.format(fold):
                    found[fold] = ast.literal_eval(statement.value)
    return found
