"""Train the small SpeechTokenizer that ships.

First an autoencoder, then eight codebooks started by k-means on its latents' residuals, then
quantized training with a random number of layers (quantizer dropout) and with codes revived that
fell out of use (both from SoundStream, Zeghidour et al. 2021). The architecture and the quantizer
are the ``speechtokenizer`` package's own.

Teachers (``teachers.py``) own the first dimensions of the latents. A taught layer's codes are
zero outside its teacher's dimensions, so the nearest code is the nearest there, and what the
other layers need stays in the residual. The latents learn to say what sounds, and move to what is
relative to the clip before they are quantized; half of the segments move as far as with a
reference, and back for the decoder. Some segments get noise that the codec should not hear: targets
and the sound to rebuild stay clean. Clips played faster and slower are further voices.

A plain autoencoder puts nearly all variance into a few directions of its latents, and k-means sees
little else. So the latents are whitened before the codebooks start: a linear map, folded into the
encoder's last and the decoder's first convolution, that leaves the reconstruction as it was.

At last the encoder learns to hear the same through rooms, noise and lines
(``noise_robustness.py``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset
from tqdm import tqdm

from audiotok.acoustics.measures import FRAME
from audiotok.acoustics.taught_dimensions import TaughtDimensions
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.codec import Codec, import_speechtokenizer
from audiotok.codec_files import is_codec, write_codec
from audiotok.device import resolve_device
from audiotok.errors import DataError
from train.codec import teachers
from train.codec.card import write_card
from train.codec.log_mel import LogMelDistance
from train.codec.loop import batches, digest_of, forget_before, load_state, save_state
from train.codec.noise_robustness import harden
from train.codec.report import measure_codec
from train.codec.settings import CodecConfig
from train.codec.teachers import Targets
from train.corpora.reading import read_corpora
from train.corpora.records import Record
from train.encoding.codes import CODES, read_clip
from train.encoding.distortions import change_speed, coloured_noise
from train.execution.folders import check_output, check_writable

logger = logging.getLogger(__name__)

NOTHING_TAUGHT = TaughtDimensions()
# What a checkpoint does not depend on; the clips count as they sound.
UNLEARNED = {
    "data_dir",
    "out",
    "work",
    "corpora",
    "noise_robust_training",
    "checkpoint_every",
    "note",
}
REFERENCE_SHARE = 0.5  # of the segments, quantized as if they were heard beside a reference


def train_codec(config: CodecConfig) -> None:
    """Train, or go on from the checkpoint in ``config.work``, and write ``config.out``."""
    device = resolve_device(config.device)
    check_writable(config.work, "work")
    check_output(config.out, "codec", is_codec)
    torch.backends.cudnn.benchmark = True  # all segments are of one length
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    records = read_corpora(config.corpora, config.data_dir)
    heard = [record for _, record in records if record.split == "train" and record.audio]
    voices = read_voices(heard, config)
    taught, targets = teachers.prepare(config.teachers, [voice.wave for voice in voices])
    segments = Segments(voices, targets, config)
    key = digest_of((voice.wave for voice in voices), config.model_dump(exclude=UNLEARNED))
    run = _Run(config, device, taught, key)
    run.resume()
    with tqdm(total=config.steps, initial=run.step, desc="codec", unit="step") as bar:
        for batch in batches(segments, run.step, config.steps, device):
            if run.step == run.first_quantized_step and not run.quantized:
                run.start_codebooks(segments)
            log_mel, error = run.train_step(batch.to(device))
            bar.update()
            if run.step % 50 == 0:
                bar.set_postfix(log_mel=f"{log_mel.item():.3f}", taught=f"{error.item():.3f}")
            if run.step % config.checkpoint_every == 0 or run.step == config.steps:
                run.save()
    if config.noise_robust_training:
        harden(
            run.model,
            taught,
            [voice.wave for voice in voices],
            config,
            config.noise_robust_training,
        )
    write_codec(run.model, config.model, config.out, taught)
    forget_before(run.checkpoint)
    unseen = [record for _, record in records if record.split == "test"]
    report = measure_codec(Codec.load(config.out, device), unseen, config.work.parent / CODES)
    hours = sum(len(v.wave) * v.speed for v in voices) / len(config.speeds) / SAMPLE_RATE / 3600
    card = write_card(config, report, len(heard), hours)
    (config.out / "README.md").write_text(card, encoding="utf-8")
    logger.info("wrote %s", config.out)


@dataclass(frozen=True)
class Voice:
    """A clip to learn from.

    Attributes
    ----------
    wave : shape ``(n_samples,)``, played ``speed`` times as fast, near the peak that is encoded.
    """

    speaker: tuple[str, str, float]
    wave: Samples
    speed: float


def read_voices(records: list[Record], config: CodecConfig) -> list[Voice]:
    """Read all clips at every speed."""
    clips = tqdm(records, desc="read", unit="clip")
    return [
        voice for number, clip in enumerate(clips) for voice in read_voice(number, clip, config)
    ]


def read_voice(number: int, record: Record, config: CodecConfig) -> list[Voice]:
    """Read a clip at every speed, each as much as 3 dB off the peak that is encoded."""
    rng = np.random.default_rng([config.seed, number, 2])
    clip = read_clip(record.audio)
    voices = []
    for speed in config.speeds:
        wave = change_speed(clip, speed) if speed != 1 else clip
        peak = (config.model.get("input_peak") or 0.5) * 10 ** (rng.uniform(-3, 3) / 20)
        wave = wave * np.float32(peak / max(float(np.abs(wave).max()), 1e-4))
        voices.append(Voice((record.corpus, record.speaker or record.id, speed), wave, speed))
    return voices


@dataclass(frozen=True)
class Batch:
    """Segments to learn from.

    Attributes
    ----------
    heard, clean : what is encoded and what is rebuilt, shape ``(batch, 1, n_samples)``.
    targets : shape ``(batch, n_frames, n_taught_dimensions)``; NaN where the clip has ended.
    step : what the taught latents move by, shape ``(batch, n_taught_dimensions)``.
    aside : how much further they move where a reference is heard, and back after quantizing.
    """

    heard: Tensor
    clean: Tensor
    targets: Tensor
    step: Tensor
    aside: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(getattr(self, part.name).to(device) for part in fields(self)))


class Segments(Dataset[Batch]):
    """Batches of random segments; that of a step is the same whenever it is asked for."""

    def __init__(self, voices: list[Voice], targets: list[Targets], config: CodecConfig) -> None:
        self.voices, self.targets, self.config = voices, targets, config
        weights = np.array([len(voice.wave) for voice in voices], dtype=float)
        self.weights = weights / weights.sum()
        self.of_speaker: dict[tuple[str, str, float], list[int]] = {}
        for number, voice in enumerate(voices):
            self.of_speaker.setdefault(voice.speaker, []).append(number)

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.config.seed, step])
        chosen = rng.choice(len(self.voices), size=self.config.batch_size, p=self.weights)
        parts = [self._segment(int(number), rng) for number in chosen]
        columns = (torch.from_numpy(np.stack(column)) for column in zip(*parts, strict=True))
        heard, clean, *taught = columns
        return Batch(heard[:, None], clean[:, None], *taught)

    def _segment(self, number: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], ...]:
        """A random piece, with and without noise, and what is taught of it."""
        voice, targets = self.voices[number], self.targets[number]
        n_frames = round(self.config.segment_s * SAMPLE_RATE / FRAME)
        first = int(rng.integers(0, max(1, len(targets.frames) - n_frames)))
        piece = voice.wave[first * FRAME : (first + n_frames) * FRAME]
        clean = np.pad(piece, (0, n_frames * FRAME - len(piece)))
        heard = clean
        if rng.random() < self.config.noise_share:
            loudness = float(np.sqrt(np.mean(voice.wave**2)))
            noise = coloured_noise(len(clean), rng)
            softer = 10 ** (-rng.uniform(*self.config.snr_db) / 20)
            heard = clean + noise * np.float32(loudness * softer)
        taught = targets.frames[first : first + n_frames]
        missing = ((0, n_frames - len(taught)), (0, 0))
        aside = np.zeros_like(targets.step)
        if rng.random() < REFERENCE_SHARE:
            same = self.of_speaker[voice.speaker]
            aside = self.targets[same[rng.integers(len(same))]].as_reference - targets.step
        return heard, clean, np.pad(taught, missing, constant_values=np.nan), targets.step, aside


class _Run:
    """Model, optimizer and step of one training run."""

    def __init__(
        self,
        config: CodecConfig,
        device: torch.device,
        taught: TaughtDimensions = NOTHING_TAUGHT,
        key: str = "",
    ) -> None:
        self.key = key
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.model = import_speechtokenizer()(config.model).to(device)
        for layer in self.codebooks:
            layer.threshold_ema_dead_code = 0  # else every rare code is replaced at each step
        self.distance = LogMelDistance().to(device)
        # What each layer quantizes: taught ones their teacher's dimensions, the others all.
        self.n_taught = taught.n_dimensions
        if self.n_taught > config.model["dimension"] or len(taught.measures) > config.model["n_q"]:
            raise DataError(
                f"The teachers need {self.n_taught} dimensions and {len(taught.measures)} layers; "
                f"the codec has {config.model['dimension']} and {config.model['n_q']}."
            )
        self.masks = torch.ones(config.model["n_q"], config.model["dimension"], device=device)
        for mask, owned in zip(self.masks, taught.slices, strict=False):
            mask[:] = 0
            mask[owned] = 1
        parameters = self.model.parameters()
        self.optimizer = torch.optim.AdamW(parameters, lr=config.learning_rate, betas=(0.8, 0.99))
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, config.steps)
        self.step = 0
        self.quantized = False
        self.first_quantized_step = int(config.steps * config.autoencoder_share)

    @property
    def codebooks(self) -> list[Any]:
        return [layer._codebook for layer in self.model.quantizer.vq.layers]

    @property
    def checkpoint(self) -> Path:
        return self.config.work / "checkpoint.pt"

    @property
    def settling(self) -> bool:
        """The last part of the run, in which codes are no longer replaced."""
        return self.step >= self.config.revive_share * self.config.steps

    def resume(self) -> None:
        state = load_state(self.checkpoint, self.device, self.key)
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.step, self.quantized = state["step"], state["quantized"]
        logger.info("going on from step %d", self.step)

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "quantized": self.quantized,
        }
        save_state(state, self.checkpoint, self.key)

    def train_step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One update; returns the log-mel distance and the mean squared error of the taught
        dimensions."""
        latents = self.model.encoder(batch.heard)
        taught = self.taught_loss(latents, batch.targets)
        loss = self.config.teacher_weight * taught
        latents = self.moved(latents, batch.step)
        if self.quantized:
            latents = self.moved(latents, batch.aside)
            if self.step % self.config.revive_every == 0 and not self.settling:
                self.revive_codes(latents)
            rng = np.random.default_rng([self.config.seed, self.step, 1])
            n_layers = int(rng.integers(1, self.model.n_q + 1))
            quantized, _, _, by_layer = self.model.quantizer(
                latents, n_q=n_layers, layers=list(range(n_layers))
            )
            loss = loss + self.config.commitment_weight * self.commitment(latents, by_layer)
            self.keep_to_masks()
            latents = self.moved(quantized, -batch.aside)
        output = self.model.decoder(latents)
        log_mel = self.distance(output[:, 0], batch.clean[:, 0])
        loss = loss + log_mel
        loss = loss + self.config.waveform_weight * functional.l1_loss(output, batch.clean)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        return log_mel.detach(), taught.detach()

    def moved(self, latents: Tensor, step: Tensor) -> Tensor:
        """Move the taught dimensions, ``(batch, n_taught_dimensions)``, of all frames."""
        missing = latents.shape[1] - step.shape[1]
        return latents + functional.pad(step, (0, missing))[:, :, None]

    def taught_loss(self, latents: Tensor, targets: Tensor) -> Tensor:
        """Mean squared error of the taught dimensions where there is a target."""
        known = ~targets.isnan()
        if not known.any():
            return torch.zeros((), device=self.device)
        said = latents[:, : self.n_taught].transpose(1, 2)
        return functional.mse_loss(said[known], targets[known])

    def commitment(self, latents: Tensor, by_layer: list[Tensor]) -> Tensor:
        """Pull the latents to their codes, each layer in the dimensions that it quantizes."""
        residual, total = latents, torch.zeros((), device=self.device)
        for quantized, mask in zip(by_layer, self.masks, strict=False):
            residual = residual - quantized.detach()
            total = total + (residual**2 * mask[:, None]).mean() * (len(mask) / mask.sum())
        return total / len(by_layer)

    @torch.no_grad()
    def keep_to_masks(self) -> None:
        """Undo what the moving averages learned outside a taught layer's dimensions."""
        for codebook, mask in zip(self.codebooks, self.masks, strict=True):
            if not mask.all():
                codebook.embed.mul_(mask)
                codebook.embed_avg.mul_(mask)

    @torch.no_grad()
    def start_codebooks(self, segments: Segments) -> None:
        """Mini-batch k-means, layer after layer, on what the layers before leave over."""
        config = self.config
        n_frames = int(config.segment_s * SAMPLE_RATE) // self.model.downsample_rate
        n_batches = -(-config.kmeans_frames // int(n_frames * config.batch_size))
        latents = []
        for batch in (segments[step].to(self.device) for step in range(n_batches)):
            heard = self.moved(self.model.encoder(batch.heard), batch.step + batch.aside)
            latents.append(heard.transpose(1, 2))
        frames = torch.cat(latents).flatten(0, 1)
        residual = self.whiten(frames)[: config.kmeans_frames].cpu().numpy()
        frames_a_step = n_frames * config.batch_size
        layers = zip(self.codebooks, self.masks.cpu().numpy(), strict=True)
        for codebook, mask in tqdm(layers, desc="k-means", unit="layer"):
            means = MiniBatchKMeans(
                codebook.codebook_size, batch_size=4096, n_init=1, random_state=config.seed
            ).fit(residual * mask)
            embed = torch.from_numpy(means.cluster_centers_).to(self.device)
            counts = np.bincount(means.labels_, minlength=codebook.codebook_size)
            # The moving averages count frames a step, so the start must too.
            size = torch.from_numpy(counts * (frames_a_step / len(residual))).float() + 1e-2
            codebook.embed.copy_(embed)
            codebook.cluster_size.copy_(size)
            codebook.embed_avg.copy_(embed * size.to(self.device)[:, None])
            codebook.inited.fill_(True)
            residual = residual - means.cluster_centers_[means.labels_]
        self.quantized = True

    @torch.no_grad()
    def whiten(self, frames: Tensor) -> Tensor:
        """Fold a whitening of latents ``(n_frames, dimension)`` into encoder and decoder.

        Taught dimensions stay as they are; the others have a mean variance of 1 afterwards.
        Returns the same frames as the encoder gives them from now on.
        """
        n_taught, identity = self.n_taught, torch.eye(frames.shape[1], device=self.device)
        mean = frames.mean(dim=0)
        mean[:n_taught] = 0
        free = (frames - mean)[:, n_taught:]
        variances, directions = torch.linalg.eigh(torch.cov(free.T))
        scale = variances.clamp(min=1e-6 * float(variances.max())) ** (self.config.whitening / 2)
        scale = scale * torch.sqrt((variances / scale**2).mean())
        there, back = identity.clone(), identity
        there[n_taught:, n_taught:] = (directions / scale).T
        back[n_taught:, n_taught:] = directions * scale
        last, first = self.model.encoder.model[-1].conv.conv, self.model.decoder.model[0].conv.conv
        first_weight = first.weight.detach()
        _set_weight(last, torch.einsum("ed,dck->eck", there, last.weight.detach()))
        last.bias.copy_(there @ (last.bias - mean))
        first.bias.add_(torch.einsum("odk,d->o", first_weight, mean))
        _set_weight(first, torch.einsum("odk,de->oek", first_weight, back))
        self.optimizer.state.clear()  # its moments belong to the old weights
        return (frames - mean) @ there.T

    @torch.no_grad()
    def revive_codes(self, latents: Tensor) -> None:
        """Move codes that are hardly used to frames of this batch.

        ``latents`` has shape ``(batch, dimension, n_frames)``.

        Upstream's own threshold counts uses a step, which is below it for every code here.
        """
        residual = latents.transpose(1, 2).flatten(0, 1)
        rng = np.random.default_rng([self.config.seed, self.step, 3])
        for codebook, mask in zip(self.codebooks, self.masks, strict=True):
            codes = codebook.quantize(residual)
            usual = codebook.cluster_size.mean()
            dead = torch.nonzero(codebook.cluster_size < self.config.revive_below * usual)[:, 0]
            chosen = torch.from_numpy(rng.permutation(len(residual))[: len(dead)]).to(self.device)
            dead = dead[: len(chosen)]
            codebook.embed[dead] = residual[chosen] * mask
            codebook.cluster_size[dead] = usual
            codebook.embed_avg[dead] = residual[chosen] * mask * usual
            residual = residual - codebook.dequantize(codes)


def _set_weight(conv: Any, weight: Tensor) -> None:
    """Set the weight of a weight-normed convolution, ``(n_out, n_in, n_taps)``."""
    conv.weight_v.copy_(weight)
    conv.weight_g.copy_(weight.flatten(1).norm(dim=1)[:, None, None])
