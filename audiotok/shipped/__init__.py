"""The folder ``assets`` of a clone, as the package that it is where audiotok is installed.

An installed audiotok has that folder, with its own ``__init__.py``, in the place of this one
(``package-dir`` in ``pyproject.toml``), so that both are read by the same name.
"""

from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "assets"
_LOADER = SourceFileLoader(__name__, str(_FOLDER / "__init__.py"))
__spec__ = ModuleSpec(__name__, _LOADER, origin=_LOADER.path, is_package=True)
__path__ = [str(_FOLDER)]
