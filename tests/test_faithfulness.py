"""Which explanation names what decides: the bundle's file, and the sentence of the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audiotok.bundle import Bundle
from audiotok.errors import BundleError
from audiotok.faithfulness import FAITHFULNESS, METHODS, Faithfulness, faithfulness_sentence
from audiotok.language import speaking
from audiotok.ui.deciding_view import trust_html
from tests.fake_classifier import FAITHFULNESS as FOUND


def found_with(**areas: float) -> Faithfulness:
    facts = FOUND.model_dump()
    facts["methods"] = [
        {"name": name, "falls": [area] * 4, "area": area, "interval": (area, area)}
        for name, area in areas.items()
    ]
    return Faithfulness.model_validate(facts)


@pytest.fixture
def told(bundle: Bundle) -> Bundle:
    about = FOUND.model_copy(update={"n_tokens": len(bundle.vocabulary)})
    return replace(bundle, faithfulness=about)


def test_it_comes_back_and_goes_with_the_bundle(
    told: Bundle, bundle: Bundle, tmp_path: Path
) -> None:
    told.save_pretrained(tmp_path)
    assert Bundle.from_pretrained(tmp_path).faithfulness == told.faithfulness
    bundle.save_pretrained(tmp_path)
    assert Bundle.from_pretrained(tmp_path).faithfulness is None


METHOD = {"name": "attention", "falls": [0.1] * 4, "area": 0.1, "interval": [0.1, 0.1]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "x"}, "wrong at 'format'"),
        ({"n_tokens": 3}, "is about 3 tokens"),
        ({"n_clips": 0}, "wrong at 'n_clips'"),
        ({"shares": [0.1, 0.1, 0.2, 0.4]}, "shares must grow"),
        ({"shares": [0.1, 0.2, 0.4, 1.5]}, r"shares\.3"),
        ({"shares": [0.1]}, "one fall for each share"),
        ({"methods": [METHOD, METHOD]}, "each method stands once"),
        ({"methods": [METHOD, METHOD | {"name": "rollout"}]}, "attention and random among them"),
        ({"methods": [METHOD, METHOD | {"name": "<b>"}]}, r"methods\.1\.name"),
        ({"methods": [METHOD, METHOD | {"area": "NaN"}]}, r"methods\.1\.area"),
        ({"methods": [METHOD, METHOD | {"area": 2}]}, r"methods\.1\.area"),
        ({"more": 1}, "wrong at 'more'"),
    ],
)
def test_what_is_wrong_in_it_is_one_sentence(
    told: Bundle, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    told.save_pretrained(tmp_path)
    path = tmp_path / FAITHFULNESS
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(BundleError, match=sentence):
        Bundle.from_pretrained(tmp_path)


def test_the_winner_comes_first_and_attention_beside_it() -> None:
    assert faithfulness_sentence(FOUND).startswith(
        "Ranking sounds by leaving out moments finds best what a verdict rests on: it "
        "loses 8.4 points without the sounds that come first, 2.1 without those that get most "
        "attention, 1.7 without sounds picked at random (measured on 1,234 clips"
    )
    gradient = found_with(attention=0.02, gradient=0.5, occlusion=0.4, random=0.0)
    assert "by gradient × input finds best" in faithfulness_sentence(gradient)
    attention = found_with(attention=0.2, occlusion=0.1, random=0.01)
    assert faithfulness_sentence(attention).startswith("Attention finds best")
    chance = found_with(attention=0.02, occlusion=0.01, random=0.03)
    assert faithfulness_sentence(chance).startswith("No way of ranking sounds")


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ("attention", "random")])
def test_every_winner_has_a_name_in_spanish(name: str) -> None:
    found = found_with(attention=0.0, random=0.0, **{name: 0.1})
    with speaking("es"):
        spanish = faithfulness_sentence(found)
    assert spanish.startswith("De todas las formas de ordenar los sonidos, ")
    assert "10,0 puntos" in spanish


def test_the_page_says_nothing_where_nobody_measured_it() -> None:
    assert trust_html(None) == ""
    assert "8.4 points" in trust_html(FOUND)
