"""What keeps a process that analyses clip after clip at the same size.

Every clip has a length of its own. oneDNN keeps what it compiled for the last 1,024 shapes, and
these small blocks, scattered over the heap, keep glibc from giving back the large ones between.
"""

from __future__ import annotations

import ctypes
import os
import sys

SHAPES_KEPT = 64  # about one clip's


def keep_few_shapes() -> None:
    """Bound what oneDNN keeps; a program calls it before its first clip, a user's choice stands."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(SHAPES_KEPT))


def give_back() -> None:
    """Return freed memory to the system, where the C library is one that waits to be told."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
