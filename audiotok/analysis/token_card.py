"""A token's card: what can be said of one audio token, in this clip and in general."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiotok.analysis.export import Record
from audiotok.analysis.verdict import label_name
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.sequence import N_MARKERS
from audiotok.token_profiles import NO_PROFILES, TokenProfile

N_NEAREST = 8
# Pieces, which tokenizers list from frequent to rare: among the rare ones are words that no class
# should read, and a token lies near them by chance.
N_COMMON = 5_000
N_SEARCHED = 400  # pieces; special and unused ones among them are passed over
WORD_BOUNDARIES = "#Ġ▁Ċ "  # as tokenizers write them
SPECIAL = re.compile(r"\[.*\]|<.*>")
HIGH_SEMITONES, LOUD_DB = 1.5, 3.0  # from where on a token is called high or loud
STEADY_HARMONICITY = 0.7


@dataclass(frozen=True)
class TokenCard:
    """What is said of one token.

    Attributes
    ----------
    layer, code, name : which one, such as 2, 517, ``<L2:517>``.
    weights : its weight for every class in the lasso that selected it.
    speaks_for : class of the largest weight.
    sounds_s : start and end in seconds of each time it sounds in the clip.
    nearest : word pieces of the most similar embeddings, with the cosine, nearest first.
    profile : what it stood for in training; None where the bundle does not say.
    """

    layer: int
    code: int
    name: str
    weights: dict[str, float]
    speaks_for: str
    sounds_s: tuple[tuple[float, float], ...]
    nearest: tuple[tuple[str, float], ...]
    profile: TokenProfile | None


def token_card(classifier: Classifier, prediction: Prediction, layer: int, code: int) -> TokenCard:
    """Return the card of a token of the audio vocabulary, whether it sounds in the clip or not.

    Raises
    ------
    AudiotokError
        When the audio vocabulary has no such token.
    """
    vocabulary = prediction.vocabulary
    if (layer, code) not in vocabulary.pairs:
        raise AudiotokError(
            say(
                "The token <L{layer}:{code}> is not in the audio vocabulary; choose one of its "
                "{n:,}.",
                layer=layer,
                code=code,
                n=len(vocabulary),
            )
        )
    index = vocabulary.pairs.index((layer, code))
    frame_s = prediction.frame_s
    profiles = classifier.bundle.profiles
    return TokenCard(
        layer,
        code,
        vocabulary.strings[index],
        vocabulary.weights_of(index),
        vocabulary.spoken_for[index],
        tuple(
            (each.frame * frame_s, each.end * frame_s)
            for each in prediction.selected
            if each.index == index
        ),
        nearest_words(classifier, index, N_NEAREST),
        profiles.tokens[index] if profiles else None,
    )


def nearest_words(classifier: Classifier, index: int, n: int) -> tuple[tuple[str, float], ...]:
    """Return the common pieces whose embeddings are most similar to a token's, with the cosine.

    Parameters
    ----------
    index : place of the token in the audio vocabulary; its embedding is that before fine-tuning.
    n : how many; fewer where the backbone has fewer pieces with a letter.
    """
    matrix = classifier.reader.word_embeddings[:N_COMMON]
    row = classifier.bundle.rows[N_MARKERS + index].to(matrix.device, matrix.dtype)
    lengths = (matrix.norm(dim=1) * row.norm()).clamp(min=1e-12)
    cosines, ids = (matrix @ row / lengths).topk(min(N_SEARCHED, len(matrix)))
    pieces = classifier.builder.tokenizer.convert_ids_to_tokens(ids.tolist())
    found = [
        (piece.strip(WORD_BOUNDARIES), float(cosine))
        for piece, cosine in zip(pieces, cosines, strict=True)
        if not SPECIAL.fullmatch(piece) and any(map(str.isalpha, piece.strip(WORD_BOUNDARIES)))
    ]
    return tuple(found[:n])


def profile_sentence(profile: TokenProfile | None) -> str:
    """Return one sentence on what a token stood for in training."""
    if profile is None:
        return say(NO_PROFILES)
    told = ", ".join(_adjectives(profile)) or say("much as the speaker's voice is otherwise")
    n = profile.n_occurrences
    if not profile.shares:
        return say("In training it sounded {n:,} times: {told}.", n=n, told=told)
    most = max(profile.shares, key=lambda name: profile.shares[name])
    return say(
        "In training it sounded {n:,} times: {told}; {share:.0%} of them in {most}.",
        n=n,
        told=told,
        share=profile.shares[most],
        most=label_name(most),
    )


def _adjectives(profile: TokenProfile) -> list[str]:
    told = []
    if profile.pitch_semitones is None:
        told.append(say("voiceless"))
    elif abs(semitones := profile.pitch_semitones) >= HIGH_SEMITONES:
        is_high = semitones > 0
        high = mark("high ({n:+.1f} semitones)") if is_high else mark("low ({n:+.1f} semitones)")
        told.append(say(high, n=semitones))
    if profile.energy_db is not None and abs(profile.energy_db) >= LOUD_DB:
        loud = mark("loud ({n:+.0f} dB)") if profile.energy_db > 0 else mark("soft ({n:+.0f} dB)")
        told.append(say(loud, n=profile.energy_db))
    if profile.pitch_semitones is not None and profile.harmonicity is not None:
        is_clear = profile.harmonicity >= STEADY_HARMONICITY
        told.append(say("clear") if is_clear else say("breathy or rough"))
    return [each.replace("-", "−") for each in told]


def token_record(card: TokenCard) -> Record:
    """Return the card in types of JSON."""
    return {
        "layer": card.layer,
        "code": card.code,
        "token": card.name,
        "weights": card.weights,
        "speaks_for": card.speaks_for,
        "sounds": [
            {"start_s": round(start, 6), "end_s": round(end, 6)} for start, end in card.sounds_s
        ],
        "nearest_words": [
            {"word": word, "cosine": round(cosine, 4)} for word, cosine in card.nearest
        ],
        "profile": card.profile.model_dump() if card.profile else None,
        "sentence": profile_sentence(card.profile),
    }
