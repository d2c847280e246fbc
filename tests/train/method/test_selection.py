import json
import warnings

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import log_softmax
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from audiotok.errors import DataError
from train.method.lasso import balanced_weights, l1_logistic
from train.method.selection import select_tokens, stratified_share
from train.method.token_counts import count_tokens
from train.settings.selection import SelectConfig

SIZE = 64
PLANTED = {0: (2, 5), 1: (3, 40), 2: (2, 63)}  # class: the (layer, code) that sounds with it
CLASSES = ("anger", "fear", "joy")


def clips(marks, seed=0, n_frames=30, n_layers=3):
    """Random codes; ``marks`` names the pairs that sound more often in each clip."""
    rng = np.random.default_rng(seed)
    made = []
    for pairs in marks:
        codes = rng.integers(0, SIZE, (n_layers, n_frames + int(rng.integers(10))))
        for layer, code in pairs:
            codes[layer - 1, rng.choice(n_frames, 6, replace=False)] = code
        made.append(codes)
    return made


def planted(n=240, noise=0.0, seed=0):
    """Clips of three classes; a share of the labels is wrong."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    codes = clips([[PLANTED[k]] for k in y], seed)
    return codes, [""] * n, np.where(rng.random(n) < noise, (y + 1) % 3, y)


def config(**changes):
    return SelectConfig(**{"layers": (2, 3), "C": 0.02, **changes})


def select(codes, texts, targets, classes=CLASSES, **changes):
    return select_tokens(codes, texts, targets, classes, config(**changes), codebook_size=SIZE)


def test_counts_are_per_layer_and_code():
    codes = np.array([[9, 9, 9], [1, 1, 0], [2, 0, 2]])
    table = count_tokens([codes, codes[:, :1]], layers=(2, 3), codebook_size=10)
    assert table.shape == (2, 20)
    assert table.nnz == 6
    assert {i: int(n) for i, n in enumerate(table[0].toarray()[0]) if n} == {
        0: 1,
        1: 2,
        10: 1,
        12: 2,
    }


@pytest.mark.parametrize(
    ("layers", "size", "says"), [((1, 4), 10, "have 3"), ((1,), 5, "between 0 and 4")]
)
def test_counting_refuses_codes_that_do_not_fit(layers, size, says):
    with pytest.raises(DataError, match=says):
        count_tokens([np.full((3, 2), 7)], layers, size)


def test_planted_tokens_are_found_and_speak_for_their_class():
    selection = select(*planted())
    vocabulary = selection.vocabulary
    strongest = {}
    for k, name in enumerate(CLASSES):
        strongest[name] = vocabulary.pairs[int(vocabulary.weights[:, k].argmax())]
    assert strongest == {name: PLANTED[k] for k, name in enumerate(CLASSES)}
    assert selection.fit.converged
    assert selection.fit.relative_gap <= 1e-4
    assert len(vocabulary) < 2 * SIZE / 4


def test_tokens_come_sorted_from_the_layers_asked_for():
    selection = select(*planted(noise=0.3), C=0.1)
    assert list(selection.vocabulary.pairs) == sorted(selection.vocabulary.pairs)
    assert {layer for layer, _ in selection.vocabulary.pairs} == {2, 3}
    per_layer = selection.n_tokens_per_layer
    assert sum(per_layer.values()) == len(selection.vocabulary)
    assert per_layer == selection.fit.n_tokens_per_layer


class Lasso(BaseEstimator):
    def fit(self, X, y):
        self.coef_ = l1_logistic(X, y, C=0.1, sample_weight=balanced_weights(y)).coef.T
        return self


def test_the_threshold_is_that_of_scikit_learn():
    codes, texts, y = planted(noise=0.3)
    selection = select(codes, texts, y, train_share=1.0, C=0.1)
    X = selection.weighting.transform(count_tokens(codes, (2, 3), SIZE))
    theirs = SelectFromModel(Lasso(), threshold="mean").fit(X, y)
    kept = theirs.get_support(indices=True)
    assert [(layer - 2) * SIZE + code for layer, code in selection.vocabulary.pairs] == list(kept)
    np.testing.assert_allclose(selection.vocabulary.weights, theirs.estimator_.coef_[:, kept].T)


def test_columns_are_weighted_by_tfidf_and_scaled_without_centring():
    codes, texts, y = planted()
    weighting = select(codes, texts, y, train_share=1.0).weighting
    counts = count_tokens(codes, (2, 3), SIZE)
    expected = TfidfTransformer().fit_transform(counts).toarray()
    np.testing.assert_allclose(
        weighting.transform(counts).toarray(), expected / expected.std(axis=0)
    )


def test_nobody_but_the_codes_and_labels_decides():
    codes, texts, y = planted()
    order = np.random.default_rng(3).permutation(len(y))
    one = select(codes, texts, y, train_share=1.0)
    other = select(
        [codes[i] for i in order], [f"speaker {i}" for i in order], y[order], train_share=1.0
    )
    assert one.vocabulary.pairs == other.vocabulary.pairs


def test_n_tokens_keeps_the_strongest():
    data = planted()
    pairs = select(*data, n_tokens=3).vocabulary.pairs
    assert set(pairs) == set(PLANTED.values())
    with pytest.raises(DataError, match="raise C"):
        select(*data, n_tokens=2 * SIZE)


def test_the_random_control_has_the_same_size_and_other_tokens():
    data = planted()
    lasso, control = select(*data), select(*data, random=True)
    assert len(control.vocabulary) == len(lasso.vocabulary)
    assert control.vocabulary.pairs != lasso.vocabulary.pairs
    assert control.vocabulary.pairs == select(*data, random=True).vocabulary.pairs
    assert control.vocabulary.pairs != select(*data, random=True, seed=1).vocabulary.pairs


def test_joined_words_spare_the_tokens_that_repeat_them():
    codes, _, y = planted()
    texts = ["I hate it" if k == 0 else "I heard it" for k in y]
    alone, joined = select(codes, texts, y), select(codes, texts, y, words=True)
    assert (alone.n_words, joined.n_words) == (0, 3)
    assert set(alone.vocabulary.pairs) == set(PLANTED.values())
    assert set(joined.vocabulary.pairs) == {PLANTED[1], PLANTED[2]}


def test_joined_texts_without_words_are_refused():
    with pytest.raises(DataError, match="no words"):
        select(*planted(), words=True)


def test_multi_label_clips_without_a_label_become_neutral():
    rng = np.random.default_rng(0)
    labels = (rng.random((300, 3)) < 0.3).astype(int)
    codes = clips([[PLANTED[k] for k in np.flatnonzero(row)] for row in labels])
    selection = select(codes, [""] * 300, labels)
    vocabulary = selection.vocabulary
    assert vocabulary.classes == (*CLASSES, "neutral")
    for k, pair in PLANTED.items():
        weights = vocabulary.weights[vocabulary.pairs.index(pair)]
        assert weights.argmax() == k
        assert weights[3] < 0
    assert selection.fit.converged


def test_multi_label_clips_that_all_have_labels_need_no_neutral():
    labels = np.eye(3, dtype=int)[np.random.default_rng(0).integers(0, 3, 200)]
    labels[:40, 0] = 1
    codes = clips([[PLANTED[k] for k in np.flatnonzero(row)] for row in labels])
    assert select(codes, [""] * 200, labels).vocabulary.classes == CLASSES


def test_the_path_tells_how_many_tokens_neighbours_keep():
    selection = select(*planted(noise=0.3), C=0.1, path=[2.0, 0.3])
    assert [point.factor for point in selection.path] == [0.3, 2.0]
    few, many = selection.path
    assert few.n_nonzero < selection.fit.n_nonzero < many.n_nonzero
    assert all(point.relative_gap <= 1e-4 for point in selection.path)


def test_the_report_is_json_and_says_what_was_done():
    report = json.loads(json.dumps(select(*planted(), path=[2.0]).report()))
    assert report["classes"] == list(CLASSES)
    assert report["n_clips"] in range(192, 195)
    assert report["n_candidates"] == 2 * SIZE
    assert report["n_tokens"] == sum(report["n_tokens_per_layer"].values())
    assert report["fit"]["relative_gap"] <= report["config"]["gap"]
    assert report["path"][0]["C"] == 0.04


def test_the_share_is_stratified_and_leaves_no_class_out():
    y = np.array([0] * 50 + [1] * 10 + [2])
    kept = stratified_share(y, 0.8, seed=42)
    assert list(np.bincount(y[kept])) == [40, 8, 1]
    assert list(kept) == sorted(set(kept))
    labels = np.array([[1, 0]] * 10 + [[1, 1]] * 5)
    assert labels[stratified_share(labels, 0.6, seed=1)].sum(axis=0).tolist() == [9, 3]


def test_hopeless_settings_are_said_in_a_sentence():
    codes, texts, y = planted(60)
    with pytest.raises(DataError, match="keeps no audio token"):
        select(codes, texts, y, C=1e-6)
    with pytest.raises(DataError, match="has the label disgust"):
        select(codes, texts, y, classes=(*CLASSES, "disgust"))
    with pytest.raises(DataError, match="2 are named"):
        select(codes, texts, y, classes=CLASSES[:2])
    with pytest.raises(DataError, match="each clip needs one of each"):
        select(codes, texts[:-1], y)
    with pytest.raises(ValidationError):
        SelectConfig(layer=(1,))


def published(codes, y, C, max_iter, tol):
    """The published selection written out with scikit-learn: its columns and its model."""
    counts = count_tokens(codes, (2, 3), SIZE)
    X = make_pipeline(TfidfTransformer(), StandardScaler(with_mean=False)).fit_transform(counts)
    model = LogisticRegression(
        C=C,
        l1_ratio=1,
        solver="saga",
        max_iter=max_iter,
        tol=tol,
        class_weight="balanced",
        random_state=42,
    ).fit(X, y)
    kept = SelectFromModel(model, prefit=True, threshold="mean", norm_order=1).get_support()
    return X, model, {(2 + int(c) // SIZE, int(c) % SIZE) for c in np.flatnonzero(kept)}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_published_recipe_is_followed_to_the_letter():
    codes, texts, y = planted(noise=0.3)
    recipe = config(words=True, n_tokens=3, C=0.5).as_published()
    assert (recipe.C, recipe.words, recipe.n_tokens, recipe.train_share) == (0.02, False, None, 0.8)
    assert config(layers=(1, 2)).as_published().C == 0.03
    seen = stratified_share(y, 0.8, 42)
    found = select_tokens(codes, texts, y, CLASSES, recipe, codebook_size=SIZE)
    _, _, theirs = published([codes[i] for i in seen], y[seen], 0.02, 1000, 1e-4)
    assert set(found.vocabulary.pairs) == theirs


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_default_solver_is_at_least_as_good_as_saga_at_its_end():
    codes, texts, y = planted(n=80, noise=0.3)
    C = 0.1
    found = select_tokens(
        codes, texts, y, CLASSES, config(C=C, train_share=1.0, gap=1e-6), codebook_size=SIZE
    )
    X, model, theirs = published(codes, y, C, 20_000, 1e-5)
    assert model.n_iter_ < 20_000
    weight = C * balanced_weights(y)

    def objective(coef, intercept):
        losses = -log_softmax(X @ coef + intercept, axis=1)[np.arange(len(y)), y]
        return weight @ losses + np.abs(coef).sum()

    ours = l1_logistic(X, y, C=C, sample_weight=balanced_weights(y), tol=1e-6)
    their_value = objective(model.coef_.T, model.intercept_)
    assert objective(ours.coef, ours.intercept) <= their_value * (1 + 1e-6)
    mine = set(found.vocabulary.pairs)
    assert len(mine & theirs) / len(mine | theirs) >= 0.95


@pytest.mark.parametrize("multi_label", [False, True])
def test_saga_that_stops_unconverged_says_so_and_honours_max_iter(multi_label):
    codes, texts, y = planted(n=160, noise=0.3)
    targets = np.eye(3, dtype=np.int64)[y] if multi_label else y

    def found(**settings):
        asked = config(C=0.5, solver="saga", **settings)
        return select_tokens(codes, texts, targets, CLASSES, asked, codebook_size=SIZE).fit

    with pytest.warns(ConvergenceWarning, match=r"unconverged after 3 passes at C=0\.5"):
        early = found(max_iter=3)
    assert (early.converged, early.n_iter) == (False, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        late = found(max_iter=20_000)
    assert late.converged
    assert 3 < late.n_iter < 20_000
    # How far each stopped from the optimum is known, whatever the solver.
    assert 0 <= late.relative_gap < 0.1 < early.relative_gap <= 1


def test_the_published_recipe_stops_at_a_thousand_passes_whatever_the_config_said():
    assert config(max_iter=7).as_published().n_iter == 1000
    assert config(solver="saga").n_iter == 1000
    assert config().n_iter == 20_000
    assert config(solver="saga", max_iter=7).n_iter == config(max_iter=7).n_iter == 7
