"""How often something may be done: a bucket of tokens that fills up again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

Clock = Callable[[], float]
MAX_KEYS = 10_000  # buckets that are remembered; the one used longest ago goes first


class Throttle:
    """A bucket a key.

    Parameters
    ----------
    most : what may be done at once.
    per_s : what may be done every second from then on.
    clock : gives seconds.
    """

    def __init__(self, most: float, per_s: float, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._per_s = per_s
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def may(self, key: str, n: float = 1) -> bool:
        """Say whether it may be done ``n`` times now, without doing it."""
        with self._lock:
            return self._now_left(key)[0] >= n

    def spend(self, key: str, n: float = 1) -> bool:
        """Do it ``n`` times if that may be, and say whether."""
        with self._lock:
            left, now = self._now_left(key)
            if left < n:
                return False
            self._left[key] = (left - n, now)
            self._left.move_to_end(key)
            if len(self._left) > MAX_KEYS:
                self._left.popitem(last=False)
            return True

    def _now_left(self, key: str) -> tuple[float, float]:
        now = self._clock()
        left, since = self._left.get(key, (self._most, now))
        return min(self._most, left + (now - since) * self._per_s), now
