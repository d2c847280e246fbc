"""Keep the memory of a process that analyses many clips from growing.

Every clip has a length of its own. oneDNN caches what it compiled for the last 1,024 shapes, and
these small blocks, scattered over the heap, prevent glibc from releasing the large ones between.
"""

from __future__ import annotations

import ctypes
import os
import sys

SHAPES_KEPT = 64  # about one clip's


def keep_few_shapes() -> None:
    """Bound oneDNN's cache of compiled shapes, unless the user set its size already.

    It has to be called before the first clip.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(SHAPES_KEPT))


def give_back() -> None:
    """Return freed memory to the system, with ``malloc_trim`` where the C library has it."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
