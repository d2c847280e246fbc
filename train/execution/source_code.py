"""Digests of source code, by which cached results of changed code are noticed."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

CODE = ("*.py", "*.jinja")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def code_digest(*modules: str) -> str:
    """Return a digest of the code of modules and packages, given by dotted name.

    A template beside a module, such as ``card.md.jinja`` of ``card.py``, counts as its code.
    Comments, docstrings and layout do not count. Modules that these import are not followed.
    """
    digest = hashlib.sha256()
    for module in modules:
        for path in _files(module):
            digest.update(f"{module} {path.name}\n".encode())
            text = path.read_text(encoding="utf-8")
            digest.update((plain_code(text) if path.suffix == ".py" else text).encode())
    return digest.hexdigest()[:16]


def plain_code(source: str) -> str:
    """Return a source's syntax tree as text, without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, Documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _files(module: str) -> list[Path]:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"There is no module '{module}' to digest.")
    if folders := spec.submodule_search_locations:
        return sorted(path for kind in CODE for path in Path(folders[0]).rglob(kind))
    path = Path(spec.origin)
    return [path, *sorted(path.parent.glob(f"{path.stem}.*.jinja"))]
