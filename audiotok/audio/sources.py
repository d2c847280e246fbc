"""Accept audio sources: a path, encoded bytes, an open file, samples with their rate."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from audiotok.audio.arrays import from_pair, is_pair
from audiotok.audio.recording import Limits, Samples
from audiotok.errors import AudioError
from audiotok.language import mark, say

NOTHING = mark("There is no recording yet: record, upload or pick a clip first.")


def as_sources(given: Any) -> list[Any]:
    """Return one clip, several in a list or tuple, or None as a list of clips."""
    several = isinstance(given, tuple | list) and not is_pair(given)
    return [one for one in (given if several else [given]) if one is not None]


def unwrapped(source: Any) -> Any:
    """Return the path, bytes or pair that a dictionary of the ``datasets`` library holds.

    Anything else is returned as it is.

    Raises
    ------
    AudioError
        When the source is None or empty, or the dictionary holds none of them.
    """
    if source is None or (isinstance(source, tuple | list) and not source):
        raise AudioError(say(NOTHING))
    if not isinstance(source, Mapping):
        return source
    if source.get("array") is not None and "sampling_rate" in source:
        return source["sampling_rate"], source["array"]
    held = source.get("bytes") or source.get("path")
    if held:
        return held
    raise AudioError(
        'A dictionary must hold "array" and "sampling_rate", "bytes" or "path", '
        f"not {', '.join(map(str, source)) or 'nothing'}."
    )


def samples_of(source: Any) -> tuple[int, Samples] | None:
    """Return rate in Hz and samples ``(n_samples, n_channels)`` of a pair; None for a file.

    Raises
    ------
    AudioError
        When it is a tuple but no pair, or samples without a rate.
    """
    if isinstance(source, tuple | list):
        if is_pair(source):
            return from_pair((source[0], source[1]))
        if len(source) != 2 or any(part is None for part in source):
            raise AudioError(say(NOTHING))
        raise AudioError(
            "A tuple must be (rate_hz, samples), a number and an array, not "
            f"({', '.join(type(part).__name__ for part in source)})."
        )
    if hasattr(source, "ndim") and not isinstance(source, memoryview):
        raise AudioError("Samples need their rate: give (rate_hz, samples).")
    return None


@contextmanager
def opened(source: Any, limits: Limits) -> Iterator[IO[bytes]]:
    """Open a path, bytes or a file for reading; yields a binary file.

    Raises
    ------
    AudioError
        When it is missing, empty, larger than ``limits.max_bytes``, or of another type.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        _check_size(_size_of(path), limits)
        try:
            file = path.open("rb")
        except OSError as error:
            raise AudioError(say("The file '{name}' cannot be opened.", name=path.name)) from error
        with file:
            yield file
        return
    data = _bytes_of(source, limits)
    _check_size(len(data), limits)
    yield io.BytesIO(data)


def _bytes_of(source: Any, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, bytearray | memoryview):
        _check_size(memoryview(source).nbytes, limits)
        return bytes(source)
    if not hasattr(source, "read"):
        raise AudioError(
            "A recording must be a path, bytes, an open file or (rate_hz, samples), not "
            f"{type(source).__name__}."
        )
    try:
        if source.seekable():
            source.seek(0)  # what was just written is meant, not what follows it
        data = source.read(limits.max_bytes + 1)
    except (AttributeError, OSError, ValueError) as error:
        raise AudioError("The open file cannot be read; open it again.") from error
    if not isinstance(data, bytes):
        raise AudioError('The file was opened as text; open it with mode "rb".')
    return data


def _check_size(n_bytes: int, limits: Limits) -> None:
    if n_bytes > limits.max_bytes:
        raise AudioError(
            say(
                "The file is larger than {megabytes:g} MB; cut or compress it first.",
                megabytes=limits.max_bytes / 1e6,
            )
        )
    if n_bytes == 0:
        raise AudioError(say("The audio file is empty."))


def _size_of(path: Path) -> int:
    try:
        if path.is_file():
            return path.stat().st_size
    except (OSError, ValueError):  # such as a name too long, or with a null character
        pass
    raise AudioError(f"There is no audio file at '{path}'.")
