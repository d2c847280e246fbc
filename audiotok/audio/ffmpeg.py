"""Decode nearly every format by FFmpeg (PyAV), packet by packet, skipping damaged ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import IO, Any

import av
import numpy as np

from audiotok.audio.arrays import scaled
from audiotok.audio.bounds import check_shape
from audiotok.audio.collector import Collector
from audiotok.audio.joined import end_of_tag
from audiotok.audio.loss import EXACT_S, TOLERANCE_S, Loss
from audiotok.audio.promises import is_cut_mpeg, is_fragmented
from audiotok.audio.recording import Limits, Samples
from audiotok.errors import AudioError
from audiotok.language import mark, say

# What FFmpeg may open. Playlists are left out: they name other files and addresses.
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,voc,"
    "w64,wav,wv"
)
# Sound alone: no cover picture or film is decoded, not even to find out what it is.
CODECS = (
    "aac,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,alac,amrnb,amrwb,ape,eac3,"
    "flac,gsm,gsm_ms,mp1,mp1float,mp2,mp2float,mp3,mp3float,opus,pcm_alaw,pcm_bluray,pcm_dvd,pcm_f32be,"
    "pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,"
    "pcm_s32le,pcm_s8,pcm_u8,speex,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,wmavoice"
)
OPTIONS = {"format_whitelist": CONTAINERS, "codec_whitelist": CODECS}
# One packet may not unfold to more: four million samples are 20 s of stereo, or 16 MB.
MAX_SAMPLES_PER_PACKET = 4_000_000
MAX_PACKETS_PER_S = 1_000  # the shortest packet in use lasts 2.5 ms
MAX_TRACKS = 8
SETTLING_S = 1.0  # decoded before an excerpt, since packets build on those before
# Formats that say exactly how long they are; others guess from the first bit rates, as MP3 does.
EXACT = {"wav", "w64", "aiff", "au", "caf", "flac", "ape", "tta", "wv"}
DECLARED = EXACT | {"mov,mp4,m4a,3gp,3g2,mj2", "ogg"}

UNREADABLE = mark("The file cannot be read as audio (WAV, FLAC, OGG, MP3, M4A and WebM can).")
# Lossless frames carry a checksum; what fails it would be heard as noise.
CHECKSUM = {"err_detect": "crccheck+explode"}
CHECKED = {codec: CHECKSUM for codec in ("flac", "tta", "wavpack", "ape")}
# FFmpeg's own decoders of telephone sound stumble over the pauses that phones leave out.
BETTER = {"amrnb": "libopencore_amrnb", "amrwb": "libopencore_amrwb"}
# Packets of varying length, which some WAVs do not tell apart.
UNFRAMED = ("aac", "speex")
UNFRAMED_IN_WAV = mark(
    "The WAV holds '{coding}', whose packets cannot be told apart; save it as M4A, OGG or plain "
    "WAV."
)


class UnreadableError(AudioError):
    """FFmpeg cannot read a file, which another decoder may."""


def count_tracks(file: IO[bytes]) -> int:
    """Return the number of sound tracks; raises AudioError where there are none or it fails."""
    with _opened(file) as container:
        if not container.streams.audio:
            raise AudioError(say("The file holds no sound track."))
        return min(len(container.streams.audio), MAX_TRACKS)


def decode(
    file: IO[bytes], collector: Collector, limits: Limits, track: int = 0, start_s: float = 0.0
) -> Loss:
    """Decode a sound track into ``collector`` and return what could not be read.

    Parameters
    ----------
    track : 0-based sound track.
    start_s : start of the excerpt in seconds; decoding begins one second before it, or at the
        file's beginning where its format does not allow seeking.

    Raises
    ------
    UnreadableError
        When FFmpeg cannot read the file.
    AudioError
        When its rate or channels are out of bounds.
    """
    with _opened(file) as container:
        stream = container.streams.audio[track]
        context = stream.codec_context
        if context.name not in CODECS.split(","):
            raise UnreadableError(
                say(
                    "The sound is coded as '{coding}', which is not read; export it as WAV.",
                    coding=context.name,
                )
            )
        if not context.channels and context.name.startswith("pcm"):  # more than FFmpeg counts
            raise UnreadableError(say(UNREADABLE))
        check_shape(context.sample_rate, context.channels)
        context.thread_count = 1
        context.options = {
            "max_samples": str(MAX_SAMPLES_PER_PACKET),
            **CHECKED.get(context.name, {}),
        }
        reader = _Reader(container, stream, collector)
        if start_s > SETTLING_S and not _counts_wrongly(container, context):
            reader.seek(start_s - SETTLING_S)
        reader.read(int((limits.max_s + SETTLING_S) * MAX_PACKETS_PER_S))
        loss = reader.loss(_declared_s(file, container, stream))
        if container.format.name == "wav" and context.name in UNFRAMED and loss.notes:
            raise UnreadableError(say(UNFRAMED_IN_WAV, coding=context.name))
        return loss


@contextlib.contextmanager
def _opened(file: IO[bytes]) -> Iterator[Any]:
    file.seek(0)
    try:
        container = av.open(file, "r", options=OPTIONS)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise UnreadableError(say(UNREADABLE)) from error
    with container:
        yield container


class _Reader:
    """Decodes packets one by one and measures how much could not be decoded."""

    def __init__(self, container: Any, stream: Any, collector: Collector) -> None:
        self._container, self._stream, self._collector = container, stream, collector
        self._origin_s = float((stream.start_time or 0) * stream.time_base)
        self._context = _decoder(stream.codec_context)
        self._is_pcm = stream.codec_context.name.startswith("pcm")
        self._sought = self._is_cut = self._stopped = False
        self._decoded_s = self._end_s = self._damaged_s = self._pending_s = 0.0

    def seek(self, time_s: float) -> None:
        """Seek a time in seconds; where that fails, decoding starts at the beginning."""
        with contextlib.suppress(av.FFmpegError):
            self._container.seek(int((time_s + self._origin_s) * av.time_base))
            self._sought = True

    def read(self, max_packets: int) -> None:
        """Decode until the collector is full, the file ends, or ``max_packets`` are read."""
        packets = self._container.demux(self._stream)
        for _ in range(max_packets):
            try:
                packet = next(packets)
            except StopIteration:
                break
            except av.FFmpegError:  # the container is broken off here
                self._is_cut = True
                break
            if packet.size:
                self._is_cut = is_cut_mpeg(self._stream.codec_context.name, packet)
            self._decode(packet)
            if self._collector.is_full:
                self._stopped = True
                return
        # What failed at the very end was cut off there; in the middle it was damaged.
        self._is_cut |= self._pending_s > 0

    def _decode(self, packet: Any) -> None:
        try:
            frames = self._context.decode(packet)
        except av.FFmpegError:
            self._lose(float((packet.duration or 0) * (packet.time_base or 0)))
            return
        for frame in frames:
            if frame.samples:
                self._collect(frame)

    def _lose(self, length_s: float) -> None:
        self._pending_s += length_s or 0.001  # some formats do not say how long a packet is

    def _collect(self, frame: Any) -> None:
        block = _channels(frame)
        length_s = frame.samples / frame.sample_rate
        if not self._is_pcm and not np.isfinite(block).all():
            self._lose(length_s)
            return
        self._damaged_s += self._pending_s
        self._pending_s = 0.0
        if self._sought and frame.time is not None:
            self._collector.go_to(frame.time - self._origin_s)
            self._sought = False
        self._decoded_s += length_s
        if frame.time is not None:
            self._end_s = frame.time - self._origin_s + length_s
        self._collector.add(block, frame.sample_rate)

    def loss(self, declared_s: float | None) -> Loss:
        """Return what could not be decoded, given the duration that the file declares."""
        name = self._container.format.name
        end_s = max(self._end_s, self._decoded_s)
        if self._stopped:
            return Loss(end_s, end_s, declared_s if name in EXACT else None, stopped=True)
        if name == "mp3" and self._damaged_s and declared_s:  # its times are counted, not read
            end_s = max(end_s, declared_s)
        return Loss(
            self._decoded_s,
            end_s,
            declared_s,
            self._damaged_s,
            self._is_cut and not declared_s,
            EXACT_S if name in EXACT else TOLERANCE_S,
        )


def _counts_wrongly(container: Any, context: Any) -> bool:
    """Return whether FFmpeg reports wrong times after seeking."""
    return container.format.name == "asf" or context.name.startswith("adpcm")


def _decoder(context: Any) -> Any:
    """Return a better decoder for the stream's codec where this FFmpeg has one, else its own."""
    try:
        better: Any = av.CodecContext.create(BETTER[context.name], "r")
    except (KeyError, ValueError):  # PyAV's error for an unknown codec is a ValueError
        return context
    better.sample_rate, better.layout = context.sample_rate, "mono"
    return better


def _channels(frame: Any) -> Samples:
    """Return a frame's samples as float32 of shape ``(n_frames, n_channels)``."""
    array = frame.to_ndarray()
    samples = scaled(array, width=8 * array.dtype.itemsize)
    return samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)


def _declared_s(file: IO[bytes], container: Any, stream: Any) -> float | None:
    """Return the declared duration in seconds; None where it is an estimate from a bit rate."""
    name = container.format.name
    if is_fragmented(file):
        return None
    known = name in DECLARED or (name == "mp3" and _has_frame_count(file))
    if known and stream.duration:
        return float(stream.duration * stream.time_base)
    if name == "matroska,webm" and not container.streams.video and container.duration:
        return float(container.duration / av.time_base)
    return None


def _has_frame_count(file: IO[bytes]) -> bool:
    """Return whether an MP3 begins with a header of its number of frames (Xing, Info or VBRI)."""
    file.seek(end_of_tag(file))
    first = file.read(2048)
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))
