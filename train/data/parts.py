"""The parts of a clip: whole files, or intervals of long recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import soundfile

from audiotok.audio import AudioSource, Limits, Samples, read_audio
from audiotok.errors import AudioError


@dataclass(frozen=True)
class Part:
    """What sounds as one part of a clip.

    Attributes
    ----------
    start_s, end_s : the interval of the file in seconds; without an end it goes on to the file's.
    first_channel : hear the first channel only, not the mean of all.
    """

    path: Path
    start_s: float = 0.0
    end_s: float | None = None
    first_channel: bool = False

    def read(self, limits: Limits | None = None) -> Samples:
        """Read the part, shape ``(n_samples,)``; of an interval nothing else is decoded.

        Raises
        ------
        AudioError
            When it cannot be read, or is not within ``limits``; names the file.
        """
        try:
            return read_audio(self.path if self._is_whole else self._cut(), limits).samples
        except (AudioError, OSError) as error:
            raise AudioError(f"{self.path.name}: {error}") from error

    @property
    def facts(self) -> tuple[str | int | float | None, ...]:
        """What changes whenever the sound may have changed; OSError where there is no file."""
        status = self.path.stat()
        file = (str(self.path.resolve()), status.st_size, status.st_mtime_ns)
        if self._is_whole:
            return file
        return (*file, self.start_s, self.end_s, *(["first"] if self.first_channel else []))

    @property
    def _is_whole(self) -> bool:
        return self.start_s == 0 and self.end_s is None and not self.first_channel

    def _cut(self) -> AudioSource:
        try:
            with soundfile.SoundFile(self.path) as file:
                start = round(self.start_s * file.samplerate)
                if not 0 <= start < file.frames:
                    raise AudioError(f"there is no sound at {self.start_s:g} s.")
                file.seek(start)
                end = file.frames if self.end_s is None else round(self.end_s * file.samplerate)
                samples = file.read(max(0, end - start), dtype="float32", always_2d=True)
                return file.samplerate, samples[:, :1] if self.first_channel else samples
        except soundfile.LibsndfileError as error:
            raise AudioError(
                "an interval or one channel can be taken from WAV, FLAC, OGG and MP3 files only."
            ) from error
