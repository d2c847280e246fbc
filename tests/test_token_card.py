"""A token's card, and what a bundle may say of its tokens."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from audiotok.analysis.token_card import (
    nearest_words,
    profile_sentence,
    token_card,
    token_record,
)
from audiotok.bundle import Bundle
from audiotok.errors import AudiotokError, BundleError
from audiotok.sequence import N_MARKERS
from audiotok.token_profiles import TOKEN_PROFILES, TokenProfile, TokenProfiles
from tests.fake_classifier import FakeClassifier, make_prediction
from tests.sounds import spoken
from tests.talkative import classifier_of


def profiles_of(vocabulary, **changes: object) -> TokenProfiles:
    return TokenProfiles(
        classes=vocabulary.classes,
        tokens=tuple(
            TokenProfile(layer=layer, code=code, n_occurrences=7, **changes)
            for layer, code in vocabulary.pairs
        ),
    )


def test_a_card_says_where_a_token_sounds_and_for_what_it_speaks() -> None:
    prediction = make_prediction()
    chosen = prediction.selected[4]
    lasting = (*prediction.selected[:4], replace(chosen, n_frames=3), *prediction.selected[5:])
    card = token_card(
        FakeClassifier(), replace(prediction, selected=lasting), chosen.layer, chosen.code
    )
    same = [each for each in lasting if each.index == chosen.index]
    np.testing.assert_allclose(
        card.sounds_s, [(each.frame * 0.02, each.end * 0.02) for each in same]
    )
    assert max(card.weights, key=card.weights.get) == card.speaks_for
    assert [word for word, _ in card.nearest] == ["happy", "glad", "ly"]  # no marks, none unused
    record = token_record(card)
    assert record["profile"] is None
    assert "no file 'token_profiles.json'" in record["sentence"]


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_the_nearest_word_is_the_one_with_that_embedding(kind, codec) -> None:
    classifier = classifier_of(f"tiny/{kind}", codec)
    words = classifier.reader.word_embeddings
    place = classifier.builder.tokenizer("happy", add_special_tokens=False)["input_ids"][0]
    rows = classifier.bundle.rows.clone()
    rows[N_MARKERS + 1] = 3 * words[place]
    bundle = replace(classifier.bundle, rows=rows)
    ((word, cosine), *others) = nearest_words(replace(classifier, bundle=bundle), 1, 5)
    assert word == "happy"
    assert cosine == pytest.approx(1, abs=1e-5)
    assert len(others) == 4
    prediction = classifier.predict((16_000, spoken(0.6)), "")
    layer, code = prediction.vocabulary.pairs[0]
    assert token_card(classifier, prediction, layer, code).name == f"<L{layer}:{code}>"


def test_profiles_are_a_part_of_a_bundle_that_may_be_missing(bundle, tmp_path) -> None:
    profiles = profiles_of(bundle.vocabulary, pitch_semitones=2.0, shares={"anger": 0.5})
    replace(bundle, profiles=profiles).save_pretrained(tmp_path)
    assert Bundle.from_pretrained(tmp_path).profiles == profiles
    bundle.save_pretrained(tmp_path)  # over it: what was measured of other tokens goes
    assert Bundle.from_pretrained(tmp_path).profiles is None


def test_profiles_that_do_not_fit_are_refused_in_one_sentence(bundle, tmp_path) -> None:
    profiles = profiles_of(bundle.vocabulary)
    fewer = profiles.model_copy(update={"tokens": profiles.tokens[1:]})
    with pytest.raises(BundleError, match="not about the tokens of the bundle's audio vocab"):
        replace(bundle, profiles=fewer)
    for shares in ({"joy": 0.5}, {"anger": 0.7, "sadness": 0.7}):
        with pytest.raises(BundleError, match="of no class of it, or add up to more than 1"):
            replace(bundle, profiles=profiles_of(bundle.vocabulary, shares=shares))
    replace(bundle, profiles=profiles).save_pretrained(tmp_path)
    path = tmp_path / TOKEN_PROFILES
    good = json.loads(path.read_text())
    for changes, sentence in (
        ({"format": "x"}, "wrong at 'format'"),
        ({"tokens": [{"layer": 1}]}, r"wrong at 'tokens\.0\.code'"),
        ({"tokens": [good["tokens"][0] | {"rank": 0}]}, r"wrong at 'tokens\.0\.rank'"),
        ({"tokens": [good["tokens"][0] | {"energy_db": "NaN"}]}, r"tokens\.0\.energy_db"),
        ({"more": 1}, "wrong at 'more'"),
    ):
        path.write_text(json.dumps(good | changes))
        with pytest.raises(BundleError, match=sentence):
            Bundle.from_pretrained(tmp_path)
    path.write_text("{")
    with pytest.raises(BundleError, match="is not JSON"):
        Bundle.from_pretrained(tmp_path)


def test_a_profile_is_told_in_words() -> None:
    profile = TokenProfile(
        layer=2,
        code=5,
        n_occurrences=1240,
        pitch_semitones=3.14,
        energy_db=-4.0,
        harmonicity=0.8,
        shares={"anger": 0.2, "happiness": 0.41},
    )
    assert profile_sentence(profile) == (
        "In training it sounded 1,240 times: high (+3.1 semitones), soft (−4 dB), clear; "
        "41% of them in happiness."
    )
    plain = TokenProfile(layer=2, code=5, n_occurrences=3, pitch_semitones=0.1)
    assert "much as the speaker's voice is otherwise." in profile_sentence(plain)
    assert "voiceless" in profile_sentence(plain.model_copy(update={"pitch_semitones": None}))


def test_a_card_holds_the_profile_of_its_token() -> None:
    prediction = make_prediction()
    profiles = profiles_of(prediction.vocabulary)
    rows = torch.ones(100, 6)
    classifier = FakeClassifier(bundle=SimpleNamespace(rows=rows, profiles=profiles))
    layer, code = prediction.vocabulary.pairs[3]
    record = token_record(token_card(classifier, prediction, layer, code))
    assert (record["profile"]["layer"], record["profile"]["code"]) == (layer, code)


def test_a_token_that_is_not_selected_is_one_sentence() -> None:
    with pytest.raises(AudiotokError, match="not in the audio vocabulary; choose one of its 60"):
        token_card(FakeClassifier(), make_prediction(), 99, -1)
