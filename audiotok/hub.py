"""Finding a model's files: the local hub cache first, the network only where there is one."""

from __future__ import annotations

import logging
import os
import socket
import threading
from pathlib import Path
from urllib.parse import urlparse

from audiotok.errors import BundleError

logger = logging.getLogger(__name__)

REACH_TIMEOUT_S = 2.0


def fetch(repo_id: str, patterns: list[str], revision: str | None = None) -> Path:
    """Give the folder that holds a hub repository's files.

    Parameters
    ----------
    repo_id : ``owner/name``.
    patterns : which files are needed, as globs.

    Raises
    ------
    BundleError
        When the files are neither in the local cache nor to be had over the network.
    """
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError

    def download(local_files_only: bool) -> Path:
        folder = huggingface_hub.snapshot_download(
            repo_id,
            revision=revision,
            allow_patterns=patterns,
            local_files_only=local_files_only,
        )
        return Path(folder)

    try:
        return download(local_files_only=True)
    except HFValidationError as error:
        raise BundleError(f"'{repo_id}' is neither a folder here nor a hub id.") from error
    except (OSError, ValueError) as error:
        logger.debug("%s is not in the local cache: %s", repo_id, error)
    if not hub_is_reachable():
        raise BundleError(
            f"'{repo_id}' is not on this machine and the model hub cannot be reached; "
            "download it once with a network, or name a local folder."
        )
    try:
        return download(local_files_only=False)
    except GatedRepoError as error:
        raise BundleError(
            f"'{repo_id}' is only given to those who accepted its terms: do so on its page of the "
            "model hub, then log in here with 'hf auth login'."
        ) from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise BundleError(f"'{repo_id}' could not be downloaded: {reason}") from error


def hub_is_reachable() -> bool:
    """Say within two seconds whether the model hub answers; False where it is switched off."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        return False
    endpoint = urlparse(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = endpoint.port or (443 if endpoint.scheme == "https" else 80)
    answered = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((endpoint.hostname, port), REACH_TIMEOUT_S).close()
            answered.set()
        except OSError:
            return

    # Looking up a name has no time-out of its own, so it may not block the caller.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(REACH_TIMEOUT_S)
    return answered.is_set()
