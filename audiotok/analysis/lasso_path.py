"""How many tokens: the order in which the lasso took them, in a clip, and what sizes tell.

A lasso with a weaker penalty keeps more tokens. Along this path (Efron et al. 2004) a bundle's
tokens enter one after another, so its first ``n`` are what a smaller selection would have been.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.export import Record, as_csv
from audiotok.bundle import Bundle
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.size_scores import NO_SIZES, SizeCurves, SizeScore
from audiotok.vocabulary import AudioVocabulary

NO_PATH = mark(
    "This bundle does not say in which order the lasso took its tokens; training writes that into "
    "its file 'token_profiles.json'."
)
NEARLY_BEST = 0.95  # of the best macro-F1
COLUMNS = ("rank", "token", "layer", "code", "entry_c", "speaks_for", "n_in_clip", "n_kept")


@dataclass(frozen=True)
class LassoPath:
    """The path of a bundle's tokens, and this clip's tokens along it.

    Attributes
    ----------
    vocabulary : the bundle's tokens.
    order : indices of the tokens in the vocabulary as they enter the path, shape ``(n_tokens,)``;
        None where the bundle does not say.
    entry_c : C of the lasso, the inverse of its penalty, at which each enters, in that order;
        None where it is not known.
    n_in_clip : how often each sounds in the clip, in that order, or in the vocabulary's where the
        order is not known, shape ``(n_tokens,)``.
    sizes : what other sizes tell; None where nobody measured it.
    """

    vocabulary: AudioVocabulary
    order: NDArray[np.int64] | None
    entry_c: tuple[float | None, ...]
    n_in_clip: NDArray[np.int64]
    sizes: SizeCurves | None

    @property
    def n_kept(self) -> NDArray[np.int64]:
        """How many of the clip's tokens the first 1, 2, … of the path keep, ``(n_tokens,)``."""
        return np.cumsum(self.n_in_clip)

    @property
    def n_all(self) -> int:
        """How many of the clip's tokens the whole selection keeps."""
        return int(self.n_in_clip.sum())

    def places(self) -> NDArray[np.int64]:
        """Return each token's place on the path, 1 for the first, in the vocabulary's order.

        Raises
        ------
        AudiotokError
            When the bundle does not say.
        """
        order = path_order(self)
        places = np.empty_like(order)
        places[order] = np.arange(1, len(order) + 1)
        return places


def path_order(found: LassoPath) -> NDArray[np.int64]:
    """Return the order of the path; raises AudiotokError where the bundle does not say."""
    if found.order is None:
        raise AudiotokError(say(NO_PATH))
    return found.order


def lasso_path(bundle: Bundle, prediction: Prediction) -> LassoPath:
    """Return the path of a bundle's tokens, with how often each sounds in a clip.

    Raises
    ------
    AudiotokError
        When the bundle knows neither the path nor what other sizes tell.
    """
    vocabulary, profiles = prediction.vocabulary, bundle.profiles
    counts = Counter(each.index for each in prediction.selected)
    n_in_clip = np.array([counts[index] for index in range(len(vocabulary))], dtype=np.int64)
    ranks = [each.rank for each in profiles.tokens] if profiles else []
    if not any(rank is not None for rank in ranks):
        if bundle.sizes is None:
            raise AudiotokError(say(NO_PATH))
        return LassoPath(vocabulary, None, (), n_in_clip, bundle.sizes)
    # A token that is on no step of the path came last.
    last = len(ranks) + 1
    order = np.argsort([rank or last for rank in ranks], kind="stable").astype(np.int64)
    entry_c = tuple(profiles.tokens[index].entry_c for index in order) if profiles else ()
    return LassoPath(vocabulary, order, entry_c, n_in_clip[order], bundle.sizes)


def path_sentence(found: LassoPath) -> str:
    """Return one sentence on how few tokens of the path make half of what sounds in the clip."""
    if found.order is None:
        return say(NO_PATH)
    if not found.n_all:
        return say("None of the {n:,} selected tokens sounds in this clip.", n=len(found.order))
    n = int(np.searchsorted(found.n_kept, found.n_all / 2)) + 1
    return say(
        "The {n:,} tokens that the lasso took first, of {all:,}, make half of the {kept:,} that "
        "are lit in this clip.",
        n=n,
        all=len(found.order),
        kept=found.n_all,
    )


def sizes_sentence(sizes: SizeCurves | None) -> str:
    """Return one sentence on the size from which on more tokens tell little more."""
    if sizes is None:
        return say(NO_SIZES)
    curve = sizes.language_model or sizes.bag_of_tokens
    scores = [_mean(each) for each in curve]
    best = max(scores)
    enough = next(i for i, score in enumerate(scores) if score >= NEARLY_BEST * best)
    return say(
        _told(bool(sizes.language_model), is_best=scores[enough] == best),
        score=scores[enough],
        n=curve[enough].n_tokens,
        best=best,
        most=curve[scores.index(best)].n_tokens,
    )


def _told(is_language_model: bool, *, is_best: bool) -> str:
    if is_language_model and is_best:
        return mark(
            "On test speakers the language model does best with {n:,} tokens, of the sizes that "
            "were tried: macro-F1 {score:.2f}."
        )
    if is_language_model:
        return mark(
            "On test speakers the language model reaches a macro-F1 of {score:.2f} with {n:,} "
            "tokens, and {best:.2f} with {most:,}."
        )
    if is_best:
        return mark(
            "On test speakers a linear model does best when it counts {n:,} tokens, of the sizes "
            "that were tried: macro-F1 {score:.2f}."
        )
    return mark(
        "On test speakers a linear model that counts {n:,} tokens reaches a macro-F1 of "
        "{score:.2f}, and {best:.2f} with {most:,}."
    )


def _mean(score: SizeScore) -> float:
    return float(np.mean(list(score.macro_f1.values())))


def lasso_path_record(found: LassoPath) -> Record:
    """Return the path and the scores of sizes in types of JSON."""
    return {
        "n_tokens": len(found.vocabulary),
        "n_in_clip": found.n_all,
        "sentence": path_sentence(found),
        "path": [dict(zip(COLUMNS, row, strict=True)) for row in _rows(found)]
        if found.order is not None
        else None,
        "sizes": found.sizes.model_dump(exclude={"format"}) if found.sizes else None,
        "sizes_sentence": sizes_sentence(found.sizes),
    }


def lasso_path_csv(found: LassoPath) -> str:
    """Return the path as CSV, a row a token; raises AudiotokError where it is not known."""
    return as_csv(list(COLUMNS), _rows(found))


def _rows(found: LassoPath) -> list[list[Any]]:
    vocabulary, n_kept = found.vocabulary, found.n_kept
    return [
        [
            place + 1,
            vocabulary.strings[index],
            *vocabulary.pairs[index],
            found.entry_c[place],
            vocabulary.spoken_for[index],
            int(found.n_in_clip[place]),
            int(n_kept[place]),
        ]
        for place, index in enumerate(path_order(found))
    ]
