"""The parts of a clip: whole files, or intervals of long recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiotok.audio import Excerpt, Limits, Samples, read_audio
from audiotok.errors import AudioError


@dataclass(frozen=True)
class Part:
    """One part of a clip: a file, or an interval of one.

    Attributes
    ----------
    start_s, end_s : the interval in seconds; ``end_s`` None is the end of the file.
    first_channel : read the first channel only, not the mean of all.
    """

    path: Path
    start_s: float = 0.0
    end_s: float | None = None
    first_channel: bool = False

    def read(self, limits: Limits | None = None) -> Samples:
        """Return the part's waveform, ``(n_samples,)``; only its interval is decoded.

        Raises
        ------
        AudioError
            When the file cannot be read, or its length is not within ``limits``.
        """
        excerpt = Excerpt(self.start_s, self.end_s, self.first_channel)
        try:
            return read_audio(self.path, limits, excerpt).samples
        except (AudioError, OSError) as error:
            raise AudioError(f"{self.path.name}: {error}") from error
        except Exception as error:  # one clip that no one foresaw must not lose a night's training
            raise AudioError(
                f"{self.path.name}: it cannot be read ({type(error).__name__}: {error})."
            ) from error

    @property
    def facts(self) -> tuple[str | int | float | None, ...]:
        """Path, size, times of change and interval; OSError where there is no file."""
        status = self.path.stat()
        # Times of change are kept by many a copy; that of the entry nobody can set.
        changed = status.st_mtime_ns, status.st_ctime_ns
        file = (str(self.path.resolve()), status.st_size, *changed)
        if self._is_whole:
            return file
        return (*file, self.start_s, self.end_s, *(["first"] if self.first_channel else []))

    @property
    def _is_whole(self) -> bool:
        return self.start_s == 0 and self.end_s is None and not self.first_channel
