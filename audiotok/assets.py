"""Paths of the models and clips that ship with audiotok, in a clone or installed."""

from importlib.resources import files
from pathlib import Path

ASSETS = Path(str(files("audiotok.shipped")))
CODEC = ASSETS / "codec"
EXAMPLES = ASSETS / "examples"
TASKS = ("emotion", "sentiment")
