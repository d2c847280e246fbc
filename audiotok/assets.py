"""Where the models and clips that ship with the repository lie."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
CODEC = ASSETS / "codec"
EXAMPLES = ASSETS / "examples"
TASKS = ("emotion", "sentiment")
