"""Reading of YAML configs with inheritance; a wrong key or type is a one-sentence error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from audiotok.errors import DataError

Model = TypeVar("Model", bound=BaseModel)


def read_config(path: Path, model: type[Model], **overrides: Any) -> Model:
    """Read a YAML file as ``model``; overrides that are not None win.

    ``inherits`` names another file, beside this one, whose settings hold where this one says
    nothing; lists are replaced as a whole.

    Raises
    ------
    DataError
        When a file is missing, is not YAML, inherits in a circle, or has a wrong key or value.
    """
    content = read_content(path)
    content |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise DataError(f"'{path}' is wrong at {first_mistake(error)}") from error


def first_mistake(error: ValidationError) -> str:
    """Return a sentence on the first validation error: its key and what is wrong."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"'{where}': {first['msg']}."


def read_content(path: Path, heirs: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a YAML mapping and what it inherits.

    Parameters
    ----------
    heirs : files that inherit from this one.

    Raises
    ------
    DataError
        When a file is missing, is not YAML, or inherits in a circle.
    """
    if path.resolve() in heirs:
        raise DataError(f"'{path}' inherits from itself; break the circle of 'inherits'.")
    if not path.is_file():
        wanted = f", which '{heirs[-1]}' inherits from" if heirs else ""
        raise DataError(f"There is no config at '{path}'{wanted}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"'{path}' is not valid YAML: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"'{path}' must be a mapping of settings.")
    base = content.pop("inherits", None)
    if base is None:
        return content
    inherited = read_content(path.parent / str(base), (*heirs, path.resolve()))
    return _merged(inherited, content)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` updated by ``own``, recursively in mappings."""
    both = {
        name: _merged(base[name], value)
        for name, value in own.items()
        if isinstance(value, dict) and isinstance(base.get(name), dict)
    }
    return base | own | both
