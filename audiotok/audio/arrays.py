"""Convert arrays and rates of various libraries to float32 channels and an integer rate."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.audio.recording import Pair, Samples
from audiotok.errors import AudioError

WORDS = (8, 16, 24, 32, 64)  # bits in which samples are kept
WHOLE_NUMBERS = 64.0  # floats beyond it that are whole numbers are integer samples


def is_pair(given: object) -> bool:
    """Return whether this is ``(rate_hz, samples)`` in either order, and not a tuple of clips."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        return False
    return any(_is_rate(a) and _is_array_like(b) for a, b in (given, given[::-1]))


def from_pair(pair: Pair) -> tuple[int, Samples]:
    """Return rate in Hz and float32 samples ``(n_samples, n_channels)`` of a pair in either order.

    Raises
    ------
    AudioError
        When the rate is no number or the samples are no array of numbers.
    """
    rate, array = pair if _is_rate(pair[0]) and not _is_rate(pair[1]) else pair[::-1]
    return whole_rate(rate), channels_of(array)


def whole_rate(rate: object) -> int:
    """Return a rate in Hz, given as number, text or array of one number, as an integer.

    Raises
    ------
    AudioError
        When it is none.
    """
    try:
        number = float(rate.item() if hasattr(rate, "item") else rate)  # type: ignore[arg-type]
        return round(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise AudioError(
            f"The sampling rate must be a number of Hz such as 16000, not {rate!r:.40}."
        ) from error


def channels_of(given: Any) -> Samples:
    """Return samples as float32 of shape ``(n_samples, n_channels)``, full scale at -1..1.

    Floats may exceed full scale. Channels may come first, and so may a batch of one.

    Raises
    ------
    AudioError
        When it is no array of numbers, or of another shape.
    """
    array = scaled(_as_array(given))
    if _holds_integers(array):
        array = np.asarray(array / np.float32(2**15), np.float32)
    while array.ndim > 2 and array.shape[0] == 1:  # a batch of one
        array = array[0]
    if array.ndim not in (1, 2):
        raise AudioError(f"Samples must be (n_samples, n_channels), not {array.shape}.")
    if array.ndim == 1:
        return array[:, None]
    channels_first = array.shape[0] < array.shape[1]
    return array.T if channels_first else array


def scaled(array: NDArray[Any], width: int | None = None) -> Samples:
    """Return samples as float32, integers scaled to -1..1 and floats as they are.

    Parameters
    ----------
    width : bits of integer samples; None estimates them.

    Raises
    ------
    AudioError
        When they are neither integers nor floats.
    """
    if np.issubdtype(array.dtype, np.integer):
        half_range = 2.0 ** ((width or _bits(array)) - 1)
        middle = half_range if array.dtype.kind == "u" else 0.0
        return ((array - middle) / half_range).astype(np.float32)
    if np.issubdtype(array.dtype, np.floating):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the infinite is refused later
            return array.astype(np.float32)
    raise AudioError(f"Samples must be integers or floats, not {array.dtype}.")


def _bits(array: NDArray[Any]) -> int:
    """Return the bits that integer samples use, since 32 and 64 bits often hold narrower ones.

    At 32 bits, what fits into 16 would be below -90 dBFS, so it is taken for 16-bit audio. What
    fits into 24 is taken for 24-bit audio if its low 8 bits are used, which those of 24-bit audio
    shifted up to 32 are not.
    """
    width = 8 * array.dtype.itemsize
    if array.dtype.kind != "i" or width <= 16 or not array.size:
        return width
    # Python's integers have no largest negative number that abs() cannot give.
    peak = max(int(array.max()), -int(array.min()) - 1)
    fits = next((bits for bits in WORDS[1:] if peak < 2 ** (bits - 1)), width)
    if width == 32 and fits == 24 and not (array & 0xFF).any():
        return width
    return fits


def _holds_integers(floats: Samples) -> bool:
    """Return whether floats hold unscaled 16-bit samples, as after ``astype(float)``."""
    if not floats.size or not np.isfinite(floats).all():
        return False
    return bool(np.abs(floats).max() > WHOLE_NUMBERS and (floats == np.rint(floats)).all())


def _as_array(given: Any) -> NDArray[Any]:
    if hasattr(given, "detach"):  # a torch tensor, which may learn, lie elsewhere or be bfloat16
        tensor = given.detach().cpu()
        given = tensor.float().numpy() if tensor.is_floating_point() else tensor.numpy()
    if isinstance(given, np.ma.MaskedArray):
        given = given.filled(0)
    try:
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise AudioError(
            "The samples are no array of numbers; give (n_samples,) or (n_samples, n_channels)."
        ) from error


def _is_array_like(given: object) -> bool:
    if isinstance(given, str | bytes | bytearray | memoryview | dict):
        return False
    if isinstance(given, list | tuple):
        return not given or (
            not isinstance(given[0], str) and (_is_rate(given[0]) or _is_array_like(given[0]))
        )
    return getattr(given, "ndim", 0) > 0 or hasattr(given, "typecode")


def _is_rate(given: object) -> bool:
    if isinstance(given, str):
        return given.strip().replace(".", "", 1).isdigit()
    return isinstance(given, int | float | np.number) or getattr(given, "ndim", None) == 0
