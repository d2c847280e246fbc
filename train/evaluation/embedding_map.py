"""A fixed map of a bundle's embeddings: audio tokens among words, in two dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok.analysis.token_card import N_COMMON
from audiotok.bundle import Bundle
from audiotok.classifier import Classifier
from audiotok.embedding_map import EMBEDDING_MAP, EmbeddingMap, PlacedWord
from audiotok.optional_files import write
from audiotok.sequence import N_MARKERS
from audiotok.vocabulary import AudioVocabulary

ROWS = "audio_rows.weight"  # ends the name of an adapter's own embedding rows
BEGINS_WORD, CONTINUES_WORD = "Ġ▁", "##"  # as tokenizers mark pieces
SHORTEST_WORD = 3  # letters
N_FREQUENT = 400  # words; tokenizers list their pieces from frequent to rare
TELLING = 2  # tokens at least that a word is nearest to
DIGITS = 4
Array = NDArray[np.float64]


def embedding_map(classifier: Classifier) -> EmbeddingMap:
    """Place a bundle's audio tokens and some words on their two largest principal components.

    The embeddings are those that the language model reads, averaged over seeds. They are brought
    to unit length, so that distances follow cosines, and tokens and words weigh the same, however
    many there are of each. Words are those for the classes, common ones that are nearest to several
    tokens, and the most frequent ones.
    """
    bundle = classifier.bundle
    matrix = classifier.reader.word_embeddings.float().cpu().numpy()
    pieces = classifier.builder.tokenizer.convert_ids_to_tokens(list(range(len(matrix))))
    words = whole_words(pieces)
    rows = unit(heard_rows(bundle))
    placed = telling_words(words, unit(matrix[list(words.values())]), rows, bundle.vocabulary)
    others = unit(matrix[[words[word] for word in placed]])
    (tokens, named), explained = principal_plane(rows, others)
    return EmbeddingMap(
        explained=explained,
        tokens=tuple(tokens),
        words=tuple(PlacedWord(word=word, at=at) for word, at in zip(placed, named, strict=True)),
    )


def write_embedding_map(classifier: Classifier, folder: Path) -> EmbeddingMap:
    """Write the map of a bundle into its folder."""
    found = embedding_map(classifier)
    write(found, folder / EMBEDDING_MAP)
    return found


def heard_rows(bundle: Bundle) -> Array:
    """Return the tokens' embeddings as fine-tuned, mean of seeds, ``(n_tokens, dimension)``.

    Where the adapters have none of their own, those before fine-tuning.
    """
    states = [bundle.adapters["text_audio", seed].state for seed in bundle.config.seeds]
    own = [value for state in states for name, value in state.items() if name.endswith(ROWS)]
    rows = torch.stack(own).mean(dim=0) if own else bundle.rows
    return np.asarray(rows[N_MARKERS:].double().cpu().numpy())


def whole_words(pieces: Sequence[str]) -> dict[str, int]:
    """Return the pieces that are a word of letters, with their ids, in the tokenizer's order."""
    begins = next((mark for mark in BEGINS_WORD if any(p.startswith(mark) for p in pieces)), "")
    found: dict[str, int] = {}
    for id_, piece in enumerate(pieces):
        word = piece.removeprefix(begins)
        is_whole = piece.startswith(begins) and not piece.startswith(CONTINUES_WORD)
        if is_whole and word.isalpha() and len(word) >= SHORTEST_WORD:
            found.setdefault(word, id_)
    return found


def telling_words(
    words: dict[str, int], embeddings: Array, rows: Array, vocabulary: AudioVocabulary
) -> list[str]:
    """Return the words to place, those first that say most about the tokens.

    Parameters
    ----------
    words : all that there are, from frequent to rare, with their ids.
    embeddings : of these words, at unit length, shape ``(n_words, dimension)``.
    rows : of the tokens, at unit length, shape ``(n_tokens, dimension)``.
    """
    names = [word for word, id_ in words.items() if id_ < N_COMMON]  # the first of all
    classes = [word for word in vocabulary.classes if word in words]
    nearest = (embeddings[: len(names)] @ rows.T).argmax(axis=0) if names else []
    counts = Counter(map(int, nearest)).most_common()
    by_count = [names[place] for place, count in counts if count >= TELLING]
    return list(dict.fromkeys([*classes, *by_count, *names[:N_FREQUENT]]))


def principal_plane(
    *groups: Array,
) -> tuple[list[list[tuple[float, float]]], tuple[float, float]]:
    """Return coordinates on the two largest principal components, and the variance they hold.

    Parameters
    ----------
    groups : each of shape ``(n, dimension)``; all groups weigh the same. Empty ones stay so.

    Returns
    -------
    The coordinates of each group's rows, and each axis's share of the variance. The sign of an
    axis is that which makes its largest loading positive, so the same embeddings give one map.
    """
    there = [group for group in groups if len(group)]
    weights = np.concatenate([np.full(len(g), 1 / (len(g) * len(there))) for g in there])
    together = np.concatenate(there)
    centre = weights @ together
    _, sizes, axes = np.linalg.svd(
        (together - centre) * np.sqrt(weights)[:, None], full_matrices=False
    )
    plane = np.zeros((2, together.shape[1]))
    plane[: len(axes[:2])] = axes[:2]
    plane *= np.where(plane[range(2), np.abs(plane).argmax(axis=1)] < 0, -1, 1)[:, None]
    shares = sizes**2 / max(float((sizes**2).sum()), 1e-12)
    first, second = (round(float(share), DIGITS) for share in [*shares, 0.0, 0.0][:2])
    placed = [((group - centre) @ plane.T).round(DIGITS) for group in groups]
    return [[(float(x), float(y)) for x, y in each] for each in placed], (first, second)


def unit(embeddings: NDArray[np.floating]) -> Array:
    """Return embeddings at unit length; those of length 0 as they are."""
    lengths = np.linalg.norm(embeddings, axis=-1, keepdims=True)
    return np.asarray(embeddings / np.maximum(lengths, 1e-12), dtype=np.float64)
