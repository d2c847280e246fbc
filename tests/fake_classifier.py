"""A classifier without weights: real audio checks, made-up codes, probabilities and attention."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import torch

from audiotok.audio import AudioSource, Recording, read_audio
from audiotok.calibration import DecisionRule, logits_of, probabilities_of
from audiotok.embedding_map import EmbeddingMap, PlacedWord
from audiotok.errors import AudioError
from audiotok.faithfulness import Faithfulness, MethodFalls
from audiotok.prediction import Attentions, Prediction, Scores, Summands
from audiotok.sequence import SequenceToken, TokenSequence, thin_evenly
from audiotok.size_scores import SizeCurves, SizeScore
from audiotok.token_profiles import TokenProfile, TokenProfiles
from audiotok.utterance import UtteranceEncoding
from audiotok.vocabulary import AudioVocabulary

FRAME_S = 0.02
EMOTIONS = ("happiness", "sadness", "anger", "fear", "disgust", "surprise")
RULES = {
    "emotion": DecisionRule(EMOTIONS, (0.4,) * 6),
    "sentiment": DecisionRule(("negative", "positive"), (0.6, 0.6)),
}
TEXT_ONLY = {
    "emotion": (0.12, 0.21, 0.08, 0.05, 0.04, 0.16),
    "sentiment": (0.55, 0.45),
}
TEXT_AUDIO = {
    "emotion": (0.78, 0.06, 0.14, 0.03, 0.02, 0.31),
    "sentiment": (0.14, 0.86),
}
# As above where there is a reference.
RELATIVE = {
    "emotion": (0.14, 0.67, 0.07, 0.06, 0.02, 0.09),
    "sentiment": (0.81, 0.19),
}
N_LAYERS, N_HEADS = 4, 3
UNSELECTED, QUIET = 1023, 0.002  # the code of all frames of a clip whose peak is below that
FAITHFULNESS = Faithfulness(
    n_tokens=60,
    n_clips=1234,
    n_speakers=9,
    shares=(0.05, 0.1, 0.2, 0.4),
    methods=tuple(
        MethodFalls(name=name, falls=(0.1 * fall,) * 4, area=fall, interval=(fall, fall))
        for name, fall in (("attention", 0.021), ("occlusion", 0.084), ("random", 0.017))
    ),
)
PIECES = ("[PAD]", "##ly", "##!", "glad", "happy", "[unused7]")


OLDER_BUNDLE = {"profiles": None, "sizes": None, "embedding_map": None, "faithfulness": None}


def make_vocabulary(task: str, n_tokens: int = 60) -> AudioVocabulary:
    rng = np.random.default_rng(7)
    classes = RULES[task].labels + (("neutral",) if task == "emotion" else ())
    pairs = sorted({(int(layer), int(code)) for layer, code in rng.integers(1, 9, (400, 2))})
    pairs = pairs[:n_tokens]
    return AudioVocabulary(
        classes, tuple(range(1, 9)), tuple(pairs), rng.normal(0, 0.3, (len(pairs), len(classes)))
    )


def make_codes(n_frames: int) -> np.ndarray:
    codes = np.random.default_rng(3).integers(0, 1024, (8, n_frames))
    often = np.random.default_rng(4).random(codes.shape) < 0.08
    return np.where(often, codes % 9, codes)


def make_sequence(text: str, selected: tuple, vocabulary: AudioVocabulary) -> TokenSequence:
    words = [
        SequenceToken(1, "text", word.group().lower(), span=word.span())
        for word in re.finditer(r"\w+|[^\w\s]", text)
    ]
    kept = thin_evenly(selected, 400)
    voice = [SequenceToken(2, "audio", vocabulary.strings[o.index], occurrence=o) for o in kept]
    markers = [
        SequenceToken(3, "marker", name)
        for name in ("text start", "text end", "audio start", "audio end")
    ]
    tokens = (
        SequenceToken(0, "special", "[CLS]"),
        markers[0],
        *words,
        markers[1],
        markers[2],
        *voice,
        markers[3],
        SequenceToken(0, "special", "[SEP]"),
    )
    return TokenSequence(tokens, text=tuple(words), n_selected=len(selected))


def make_scores(rule: DecisionRule, mean: tuple[float, ...]) -> Scores:
    """Three seeds around a mean, the spread a little different for each label."""
    off = np.linspace(0.01, 0.05, len(mean))
    return Scores(rule, np.array([mean - off, mean, mean + off]))


def make_summands(task: str) -> Summands:
    """Terms of the log-odds of ``TEXT_AUDIO``, a little different for each seed."""
    scores = make_scores(RULES[task], TEXT_AUDIO[task])
    total = logits_of(scores.per_seed, multi_label=task == "emotion")
    words = 0.5 * logits_of(np.array(TEXT_ONLY[task]), multi_label=True)
    bag = 3.0 * np.array(TEXT_AUDIO[task])
    probe = 0.5 * np.array(TEXT_AUDIO[task])
    terms = {
        "constants": np.full_like(total, -0.25),
        "words": np.broadcast_to(words, total.shape),
        "verdict_of_words": np.zeros_like(total),
        "bag_of_tokens": np.broadcast_to(bag, total.shape),
        "encoder_probe": np.broadcast_to(probe, total.shape),
    }
    return Summands(terms | {"voice": total - sum(terms.values())}, task == "emotion")


def make_prediction(
    task: str = "emotion",
    text: str = "Dinner is at seven.",
    duration_s: float = 2.0,
    recording: Recording | None = None,
) -> Prediction:
    if recording is None:
        times = np.arange(int(duration_s * 16_000)) / 16_000
        recording = Recording((0.3 * np.sin(2 * np.pi * 180 * times)).astype(np.float32))
    rule, vocabulary = RULES[task], make_vocabulary(task)
    codes = make_codes(max(1, round(recording.duration_s / FRAME_S)))
    is_quiet = np.abs(recording.samples).max() < QUIET
    if is_quiet:
        codes = np.full_like(codes, UNSELECTED)
    selected = vocabulary.find(codes)
    return Prediction(
        task=task,
        text=text.strip(),
        text_only=make_scores(rule, TEXT_ONLY[task]),
        text_audio=make_scores(rule, TEXT_AUDIO[task]),
        recording=recording,
        codes=codes,
        frame_s=FRAME_S,
        vocabulary=vocabulary,
        selected=selected,
        sequence=make_sequence(text.strip(), selected, vocabulary),
        text_sequence=make_sequence(text.strip(), (), vocabulary),
        notes=recording.notes,
        hearings=(codes,),
        frame_logits=None if is_quiet else make_frame_logits(task, codes.shape[1]),
        summands=make_summands(task),
    )


def make_frame_logits(task: str, n_frames: int) -> np.ndarray:
    """What each frame tells a probe: more for the first label, less for the last."""
    of_labels = np.linspace(0.4, -0.4, len(RULES[task].labels))
    return np.outer(of_labels, np.linspace(0.5, 1.5, n_frames))


def make_attentions(sequence: TokenSequence) -> Attentions:
    rng = np.random.default_rng(5)
    n = len(sequence.tokens)
    weights = rng.gamma(0.4, 1.0, (N_LAYERS, N_HEADS, n, n)).astype(np.float32)
    return Attentions(weights / weights.sum(axis=-1, keepdims=True), read_positions=(0,))


def read_reference(clip: AudioSource) -> Recording:
    try:
        return read_audio(clip)
    except AudioError as error:
        raise AudioError(f"The reference clip: {error}") from error


def telling_bundle(task: str) -> SimpleNamespace:
    """A bundle that has all optional files; tokens enter the path from the last to the first."""
    vocabulary = make_vocabulary(task)
    n_tokens = len(vocabulary)
    profiles = TokenProfiles(
        classes=vocabulary.classes,
        tokens=tuple(
            TokenProfile(
                layer=layer,
                code=code,
                n_occurrences=100 + index,
                pitch_semitones=3.1,
                shares={vocabulary.spoken_for[index]: 0.4},
                entry_c=0.01 * (n_tokens - index),
                rank=n_tokens - index,
            )
            for index, (layer, code) in enumerate(vocabulary.pairs)
        ),
    )
    sizes = SizeCurves(
        language_model=tuple(
            SizeScore(n_tokens=n, macro_f1={"nemo": 0.2 + n / 200, "ravdess": 0.3})
            for n in (4, 15, 30, 60)
        ),
        bag_of_tokens=(SizeScore(n_tokens=20, macro_f1={"nemo": 0.25}),),
    )
    angles = np.linspace(0, 2 * np.pi, n_tokens, endpoint=False)
    places = EmbeddingMap(
        explained=(0.21, 0.08),
        tokens=tuple(zip(np.cos(angles).tolist(), np.sin(angles).tolist(), strict=True)),
        words=(PlacedWord(word="happy", at=(0.1, 0.2)), PlacedWord(word="glad", at=(-0.4, 0.0))),
    )
    rows = FakeClassifier().bundle.rows
    return SimpleNamespace(
        rows=rows,
        profiles=profiles,
        sizes=sizes,
        embedding_map=places,
        faithfulness=FAITHFULNESS,
    )


class FakeCodec:
    """Decodes to a hum that is as loud as there are tokens in a frame."""

    codebook_size = 1024

    def layer_of(self, measure: str) -> int:
        return ("content", "pitch", "energy", "quality").index(measure) + 1

    def measures_by_code(self, layer: int) -> np.ndarray:
        return np.arange(1024.0)[:, None]

    def sounding_frames(self, codes: np.ndarray) -> np.ndarray:
        return np.ones(codes.shape[1], dtype=bool)

    def decode(self, codes: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
        loud = np.ones(codes.shape[1]) if kept is None else kept.mean(axis=0)
        hum = np.sin(2 * np.pi * 180 * np.arange(320 * len(loud)) / 16_000)
        return (0.1 * np.repeat(loud, 320) * hum).astype(np.float32)


@dataclass
class FakeClassifier:
    """Answers as ``audiotok.Classifier`` does; the text "crash" makes it crash.

    With a reference another label wins, and a note says how long the references last.
    """

    task: str = "emotion"
    listens_for_s: float = 0.0
    identity: str = "fake"

    @property
    def labels(self) -> tuple[str, ...]:
        return RULES[self.task].labels

    def predict(
        self,
        audio: AudioSource,
        text: str = "",
        reference: AudioSource | Sequence[AudioSource] = None,
        attentions: bool = False,
    ) -> Prediction:
        time.sleep(self.listens_for_s)
        if text == "crash":
            raise RuntimeError("the fake classifier crashed")
        prediction = make_prediction(self.task, text, recording=read_audio(audio))
        references = reference if isinstance(reference, list) else [reference]
        if lengths := [read_reference(clip).duration_s for clip in references if clip is not None]:
            prediction = replace(
                prediction,
                text_audio=make_scores(RULES[self.task], RELATIVE[self.task]),
                n_references=len(lengths),
                notes=(*prediction.notes, f"References of {sum(lengths):.1f} s were heard."),
            )
        if not attentions:
            return prediction
        return replace(prediction, attentions=self.attentions(prediction.sequence))

    mask_id: int | None = 0
    codec: FakeCodec = field(default_factory=FakeCodec)
    reader: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            n_layers=N_LAYERS, reads_last_position=False, word_embeddings=torch.eye(len(PIECES))
        )
    )
    builder: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            tokenizer=SimpleNamespace(
                convert_ids_to_tokens=lambda ids: [PIECES[id_] for id_ in ids]
            )
        )
    )
    bundle: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            rows=torch.linspace(1, 2, len(PIECES)).repeat(100, 1),
            **OLDER_BUNDLE,
        )
    )

    def encodings(
        self,
        text: str,
        hearings: Sequence[np.ndarray],
        plain: Sequence[np.ndarray] = (),
        frame_logits: np.ndarray | None = None,
    ) -> list[UtteranceEncoding]:
        vocabulary = make_vocabulary(self.task)
        return [
            UtteranceEncoding(
                make_sequence(text, vocabulary.find(codes), vocabulary),
                codes,
                tuple(plain),
                frame_logits=frame_logits,
            )
            for codes in hearings
        ]

    def probabilities(
        self,
        utterances: Sequence[Sequence[UtteranceEncoding]],
        twins: Sequence[str] = ("text_only", "text_audio"),
        seeds: Sequence[int] | None = None,
    ) -> dict[str, np.ndarray]:
        """Probabilities that fall with every audio token that is not heard; words lower them."""
        weights = make_vocabulary(self.task).weights[:, : len(self.labels)]
        logits = []
        for first, *_ in utterances:
            heard = [token.occurrence.index for token in first.sequence.tokens if token.occurrence]
            n_cut = sum(len(block.layers) for block in first.sequence.blocks)
            from_words = 0.1 * first.sequence.n_text_used
            frames = first.frame_logits
            from_probe = frames.mean(axis=1) if frames is not None and frames.size else 0.0
            of_tokens = 0.02 * weights[heard].sum(axis=0)
            logits.append(of_tokens + from_probe - 0.05 * n_cut - from_words)
        found = probabilities_of(np.array(logits), multi_label=True)
        offsets = [(-0.01, 0.0, 0.01)[seed] for seed in (range(3) if seeds is None else seeds)]
        by_seed = np.clip(np.stack([found + offset for offset in offsets]), 0, 1)
        return {twin: by_seed for twin in twins}

    def read(self, text: str) -> Scores:
        """Neutral, but for words of joy."""
        mean = TEXT_AUDIO[self.task] if "happy" in text else TEXT_ONLY[self.task]
        return make_scores(RULES[self.task], mean)

    def attentions(self, sequence: TokenSequence) -> Attentions:
        return make_attentions(sequence)
