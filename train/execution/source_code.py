"""A digest of code, so that what it computed is not taken for what it computes now."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def code_digest(*modules: str) -> str:
    """Digest the code of modules, by dotted name, and of all that is in packages.

    Comments, docstrings and layout do not count. Modules that these import are not followed.
    """
    digest = hashlib.sha256()
    for module in modules:
        for path in _files(module):
            digest.update(f"{module} {path.name}\n".encode())
            digest.update(plain_code(path.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:16]


def plain_code(source: str) -> str:
    """Give a source's syntax tree as text, without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, Documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _files(module: str) -> list[Path]:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"There is no module '{module}' to digest.")
    folders = spec.submodule_search_locations
    return sorted(Path(folders[0]).rglob("*.py")) if folders else [Path(spec.origin)]
