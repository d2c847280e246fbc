"""The speech codec SpeechTokenizer (Zhang et al., ICLR 2024): load, encode, decode."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok.acoustics import measures
from audiotok.acoustics.functionals import READ, Functionals
from audiotok.acoustics.taught_dimensions import Measurements, TaughtDimensions
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.chunked_decoder import decode_in_chunks
from audiotok.codec_files import (
    NOTHING_TAUGHT,
    codec_folder,
    read_config,
    read_state,
    read_taught,
    with_moving_averages,
)
from audiotok.codec_package import import_speechtokenizer
from audiotok.errors import AudioError, BundleError
from audiotok.vocabulary import Codes

logger = logging.getLogger(__name__)

QUIET = -60.0  # of measures.energy: about 40 dB below the loud frames


@dataclass(frozen=True)
class Codec:
    """A loaded SpeechTokenizer.

    Attributes
    ----------
    model : ``speechtokenizer.SpeechTokenizer`` in evaluation mode.
    config : its configuration, the keys of the ``speechtokenizer`` package, and ``input_peak``:
        the peak amplitude that every clip is scaled to before it is encoded (null: not scaled).
    taught : the acoustic measures that the first dimensions of its latents were trained to equal;
        empty for a codec trained without them, which takes no reference.
    """

    model: Any
    config: dict[str, Any]
    taught: TaughtDimensions = NOTHING_TAUGHT

    @classmethod
    def load(
        cls,
        source: str | Path | None = None,
        device: str | torch.device = "cpu",
        *,
        revision: str | None = None,
        token: str | None = None,
    ) -> Codec:
        """Load a codec: the shipped one (None), that of a folder, or that of a hub id.

        Parameters
        ----------
        device : where it computes.
        revision : branch, tag or commit of the hub's repository; None takes the default branch.
        token : access token of the hub; None takes that of ``hf auth login``, if any.

        Raises
        ------
        BundleError
            When a file is missing, cannot be downloaded or does not fit the architecture.
        """
        folder = codec_folder(source, revision, token)
        config = read_config(folder)
        model = import_speechtokenizer()(config)
        state = read_state(folder)
        state = with_moving_averages(state, model.state_dict())
        try:
            model.load_state_dict({name: value.float() for name, value in state.items()})
        except RuntimeError as error:
            raise BundleError(
                f"The codec's weights in '{folder}' do not fit its config."
            ) from error
        return cls(model.eval().requires_grad_(False).to(device), config, read_taught(folder))

    @property
    def n_layers(self) -> int:
        """Number of quantizer layers."""
        return int(self.model.n_q)

    @property
    def codebook_size(self) -> int:
        """Number of codes of each layer."""
        return int(self.config["codebook_size"])

    @property
    def samples_per_frame(self) -> int:
        """Samples of a frame, at 16 kHz."""
        return int(self.model.downsample_rate)

    @property
    def frame_s(self) -> float:
        """Duration of one frame in seconds (0.02)."""
        return self.samples_per_frame / SAMPLE_RATE

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.model.parameters()).device

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that determines codes: encoder, codebooks, input level, acoustic measures.

        The version of the measures enters from 2 on, so that bundles made with version 1 stay
        valid.
        """
        digest = hashlib.sha256(json.dumps(self.config.get("input_peak")).encode())
        for name, value in sorted(self.model.state_dict().items()):
            if name.startswith("encoder.") or name.endswith(".embed"):
                digest.update(name.encode())
                digest.update(value.cpu().contiguous().numpy().tobytes())
        for name, value in sorted(self.taught.tensors().items()):
            digest.update(name.encode())
            digest.update(value.numpy().tobytes())
        if self.taught and measures.VERSION > 1:
            digest.update(f"measures {measures.VERSION}".encode())
        return digest.hexdigest()[:16]

    @property
    def takes_reference(self) -> bool:
        """Whether codes can be normalised by a reference clip of the speaker."""
        return bool(self.taught)

    def encode(self, samples: Samples, references: Sequence[Measurements] = ()) -> Codes:
        """Encode a waveform, shape ``(n_samples,)``, into codes, shape ``(n_layers, n_frames)``.

        The taught dimensions are quantized relative to the clip's own level or, with references,
        to that of the speaker's neutral voice. Decoded, codes with references differ from the clip
        by as much as the clip differs from the references.

        Clips are not batched. Padding would change the codes through the bidirectional LSTM and
        the reflect padding, and even clips of equal length get latents that differ in the last
        bit, which changes the code of about one frame in five thousand. One clip alone keeps all
        cores busy.

        Parameters
        ----------
        samples : float32, mono, 16 kHz.
        references : results of ``measure`` for neutral clips of the same speaker.

        Raises
        ------
        AudioError
            When the waveform has another shape or no samples.
        BundleError
            When there are references and the codec takes none.
        """
        return self.encode_relative(samples, [references])[0]

    def encode_relative(
        self, samples: Samples, alternatives: Sequence[Sequence[Measurements]]
    ) -> list[Codes]:
        """Return codes as ``encode`` does, one for each set of references, which may be empty.

        The encoder runs once for all of them.
        """
        levelled = self.levelled(samples)
        measured = self.taught.measure(levelled)
        with torch.inference_mode(), _full_precision():
            latents = self.model.encoder(torch.from_numpy(levelled)[None, None].to(self.device))
            return [self._quantize(latents, measured, references) for references in alternatives]

    def measure(self, samples: Samples) -> Measurements:
        """Return the taught acoustic measures of a reference clip, shape ``(n_samples,)``."""
        return self.taught.measure(self.levelled(samples))

    def _quantize(
        self, latents: torch.Tensor, measured: Measurements, references: Sequence[Measurements]
    ) -> Codes:
        if references and not self.takes_reference:
            raise BundleError("This codec was taught nothing that a reference could move.")
        step = torch.zeros(latents.shape[1], device=latents.device)
        step[: self.taught.n_dimensions] = torch.from_numpy(self.taught.step(measured, references))
        latents = latents + step[None, :, None]
        # All layers, always: encode(st=1) would skip subtracting layer 1.
        codes = self.model.quantizer.encode(latents, n_q=self.n_layers, st=0)
        found: Codes = codes[:, 0].cpu().numpy()
        return found

    def sounding(self, codes: Codes) -> Codes:
        """Return codes, shape ``(n_layers, n_frames)``, without the frames that are silent.

        Silent are frames whose code stands for an energy below ``QUIET``: where a recording is
        silent, and for how long, says nothing of the voice. All frames are kept where all are
        silent, or where the codec has no layer that was taught energy.
        """
        return codes[:, self.sounding_frames(codes)]

    def sounding_frames(self, codes: Codes) -> NDArray[np.bool_]:
        """Return which frames ``sounding`` keeps, shape ``(n_frames,)``."""
        everything = np.ones(codes.shape[1], dtype=bool)
        if not self._energy_layer:
            return everything
        kept = ~self._is_silent_code[codes[self._energy_layer - 1]]
        return kept if kept.any() else everything

    def layer_of(self, measure: str) -> int:
        """Return the 1-based layer that was taught a measure, such as pitch; 0 where none was."""
        names = [taught.name for taught in self.taught.measures]
        return names.index(measure) + 1 if measure in names else 0

    @property
    def _energy_layer(self) -> int:
        return self.layer_of("energy")

    @cached_property
    def _is_silent_code(self) -> NDArray[np.bool_]:
        """Codes of the energy layer that stand for silent frames, shape ``(codebook_size,)``."""
        return self.measures_by_code(self._energy_layer)[:, 0] < QUIET

    @cached_property
    def functionals(self) -> Functionals:
        """Functionals of the measures that the codes stand for; empty where none were taught."""
        taught = enumerate(self.taught.measures)
        tables = {i: self.measures_by_code(i + 1) for i, each in taught if each.name in READ}
        return Functionals.of_layers(tables, self.codebook_size)

    def measures_by_code(self, layer: int) -> NDArray[np.float64]:
        """Return the measures, relative to the level, that the codes of a taught layer stand for.

        Parameters
        ----------
        layer : 1-based.

        Returns
        -------
        Shape ``(codebook_size, n_columns)``.
        """
        latents = self.codebook(layer)[:, self.taught.slices[layer - 1]]
        return self.taught.measures[layer - 1].measured(latents).astype(np.float64)

    def levelled(self, samples: Samples) -> Samples:
        """Scale a waveform, shape ``(n_samples,)``, to the peak amplitude ``input_peak``.

        Raises
        ------
        AudioError
            When the waveform has another shape or no samples.
        """
        if samples.ndim != 1 or not samples.size:
            raise AudioError(f"A clip must have shape (n_samples,), not {samples.shape}.")
        peak = float(np.abs(samples).max())
        wanted = self.config.get("input_peak")
        if not wanted or not peak:
            return samples.astype(np.float32)
        return (samples * (wanted / peak)).astype(np.float32)

    def decode(
        self,
        codes: Codes,
        layers: Sequence[int] | None = None,
        kept: NDArray[np.bool_] | None = None,
    ) -> Samples:
        """Decode codes, shape ``(n_layers, n_frames)``, from all of them or some.

        Parameters
        ----------
        layers : 1-based layers to decode from; None takes all.
        kept : codes to decode from, shape ``(n_layers, n_frames)``; None takes all.

        Returns
        -------
        Waveform of shape ``(n_frames * samples_per_frame,)``, float32, 16 kHz.

        Raises
        ------
        BundleError
            When a layer of the codes is missing, the codec has no such layer, or ``kept`` has
            another shape.
        """
        chosen = range(1, self.n_layers + 1) if layers is None else layers
        among = kept is None or kept.shape == codes.shape
        fits = codes.shape[0] == self.n_layers and set(chosen) <= set(range(1, self.n_layers + 1))
        if not fits or not among:
            raise BundleError(
                f"Decoding needs codes of all {self.n_layers} layers and layers among them; "
                f"given codes of shape {codes.shape} and layers {list(chosen)}."
            )
        with torch.inference_mode():
            indices = torch.from_numpy(np.ascontiguousarray(codes)).to(self.device)[:, None]
            latents = torch.zeros(1, self.config["dimension"], codes.shape[1], device=self.device)
            for layer in chosen:
                vectors = self.model.quantizer.vq.layers[layer - 1].decode(indices[layer - 1])
                if kept is not None:
                    vectors = vectors * torch.from_numpy(kept[layer - 1]).to(self.device)
                latents += vectors
            found = decode_in_chunks(self.model.decoder, latents, self.samples_per_frame)
            wave: Samples = found.cpu().numpy()
        return wave

    def codebook(self, layer: int) -> Samples:
        """Return the codebook of a 1-based layer, shape ``(codebook_size, dimension)``."""
        vectors: Samples = self.model.quantizer.vq.layers[layer - 1].codebook.cpu().numpy()
        return vectors

    @property
    def codebooks(self) -> list[Samples]:
        """The vectors of every layer, each of shape ``(codebook_size, dimension)``."""
        return [self.codebook(layer) for layer in range(1, self.n_layers + 1)]


@contextmanager
def _full_precision() -> Iterator[None]:
    """Turn off TensorFloat-32, cuDNN's default, whose 10-bit mantissa would change codes."""
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = allowed
