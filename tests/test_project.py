"""What a fresh clone and Hugging Face Spaces rely on."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
OWN = {"app", "audiotok", "tests", "train"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: str) -> dict[str, str]:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    found = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {normal(name): version for name, version in found}


def imported(folder: Path) -> Iterator[str]:
    """Top-level packages that the Python files of a folder import."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


@pytest.mark.parametrize(
    ("folder", "lists"),
    [
        ("audiotok", ["requirements.txt"]),
        ("train", ["requirements.txt", "train/requirements.txt"]),
        ("tests", ["requirements.txt", "train/requirements.txt", "tests/requirements.txt"]),
    ],
)
def test_whatever_is_imported_is_installed_by_the_readmes_commands(
    folder: str, lists: list[str]
) -> None:
    pinned = {name for path in lists for name in pins(path)}
    homes = packages_distributions()
    needed = set(imported(ROOT / folder)) - set(sys.stdlib_module_names) - OWN
    missing = {
        name
        for name in needed
        if name in homes and not pinned & {normal(home) for home in homes[name]}
    }

    with_gradio = {"fastapi", "gradio_client", "jinja2", "markupsafe", "starlette"}
    # They come with what uses them.
    assert missing - with_gradio - {"ctranslate2", "packaging", "tokenizers"} == set()


def test_torch_and_torchaudio_go_together() -> None:
    versions = pins("requirements.txt")

    assert versions["torch"] == versions["torchaudio"]


def test_spaces_can_read_the_front_matter() -> None:
    _, front_matter, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(front_matter)

    assert card["sdk"] == "gradio"
    assert card["sdk_version"] == pins("requirements.txt")["gradio"]
    assert card["python_version"] == "3.11"
    assert (ROOT / card["app_file"]).is_file()
    assert len(card["short_description"]) <= 60


@pytest.mark.parametrize("folder", ["audiotok", "train"])
def test_no_model_brings_code_that_runs(folder: str) -> None:
    """Whatever transformers loads is told so, since a later default may be another."""
    silent = []
    for path in (ROOT / folder).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "from transformers import" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if not (isinstance(node, ast.Call) and loads_from_transformers(node)):
                continue
            said = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if said.get("trust_remote_code") != "False":
                silent.append(f"{path}:{node.lineno}")

    assert silent == []


def loads_from_transformers(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    ours = ("Bundle.", "Embedding.", "LoraConfig.", "cls.")
    loads = name.endswith(".from_pretrained") and not any(each in name for each in ours)
    return loads or name == "pipeline"
