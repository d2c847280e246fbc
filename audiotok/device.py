"""The torch device of a name, or one sentence when this machine does not have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotok.errors import AudiotokError

if TYPE_CHECKING:
    import torch

AUTO = "auto"
DEVICE_HELP = "where to compute: auto (a CUDA or Apple GPU where there is one), cuda, mps or cpu"


def resolve_device(name: str = AUTO) -> torch.device:
    """Return the torch device of a name: ``auto``, or torch's own, such as ``cuda:1``.

    ``auto`` is the first of cuda, mps and cpu that this machine has.

    Raises
    ------
    AudiotokError
        When torch knows no such device, or this machine has none.
    """
    import torch

    if name == AUTO:
        name = _best()
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise AudiotokError(
            f"There is no device called '{name}'; give auto, cuda, mps or cpu."
        ) from error
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise AudiotokError(
            f"This machine has no device '{name}' that torch can use; give auto or cpu."
        ) from error
    return device


def _best() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
