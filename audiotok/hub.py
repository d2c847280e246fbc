"""Find a model's files: in a local folder, on the model hub, or else in its local cache."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from audiotok.errors import BundleError

logger = logging.getLogger(__name__)

REACH_TIMEOUT_S = 5.0
TOO_MANY_REQUESTS, SERVER_ERRORS = 429, 500  # HTTP: the hub is there but cannot answer now


def find(
    source: str | Path,
    patterns: Sequence[str],
    revision: str | None = None,
    token: str | None = None,
) -> Path:
    """Return ``source`` where it is a folder, else the folder that ``fetch`` returns for a hub id.

    Parameters as for ``fetch``.

    Raises
    ------
    BundleError
        When ``source`` is a folder and a revision is given, or ``fetch`` raises it.
    """
    if not Path(source).is_dir():
        return fetch(str(source), patterns, revision, token)
    if revision is not None:
        raise BundleError(
            f"'{source}' is a folder here, which has no revision '{revision}'; leave the revision "
            "out or name a hub id."
        )
    return Path(source)


def fetch(
    repo_id: str,
    patterns: Sequence[str],
    revision: str | None = None,
    token: str | None = None,
) -> Path:
    """Download a hub repository's files, if they changed, and return their folder.

    Where the hub cannot be reached within five seconds, or ``HF_HUB_OFFLINE`` is set, the files of
    the local cache are taken.

    Parameters
    ----------
    repo_id : ``owner/name``.
    patterns : globs of the files that are needed; no other is downloaded.
    revision : branch, tag or commit; None takes the default branch.
    token : access token of the hub; None takes that of ``hf auth login``, if any.

    Raises
    ------
    BundleError
        When there is no such repository or revision, access is denied, or the files are neither in
        the local cache nor downloadable.
    """
    from huggingface_hub import errors as hub_errors
    from huggingface_hub import snapshot_download

    answers = False
    try:
        answers = _answers(repo_id, revision, token)
        folder = snapshot_download(
            repo_id,
            revision=revision,
            token=token,
            allow_patterns=list(patterns),
            etag_timeout=REACH_TIMEOUT_S,
            local_files_only=not answers,
        )
    # HTTPError is that of the HTTP client, whichever this version of huggingface_hub has.
    except (hub_errors.HTTPError, OSError, ValueError) as error:
        raise BundleError(_sentence(error, repo_id, revision, answers)) from error
    return Path(folder)


def _answers(repo_id: str, revision: str | None, token: str | None) -> bool:
    """Return whether the hub answers for a repository in time; refusals raise its own errors.

    ``snapshot_download`` has no timeout for the first answer.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub import errors as hub_errors

    try:
        HfApi(token=token).model_info(repo_id, revision=revision, timeout=REACH_TIMEOUT_S)
    except hub_errors.HFValidationError:
        raise
    except hub_errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status < SERVER_ERRORS and status != TOO_MANY_REQUESTS:
            raise
        reason: Exception = error
    # The last three: a network's login page, say, instead of the hub.
    except (hub_errors.HTTPError, OSError, ValueError, KeyError, TypeError) as error:
        reason = error
    else:
        return True
    if not constants.HF_HUB_OFFLINE:
        logger.warning(
            "The model hub cannot be reached (%s); '%s' is looked for on this machine.",
            _first_line(reason),
            repo_id,
        )
    return False


def _sentence(error: Exception, repo_id: str, revision: str | None, answers: bool) -> str:
    from huggingface_hub import errors as hub_errors

    match error:
        case hub_errors.HFValidationError():
            return f"'{repo_id}' is neither a folder here nor a hub id."
        case hub_errors.GatedRepoError():
            return (
                f"'{repo_id}' is only given to those who accepted its terms: do so on its page of "
                "the model hub, then log in here with 'hf auth login'."
            )
        case hub_errors.RepositoryNotFoundError():
            return (
                f"The model hub shows you no '{repo_id}': check the name or, where it is private, "
                "give a token or log in with 'hf auth login'."
            )
        case hub_errors.RevisionNotFoundError():
            return f"'{repo_id}' has no revision '{revision}'; name a branch, a tag or a commit."
        case hub_errors.LocalEntryNotFoundError() if not answers:
            named = f"'{repo_id}'" if revision is None else f"Revision '{revision}' of '{repo_id}'"
            return (
                f"{named} is not on this machine and the model hub cannot be reached; "
                "download it once with a network, or name a local folder."
            )
    return f"'{repo_id}' could not be downloaded: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
