"""What commands are, and the arguments that they take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiotok.device import DEVICE_HELP

Call = Callable[[argparse.Namespace], str | None]


@dataclass(frozen=True)
class Argument:
    """What ``add_argument`` takes."""

    names: tuple[str, ...]
    options: dict[str, Any]


@dataclass(frozen=True)
class Command:
    """One command: what it does, in a line, and what it takes."""

    help: str
    call: Call
    arguments: tuple[Argument, ...]


def _argument(*names: str, **options: Any) -> Argument:
    return Argument(names, options)


CONFIG = _argument("config", type=Path, metavar="CONFIG.yaml")
CONFIGS = _argument("config", type=Path, metavar="CONFIG.yaml", nargs="+")
SYSTEMS = _argument("system", type=Path, metavar="SYSTEM.yaml", nargs="+")
RUNS = _argument("runs", type=Path, nargs="+", help="folders to look for runs in")
FIRST, SECOND = (
    _argument(name, type=Path, help="folder of a finished run") for name in ("first", "second")
)
FORM = _argument("--form", choices=("markdown", "csv", "json"), default="markdown")
CORPORA = (
    _argument("--data", type=Path, help="folder of the corpora"),
    _argument(
        "--trust-pickle",
        action="store_true",
        help="open corpora that come as pickles, which can run any code",
    ),
    _argument("--device", help=f"{DEVICE_HELP}; default: what the config says"),
)
CODECS = _argument(
    "--codec",
    nargs="+",
    default=[],
    metavar="FOLDER_OR_HUB_ID",
    help="codecs to compare, in place of the one that the config makes",
)
RECIPE = _argument(
    "--recipe",
    choices=["paper"],
    help="select audio tokens as the published code does, not as the config says",
)
SEEDS = _argument(
    "--seeds",
    type=int,
    metavar="N",
    help="take N seeds only for what takes long: unseen corpora and distortions",
)

PICTURE = _argument("--picture", type=Path, metavar="FILE", help="draw the scores as PNG")
PICTURES = _argument(
    "--pictures", type=Path, metavar="FOLDER", help="draw each table that has a picture, as PNG"
)
CLIPS = _argument(
    "--clips",
    type=int,
    default=120,
    metavar="N",
    help="most clips of each corpus, for studies of single clips; default: 120",
)
INTO_BUNDLE = _argument(
    "--into-bundle",
    action="store_true",
    help="write what the page can tell of it into the bundle too",
)
# What has a table on the page of results.
RESULTS = ("score", "robustness", "goals", "sizes", "flow", "faithful", "acoustics")
PAGE = (
    _argument("--page", type=Path, default=Path("train/RESULTS.md"), help="the page to write into"),
    _argument("--only", nargs="+", choices=RESULTS, help="write these tables, not all of them"),
)
