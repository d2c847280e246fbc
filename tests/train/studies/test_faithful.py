"""Removal of the tokens that explanations name first."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from audiotok.acoustics.functionals import Functionals
from audiotok.analysis.counterfactual import encodings_of
from audiotok.audio import SAMPLE_RATE
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.faithfulness import FAITHFULNESS, METHODS, Faithfulness
from audiotok.optional_files import write
from audiotok.plots.figure import render
from audiotok.vocabulary import LEFT_OUT
from tests.fake_classifier import FakeClassifier
from tests.sounds import spoken
from tests.talkative import classifier_of
from tests.test_token_card import profiles_of
from tests.train.studies.test_flow import record
from train.studies.faithful import falls_table
from train.studies.faithful_curves import (
    SHARES,
    ClipFalls,
    area_of,
    averages,
    clip_falls,
    for_bundle,
)
from train.studies.faithful_picture import faithful_figure
from train.studies.gradient import GradientTimesInput
from train.studies.rankings import N_RANDOM, rankings
from train.studies.removal import GappyBag, taking_gaps, without_tokens

CLIP = (SAMPLE_RATE, spoken(1.0))


@pytest.fixture(scope="module", params=["bert", "llama"])
def classifier(request, codec):
    return classifier_of(f"tiny/{request.param}", codec)


def test_a_removed_token_is_neither_read_nor_counted(classifier) -> None:
    prediction = classifier.predict(CLIP, "good news")
    (encoding,) = encodings_of(classifier, prediction)
    positions = encoding.sequence.audio_positions
    first, last = positions[0], positions[-1]
    found = without_tokens(encoding, [first, last], classifier.mask_id)
    gone = {encoding.sequence.tokens[place].occurrence for place in (first, last)}
    kept = [token.occurrence for token in found.sequence.tokens if token.occurrence]
    assert not gone & set(kept)
    assert len(kept) == len(positions) - 2
    masked = classifier.mask_id is not None
    assert len(found.sequence.tokens) == len(encoding.sequence.tokens) - (0 if masked else 2)
    changed = np.argwhere(found.codes != encoding.codes)
    assert {(row + 1, int(encoding.frames[column])) for row, column in changed} == {
        (each.layer, each.frame) for each in gone
    }
    assert (found.codes[found.codes != encoding.codes] == LEFT_OUT).all()


def test_a_token_that_lasts_is_gone_from_all_its_frames() -> None:
    told = FakeClassifier().predict(CLIP, "")
    position = told.sequence.audio_positions[3]
    token = told.sequence.tokens[position]
    lasting = replace(token, occurrence=replace(token.occurrence, n_frames=4))
    tokens = (*told.sequence.tokens[:position], lasting, *told.sequence.tokens[position + 1 :])
    (encoding,) = encodings_of(FakeClassifier(), told)
    encoding = replace(encoding, sequence=replace(encoding.sequence, tokens=tokens))
    found = without_tokens(encoding, [position], 0)
    row, frame = token.occurrence.layer - 1, token.occurrence.frame
    assert np.flatnonzero(found.codes[row] == LEFT_OUT).tolist() == list(range(frame, frame + 4))


def test_functionals_pass_over_what_was_taken_out() -> None:
    values = np.random.default_rng(0).normal(size=(3, 16))
    functionals = Functionals(np.array([0, 0, 2]), values)
    rng = np.random.default_rng(1)
    plain = BagOfTokens(
        rng.normal(size=(2, 4, 16)), np.zeros(2), functionals, rng.normal(size=(2, 9))
    )
    bag = GappyBag(plain.weights, plain.bias, functionals, plain.functional_weights)
    codes = rng.integers(0, 16, (4, 30))
    np.testing.assert_allclose(bag.logits(codes), plain.logits(codes))
    gone = codes.copy()
    gone[0, [3, 4, 20]] = LEFT_OUT
    heard = np.delete(codes, [3, 4, 20], axis=1)
    expected = functionals(codes).reshape(3, 3)
    expected[:, :2] = functionals(heard).reshape(3, 3)[:, :2]
    np.testing.assert_allclose(bag._functionals_of(gone), expected.ravel())
    gone[0] = LEFT_OUT
    np.testing.assert_allclose(bag.logits(gone), plain.logits(gone))


def test_gradient_times_input_is_the_slope_along_the_embedding(classifier) -> None:
    """Scaling one embedding by 1 + e moves the logit by e times its attribution."""
    bundle = classifier.bundle
    gradient = GradientTimesInput(bundle, torch.device("cpu"))
    sequence = classifier.predict(CLIP, "good news").sequence
    found = gradient(sequence, 1, seeds=[0])
    assert found.shape == (len(sequence.tokens),)
    position, step = sequence.audio_positions[2], 1e-2

    def logit(scale: float) -> float:
        def scaled(module, args, output):
            output = output.clone()
            output[:, position] *= scale
            return output

        layer = gradient._model.get_base_model().get_input_embeddings()
        hook = layer.register_forward_hook(scaled)
        ids = torch.from_numpy(sequence.ids)[None]
        name = f"text_audio_{bundle.config.seeds[0]}"
        told = gradient._model(
            input_ids=ids, attention_mask=torch.ones_like(ids), adapter_names=[name]
        ).logits[0, 1]
        hook.remove()
        return float(told)

    slope = (logit(1 + step) - logit(1 - step)) / (2 * step)
    assert found[position] == pytest.approx(slope, rel=0.05, abs=1e-4)
    both = [gradient(sequence, 1, [seed]) for seed in (0, 1)]
    np.testing.assert_allclose(gradient(sequence, 1), np.mean(both, axis=0))


def test_every_method_ranks_all_audio_tokens(codec) -> None:
    classifier = classifier_of("tiny/bert", codec)
    told = classifier.predict(CLIP, "good news", attentions=True)
    label = told.labels[0]
    slopes = np.arange(len(told.sequence.tokens), dtype=float)
    orders = rankings(classifier, told, label, lambda prediction, place: slopes)
    positions = list(told.sequence.audio_positions)
    assert list(orders) == [name for name in METHODS if name != "lasso_order"]  # no profiles
    assert all(sorted(order) == positions for each in orders.values() for order in each)
    assert orders["gradient"][0].tolist() == positions[::-1]
    assert len({tuple(order) for order in orders["random"]}) == N_RANDOM
    weights = told.vocabulary.weights[:, told.vocabulary.classes.index(label)]
    first = told.sequence.tokens[orders["lasso_weight"][0][0]].occurrence
    heard = [token.occurrence.index for token in told.sequence.tokens if token.occurrence]
    assert weights[first.index] == max(weights[index] for index in heard)
    profiles = profiles_of(told.vocabulary)
    ranked = profiles.model_copy(
        update={
            "tokens": tuple(
                token.model_copy(update={"rank": 1000 - place})
                for place, token in enumerate(profiles.tokens)
            )
        }
    )
    knowing = replace(classifier, bundle=replace(classifier.bundle, profiles=ranked))
    orders = rankings(knowing, told, label, lambda prediction, place: slopes)
    first = told.sequence.tokens[orders["lasso_order"][0][0]].occurrence
    assert first.index == max(heard)


def test_falls_are_what_the_classifier_says_without_the_first_tokens(codec) -> None:
    classifier = classifier_of("tiny/bert", codec)
    classifier = replace(classifier, bundle=taking_gaps(classifier.bundle))
    told = classifier.predict(CLIP, "good news")
    label = told.labels[2]
    verdict = SimpleNamespace(
        hearings=told.hearings, text=told.text, plain=told.plain, text_audio=told.text_audio,
        labels=told.labels, verdict_text_audio=label, frame_logits=told.frame_logits,
    )  # fmt: skip
    order = np.array(told.sequence.audio_positions)[::-1]
    found = clip_falls(classifier, record("a", "a"), verdict, {"attention": [order, order]})
    (encoding,) = encodings_of(classifier, told)
    n_gone = round(SHARES[2] * len(order))
    less = without_tokens(encoding, order[:n_gone].tolist(), classifier.mask_id)
    seeds = [int(np.abs(told.text_audio.per_seed - told.text_audio.mean).sum(axis=1).argmin())]
    asked = classifier.probabilities([[encoding], [less]], ("text_audio",), seeds)["text_audio"]
    before, after = asked[0, :, 2]
    assert found.before == pytest.approx(before)
    assert found.falls["attention"][2] == pytest.approx(before - after, abs=1e-6)
    assert abs(before - after) > 1e-4


def falls_of(corpus: str, speaker: str, **rates: float) -> ClipFalls:
    return ClipFalls(
        corpus, speaker, 0.8, {name: rate * np.array(SHARES) for name, rate in rates.items()}
    )


def test_the_area_is_the_mean_fall() -> None:
    assert area_of(np.array(SHARES)) == pytest.approx(SHARES[-1] / 2)
    np.testing.assert_allclose(area_of(np.full((2, 4), 0.3)), 0.3 * (1 - 0.05 / 0.8))


def test_curves_stand_in_the_table_best_first_in_the_picture_and_in_the_bundle(tmp_path) -> None:
    clips = [
        falls_of("one", "a", attention=0.1, gradient=1.0, random=0.2),
        falls_of("one", "b", attention=0.3, gradient=0.6, random=0.0),
        falls_of("two", "a", attention=0.2, gradient=0.2, random=0.1),
    ]
    found = averages(clips)
    assert [(each.name, each.n_clips, each.n_speakers) for each in found] == [
        ("one", 2, 2),
        ("two", 1, 1),
        ("all", 3, 3),  # speakers of two corpora are two, whatever they are called
    ]
    rows = falls_table(found).splitlines()[2:]
    assert rows[0].startswith("| one, 2 verdicts at 80% on average | gradient × input | +4.0 |")
    assert rows[1].startswith("|  | attention | +1.0 |")
    assert "+16.0 (+12.0 to +20.0)" in rows[0]
    figure = faithful_figure(found)
    assert [text.get_text() for text in figure.axes[-1].get_legend().get_texts()] == [
        "attention", "gradient × input", "chance",
    ]  # fmt: skip
    assert figure.axes[0].lines[1].get_ydata()[-1] == pytest.approx(100 * 0.8 * 0.4)
    assert render(figure, "png").startswith(b"\x89PNG")
    kept = for_bundle(found[-1], 60)
    write(kept, tmp_path / FAITHFULNESS)
    assert Faithfulness.model_validate_json((tmp_path / FAITHFULNESS).read_text()) == kept
    assert kept.best.name == "gradient"
    assert kept.of("attention").area == pytest.approx(0.2 * 0.2)
