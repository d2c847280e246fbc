"""The rooms of ``train`` import one way, and what runs at prediction time imports none of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A room may import those of lower floors; rooms of one floor do not know each other.
FLOORS = (
    ("execution", "settings"),
    ("corpora",),
    ("encoding",),
    ("method",),
    ("evaluation",),
    ("bundles", "experiments"),
    ("studies", "codec", "example_clips"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Name what a file imports, wherever in it: modules, and names that may be modules."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path.parent)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join(
                [*(above if node.level else []), *([node.module] if node.module else [])]
            )
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "train" and len(parts) > 1 else None


FILES = sorted((ROOT / "train").rglob("*.py"))


def test_every_room_has_its_floor() -> None:
    rooms = {path.parent.name for path in (ROOT / "train").glob("*/__init__.py")}
    assert rooms == set(FLOOR_OF)
    assert {path.stem for path in (ROOT / "train").glob("*.py")} == {"__init__", "__main__"}


@pytest.mark.parametrize("room", FLOOR_OF)
def test_a_room_imports_lower_floors_alone(room: str) -> None:
    for path in (ROOT / "train" / room).rglob("*.py"):
        others = {found for module in imported(path) if (found := room_of(module))} - {room}
        wrong = {other for other in others if FLOOR_OF.get(other, 99) >= FLOOR_OF[room]}
        assert not wrong, f"{path.relative_to(ROOT)} may not import {', '.join(sorted(wrong))}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {module_of(path) for path in FILES}
    graph = {
        module_of(path): {name for name in imported(path) if name in modules} - {module_of(path)}
        for path in FILES
    }
    TopologicalSorter(graph).prepare()  # raises and names the circle


def test_prediction_imports_nothing_of_training() -> None:
    for path in (ROOT / "audiotok").rglob("*.py"):
        assert not [name for name in imported(path) if name.split(".")[0] == "train"], path
