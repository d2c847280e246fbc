"""What keeps a process that analyses clip after clip at the same size.

Every clip has a length of its own. oneDNN keeps what it compiled for the last 1,024 shapes, and
these small blocks, scattered over the heap, keep glibc from giving back the large ones between.
"""

from __future__ import annotations

import ctypes
import os
import sys


def keep_no_shapes() -> None:
    """Let oneDNN compile anew for each clip; for calls before the first one, by programs."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0")


def give_back() -> None:
    """Return freed memory to the system, where the C library is one that waits to be told."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
