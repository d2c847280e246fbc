"""What a bundle may have beside its weights: written, read, refused in one sentence, left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audiotok.bundle import FILES, Bundle
from audiotok.embedding_map import EMBEDDING_MAP, EmbeddingMap, PlacedWord
from audiotok.errors import BundleError
from audiotok.optional_files import NAMES
from audiotok.size_scores import SIZES, SizeCurves, SizeScore

SIZES_THERE = SizeCurves(
    language_model=(
        SizeScore(n_tokens=5, macro_f1={"nemo": 0.3, "ravdess": 0.2}),
        SizeScore(n_tokens=40, macro_f1={"nemo": 0.5, "ravdess": 0.4}),
    )
)


def map_of(n_tokens: int) -> EmbeddingMap:
    return EmbeddingMap(
        explained=(0.3, 0.1),
        tokens=tuple((float(i), -0.5) for i in range(n_tokens)),
        words=(PlacedWord(word="happy", at=(0.1, 0.2)),),
    )


@pytest.fixture
def full(bundle: Bundle) -> Bundle:
    return replace(bundle, sizes=SIZES_THERE, embedding_map=map_of(len(bundle.vocabulary)))


def test_optional_files_come_back_and_go_with_the_bundle_that_they_are_about(
    full: Bundle, bundle: Bundle, tmp_path: Path
) -> None:
    full.save_pretrained(tmp_path)
    read = Bundle.from_pretrained(tmp_path)
    assert (read.sizes, read.embedding_map) == (full.sizes, full.embedding_map)
    assert {SIZES, EMBEDDING_MAP} < set(NAMES) < set(FILES)  # so they are downloaded too
    bundle.save_pretrained(tmp_path)
    assert not {SIZES, EMBEDDING_MAP} & {path.name for path in tmp_path.iterdir()}
    again = Bundle.from_pretrained(tmp_path)
    assert (again.sizes, again.embedding_map) == (None, None)


def test_a_folder_that_is_no_bundle_keeps_its_files(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / SIZES).write_text("of somebody else")
    with pytest.raises(BundleError, match="is not JSON"):
        bundle.save_pretrained(tmp_path)
        Bundle.from_pretrained(tmp_path)


SCORE = {"n_tokens": 5, "macro_f1": {"nemo": 0.3}}


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        (SIZES, {"format": "x"}, "wrong at 'format'"),
        (SIZES, {"language_model": [SCORE | {"n_tokens": 0}]}, r"language_model\.0\.n_tokens"),
        (SIZES, {"language_model": [SCORE | {"macro_f1": {"a": 1.5}}]}, r"macro_f1\.a"),
        (SIZES, {"language_model": [SCORE | {"macro_f1": {"a": "NaN"}}]}, r"macro_f1\.a"),
        (SIZES, {"language_model": [SCORE, SCORE]}, "sizes must grow"),
        (SIZES, {"language_model": [], "bag_of_tokens": []}, "scores of some size"),
        (
            SIZES,
            {"bag_of_tokens": [SCORE, {"n_tokens": 9, "macro_f1": {"other": 0.1}}]},
            "on the same corpora",
        ),
        (SIZES, {"language_model": [SCORE] * 101}, "wrong at 'language_model'"),
        (EMBEDDING_MAP, {"explained": [0.2, 1.2]}, r"explained\.1"),
        (EMBEDDING_MAP, {"tokens": [[1e300, 0]]}, r"tokens\.0\.0"),
        (EMBEDDING_MAP, {"tokens": [["NaN", 0]]}, r"tokens\.0\.0"),
        (EMBEDDING_MAP, {"tokens": [[0, 0]]}, "places 1 tokens, but"),
        (EMBEDDING_MAP, {"words": [{"word": "x" * 61, "at": [0, 0]}]}, r"words\.0\.word"),
        (EMBEDDING_MAP, {"more": 1}, "wrong at 'more'"),
    ],
)
def test_what_is_wrong_in_one_is_one_sentence(
    full: Bundle, tmp_path: Path, name: str, changes: dict[str, Any], sentence: str
) -> None:
    full.save_pretrained(tmp_path)
    path = tmp_path / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(BundleError, match=sentence) as refused:
        Bundle.from_pretrained(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", ["{", "[" * 50_000, "\x00", "[]", "7"])
def test_what_is_no_such_file_is_one_sentence(
    bundle: Bundle, tmp_path: Path, name: str, content: str
) -> None:
    bundle.save_pretrained(tmp_path)
    (tmp_path / name).write_text(content)
    with pytest.raises(BundleError, match=name):
        Bundle.from_pretrained(tmp_path)
