"""Train the shipped small SpeechTokenizer.

First an autoencoder, then eight codebooks started by k-means on its latents' residuals, then
quantized training with a random number of layers (quantizer dropout) and with codes revived that
fell out of use (both from SoundStream, Zeghidour et al. 2021). The architecture and the quantizer
are the ``speechtokenizer`` package's own.

Teachers (``teachers.py``) own the first dimensions of the latents. A taught layer's codes are
zero outside its teacher's dimensions, so the nearest code is the nearest there, and what the
other layers need stays in the residual. Taught latents learn absolute measures; before quantizing
an offset makes them relative to the clip, or, in half of the segments, to a reference clip, and is
undone for the decoder. Some segments get noise, with clean targets and reconstruction. Clips
resampled to other speeds serve as further voices.

The latents are whitened before the codebooks start (``whitening.py``).

At last the encoder is trained to give the same codes under reverberation, noise and telephone
coding (``noise_robustness.py``).
"""

from __future__ import annotations

import logging

import torch
from tqdm import tqdm

from audiotok.audio import SAMPLE_RATE
from audiotok.codec import Codec
from audiotok.codec_files import is_codec, write_codec
from audiotok.device import resolve_device
from train.codec import teachers
from train.codec.card import write_card
from train.codec.learner import CodecLearner
from train.codec.loop import batches, digest_of, forget_before, load_state, save_state
from train.codec.noise_robustness import train_noise_robust
from train.codec.report import measure_codec
from train.codec.segments import Segments
from train.codec.settings import CodecConfig
from train.codec.voices import Voice, read_voices
from train.corpora.reading import read_corpora
from train.encoding.codes import CODES
from train.execution.folders import check_output, check_writable

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"  # in the config's ``work``
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


def train_codec(config: CodecConfig) -> None:
    """Train the codec and write ``config.out``; resumes from the checkpoint in ``config.work``.

    Raises
    ------
    AudiotokError
        When a folder holds something else or cannot be written, a corpus cannot be read, or the
        teachers need more layers or dimensions than the codec has.
    """
    device = resolve_device(config.device)
    check_writable(config.work, "work")
    check_output(config.out, "codec", is_codec)
    torch.backends.cudnn.benchmark = True  # all segments are of one length
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    records = [record for _, record in read_corpora(config.corpora, config.data_dir)]
    training = [record for record in records if record.split == "train" and record.audio]
    voices = read_voices(training, config)
    waves = [voice.wave for voice in voices]
    taught, targets = teachers.prepare(config.teachers, waves)
    learner = CodecLearner(config, device, taught)
    _learn(learner, Segments(voices, targets, config), voices)
    if config.noise_robust_training:
        train_noise_robust(learner.model, taught, waves, config, config.noise_robust_training)
    write_codec(learner.model, config.model, config.out, taught)
    forget_before(config.work / CHECKPOINT)
    unseen = [record for record in records if record.split == "test"]
    report = measure_codec(Codec.load(config.out, device), unseen, config.work.parent / CODES)
    hours = sum(len(v.wave) * v.speed for v in voices) / len(config.speeds) / SAMPLE_RATE / 3600
    card = write_card(config, report, len(training), hours)
    (config.out / "README.md").write_text(card, encoding="utf-8")
    logger.info("wrote %s", config.out)


def _learn(learner: CodecLearner, segments: Segments, voices: list[Voice]) -> None:
    """Train to the last step, resuming from the newest checkpoint of the same config and clips."""
    config, path = learner.config, learner.config.work / CHECKPOINT
    key = digest_of((voice.wave for voice in voices), config.model_dump(exclude=UNLEARNED))
    if state := load_state(path, learner.device, key):
        learner.resume(state)
        logger.info("going on from step %d", learner.step)
    with tqdm(total=config.steps, initial=learner.step, desc="codec", unit="step") as bar:
        for batch in batches(segments, learner.step, config.steps, learner.device):
            if learner.starts_to_quantize:
                learner.start_codebooks(segments)
            log_mel, error = learner.train_step(batch.to(learner.device))
            bar.update()
            if learner.step % 50 == 0:
                bar.set_postfix(log_mel=f"{log_mel.item():.3f}", taught=f"{error.item():.3f}")
            if learner.step % config.checkpoint_every == 0 or learner.step == config.steps:
                save_state(learner.state, path, key)
