"""Import the package ``speechtokenizer`` without its trainer."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from typing import Any

from audiotok.errors import BundleError


def import_speechtokenizer() -> Any:
    """Return the class ``speechtokenizer.SpeechTokenizer``; raises BundleError where it fails."""
    warnings.filterwarnings("ignore", message=".*weight_norm.*", category=FutureWarning)
    try:
        return _without_trainer("speechtokenizer", "speechtokenizer.model").SpeechTokenizer
    except (ImportError, OSError) as error:
        raise BundleError(
            f"speechtokenizer cannot be imported ({error}); run "
            "'pip install -r requirements.txt', which pins versions that fit together."
        ) from error


def _without_trainer(package: str, module: str) -> Any:
    """Import a module of a package without running the package's ``__init__``.

    That one imports a trainer, and with it matplotlib and tensorboard, which takes half as long as
    importing torch.
    """
    if package in sys.modules:
        return importlib.import_module(module)
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ImportError(f"No module named '{package}'")
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module(module)
    finally:
        del sys.modules[package]  # whoever imports the package gets the whole of it
