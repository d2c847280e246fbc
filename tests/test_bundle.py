from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy.special import expit, logit

from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.bundle import Bundle
from audiotok.calibration import Calibration
from audiotok.classifier import Classifier, load
from audiotok.errors import BundleError
from audiotok.sequence import N_MARKERS
from audiotok.utterance import UtteranceEncoding
from tests.conftest import LABELS, random_bundle, tone
from tests.sounds import spoken


@pytest.fixture
def folder(bundle: Bundle, tmp_path: Path) -> Path:
    bundle.save_pretrained(tmp_path / "bundle")
    return tmp_path / "bundle"


def hear(classifier: Classifier, text: str, samples: Samples) -> UtteranceEncoding:
    _, codes, selected = classifier.tokenize((SAMPLE_RATE, samples))
    return UtteranceEncoding(classifier.builder.build(text, selected), codes)


def with_calibration(bundle: Bundle, calibration: Calibration) -> Bundle:
    calibrations = {"calibration": {"text_audio": calibration}}
    return replace(bundle, config=bundle.config.model_copy(update=calibrations))


def test_a_saved_bundle_predicts_as_before(bundle, folder, codec) -> None:
    audio = (16_000, spoken(1.0))
    bundle = with_calibration(bundle, Calibration(bag_of_tokens=0.3))
    bundle.save_pretrained(folder)
    before = Classifier.load(bundle, codec).predict(audio, "good news")
    after = Classifier.load(Bundle.from_pretrained(folder), codec).predict(audio, "good news")
    np.testing.assert_allclose(after.text_audio.mean, before.text_audio.mean, atol=5e-3)
    np.testing.assert_allclose(after.text_only.mean, before.text_only.mean, atol=5e-3)


def test_weights_are_half_precision_without_embedding_and_without_paths(folder, backbones) -> None:
    for path in folder.rglob("*.safetensors"):
        state = load_file(path)
        assert {value.dtype for value in state.values()} == {torch.float16}
        assert not any("matrix" in name or "embeddings.weight" in name for name in state)
    text = "".join(p.read_text() for p in folder.rglob("*.json"))
    assert str(backbones) not in text
    configs = [json.loads(p.read_text()) for p in folder.rglob("adapter_config.json")]
    assert {config["base_model_name_or_path"] for config in configs} == {"tiny/bert"}


@pytest.mark.parametrize(
    "missing",
    [
        "config.json",
        "vocabulary.json",
        "rows.safetensors",
        "text_only/seed_1/adapter_config.json",
        "text_audio/seed_2/adapter_model.safetensors",
    ],
)
def test_a_missing_file_is_named(folder, missing) -> None:
    (folder / missing).unlink()
    with pytest.raises(BundleError, match=Path(missing).name):
        Bundle.from_pretrained(folder)


def test_a_bundle_from_before_coarse_vocabularies_is_read(folder) -> None:
    for name, of_seven in (
        ("config.json", {"version": 8, "speech_encoder_fingerprint": None}),
        ("vocabulary.json", {"groups": None, "merge_repeats": False, "min_frames": 1}),
    ):
        content = json.loads((folder / name).read_text())
        assert of_seven.items() <= content.items()
        older = {key: value for key, value in content.items() if key not in of_seven}
        older |= {"version": 6} if name == "config.json" else {}
        (folder / name).write_text(json.dumps(older))
    bundle = Bundle.from_pretrained(folder)
    assert (bundle.config.version, bundle.vocabulary.groups) == (6, None)


def test_an_unknown_version_is_refused(folder) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"version": 99}))
    with pytest.raises(BundleError, match="version 99"):
        Bundle.from_pretrained(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", "{"),
        ("config.json", "{}"),
        ("config.json", "[1]"),
        ("vocabulary.json", "{}"),
        ("vocabulary.json", "no"),
        ("rows.safetensors", "rubbish"),
        ("text_audio/seed_1/adapter_model.safetensors", ""),
    ],
)
def test_a_broken_file_is_one_sentence(folder, name, content) -> None:
    (folder / name).write_text(content)
    with pytest.raises(BundleError) as error:
        Bundle.from_pretrained(folder)
    assert "\n" not in str(error.value)


def test_rows_must_fit_the_vocabulary(folder) -> None:
    save_file({"rows": torch.zeros(5, 16)}, folder / "rows.safetensors")
    with pytest.raises(BundleError, match="do not fit"):
        Bundle.from_pretrained(folder)


def test_rows_must_be_as_wide_as_the_backbone(folder, codec, vocabulary) -> None:
    rows = torch.zeros(N_MARKERS + len(vocabulary), 7)
    save_file({"rows": rows}, folder / "rows.safetensors")
    with pytest.raises(BundleError, match="16 wide"):
        Classifier.load(folder, codec)


def test_another_codec_is_refused(folder, codec_folder, tmp_path) -> None:
    from audiotok.codec import Codec

    other = tmp_path / "other"
    shutil.copytree(codec_folder, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"input_peak": 0.9}))
    with pytest.raises(BundleError, match="another codec"):
        Classifier.load(folder, Codec.load(other))


def test_a_folder_that_is_no_bundle_and_a_task_that_it_lacks(folder, tmp_path) -> None:
    with pytest.raises(BundleError, match="not a bundle"):
        load(bundle=tmp_path)
    with pytest.raises(BundleError, match="neither a bundle folder nor a hub id"):
        load(bundle=tmp_path / "nowhere" / "at" / "all")
    with pytest.raises(BundleError, match="for 'emotion', not 'sentiment'"):
        load(task="sentiment", bundle=folder)
    with pytest.raises(BundleError, match="No model ships for 'joy'"):
        load(task="joy")


@pytest.mark.parametrize("kind", ["bert", "roberta", "llama"])
def test_any_backbone_is_a_config_value(kind, codec, vocabulary) -> None:
    classifier = Classifier.load(random_bundle(f"tiny/{kind}", codec, vocabulary), codec)
    prediction = classifier.predict((16_000, spoken(0.6)), "kids are talking", attentions=True)
    assert prediction.text_audio.per_seed.shape == (2, len(LABELS))
    assert np.ptp(prediction.text_audio.per_seed, axis=0).max() > 1e-4  # seeds differ
    n = len(prediction.sequence.ids)
    assert prediction.attentions.weights.shape == (2, 2, n, n)
    read = (n - 1,) if kind == "llama" else tuple(range(n))
    assert prediction.attentions.read_positions == read
    np.testing.assert_allclose(prediction.attentions.weights.sum(axis=-1), 1, atol=1e-4)


@pytest.mark.parametrize("kind", ["bert", "roberta", "llama"])
def test_one_pass_gives_what_single_passes_give(kind, codec, vocabulary) -> None:
    classifier = Classifier.load(random_bundle(f"tiny/{kind}", codec, vocabulary), codec)
    heard = [
        hear(classifier, text, tone(s, hz))
        for text, s, hz in [("good news", 0.5, 120.0), ("", 0.9, 200.0), ("bad dogs", 0.3, 90.0)]
    ]
    together = classifier.probabilities([[each] for each in heard])
    for index, each in enumerate(heard):
        alone = classifier.probabilities([[each]])
        for twin, scores in alone.items():
            np.testing.assert_allclose(scores[:, 0], together[twin][:, index], atol=1e-5)


def test_hearings_of_one_utterance_are_averaged(codec, vocabulary, backbones) -> None:
    classifier = Classifier.load(random_bundle("tiny/bert", codec, vocabulary), codec)
    low, high = (hear(classifier, "good news", tone(0.6, hz)) for hz in (120.0, 240.0))
    found = classifier.probabilities([[low, high], [low], [high]])
    both, one, other = (logit(found["text_audio"][:, i]) for i in range(3))
    assert np.abs(one - other).max() > 1e-4
    np.testing.assert_allclose(both, (one + other) / 2, atol=1e-5)
    np.testing.assert_allclose(found["text_only"][:, 0], found["text_only"][:, 1], atol=1e-6)


def test_calibration_moves_logits_and_adds_what_others_say(codec, vocabulary, backbones) -> None:
    raw = random_bundle("tiny/bert", codec, vocabulary)
    told = Calibration(scale=0.5, shift=-1.0, words=0.25, bag_of_tokens=0.125)
    plain, moved = (
        Classifier.load(b, codec).predict((16_000, spoken(0.6)), "good news")
        for b in (raw, with_calibration(raw, told))
    )
    np.testing.assert_array_equal(plain.text_only.per_seed, moved.text_only.per_seed)
    voice, words = logit(plain.text_audio.per_seed), plain.text_only
    named = words.rule.said(words.per_seed)
    assert named.any()
    counted = expit(raw.bag_of_tokens.logits(plain.codes))
    expected = expit(0.5 * voice - 1.0 + 0.25 * named + 0.125 * counted)
    np.testing.assert_allclose(moved.text_audio.per_seed, expected, rtol=1e-5)


def test_a_bag_that_is_missing_or_does_not_fit_is_named(codec, bundle, folder) -> None:
    with_calibration(bundle, Calibration(bag_of_tokens=0.3)).save_pretrained(folder)
    (folder / "bag_of_tokens.safetensors").unlink()
    with pytest.raises(BundleError, match=r"lacks its file 'bag_of_tokens.safetensors'"):
        Bundle.from_pretrained(folder)
    bag = bundle.bag_of_tokens
    two = BagOfTokens(bag.weights[:2], bag.bias[:2], bag.functionals, bag.functional_weights[:2])
    with pytest.raises(BundleError, match="one function for each label"):
        replace(bundle, bag_of_tokens=two)
    with pytest.raises(BundleError, match="do not fit each other"):
        replace(bag, bias=bag.bias[:2])
    with pytest.raises(BundleError, match="do not fit each other"):
        replace(bag, functional_weights=np.ones((len(bag.weights), 1)))
    other = replace(bundle, bag_of_tokens=replace(bag, weights=bag.weights[:, :2]))
    with pytest.raises(BundleError, match="does not fit its codec"):
        Classifier.load(other, codec)


def test_a_bundle_may_be_of_any_size(bundle, codec, tmp_path) -> None:
    """Rank 64 on a model of 3B parameters makes adapters of 36.7 MB."""
    key = bundle.keys[0]
    large = {"base_model.model.padding": torch.zeros(6_000_000)}  # 12 MB in half precision
    grown = replace(bundle.adapters[key], state=bundle.adapters[key].state | large)
    replace(bundle, adapters={**bundle.adapters, key: grown}).save_pretrained(tmp_path)
    weights = tmp_path / key[0] / f"seed_{key[1]}" / "adapter_model.safetensors"
    assert weights.stat().st_size > 12_000_000
    found = Bundle.from_pretrained(tmp_path).adapters[key].state
    assert found["base_model.model.padding"].shape == (6_000_000,)


def test_nothing_of_the_bundle_before_is_left_beside_the_new_one(bundle, folder) -> None:
    kept = folder / "text_audio" / "seed_1" / "notes.txt"
    kept.write_text("the user's own")
    one = bundle.config.model_copy(
        update={"seeds": (2,), "calibration": {}},
    )
    replace(bundle, config=one, bag_of_tokens=None).save_pretrained(folder)
    assert Bundle.from_pretrained(folder).bag_of_tokens is None
    weights = {p.relative_to(folder).as_posix() for p in folder.rglob("*.safetensors")}
    assert weights == {
        "rows.safetensors",
        "text_only/seed_2/adapter_model.safetensors",
        "text_audio/seed_2/adapter_model.safetensors",
    }
    assert kept.read_text() == "the user's own"
