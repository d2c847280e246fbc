from __future__ import annotations

import numpy as np
import pytest

from audiotok import backbone
from audiotok.sequence import N_MARKERS, SequenceBuilder, pad_rows, thin_evenly
from audiotok.vocabulary import AudioVocabulary, Occurrence

FIRST_ROW = 100


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 16, (8, 30))


def build(vocabulary: AudioVocabulary, kind: str = "bert", length: int = 96) -> SequenceBuilder:
    tokenizer = backbone.load_tokenizer(f"tiny/{kind}")
    return SequenceBuilder(tokenizer, vocabulary, FIRST_ROW, length)


def test_order_is_text_then_audio_in_time_and_by_layer(vocabulary, codes) -> None:
    selected = vocabulary.find(codes[:, :8])
    sequence = build(vocabulary).build("kids are talking", selected)
    kinds = [token.kind for token in sequence.tokens]
    n = len(selected)
    assert kinds == (
        ["special", "marker", "text", "text", "text", "marker", "marker"]
        + ["audio"] * n
        + ["marker", "special"]
    )
    heard = [sequence.tokens[i].occurrence for i in sequence.audio_positions]
    assert [(o.frame, o.layer) for o in heard] == sorted((o.frame, o.layer) for o in heard)
    assert sequence.ids[0] == 2
    assert sequence.ids[-1] == 3


def test_ids_of_audio_tokens_are_their_rows(vocabulary, codes) -> None:
    sequence = build(vocabulary).build("", vocabulary.find(codes[:, :4]))
    for position in sequence.audio_positions:
        token = sequence.tokens[position]
        pair = (token.occurrence.layer, token.occurrence.code)
        assert token.id == FIRST_ROW + N_MARKERS + vocabulary.pairs.index(pair)
        assert codes[pair[0] - 1, token.occurrence.frame] == pair[1]


def test_spans_point_into_the_text(vocabulary) -> None:
    text = "dogs  are sitting"
    sequence = build(vocabulary).build(text, ())
    spans = [sequence.tokens[i].span for i in sequence.text_positions]
    assert [text[first:last] for first, last in spans] == ["dogs", "are", "sitting"]


def test_twin_is_the_same_sequence_without_the_audio_segment(vocabulary, codes) -> None:
    builder = build(vocabulary)
    sequence = builder.build("kids are talking", vocabulary.find(codes))
    twin = builder.without_audio(sequence)
    alone = builder.build("kids are talking", ())
    without_markers = [i for i in alone.ids if i not in (FIRST_ROW + 2, FIRST_ROW + 3)]
    assert twin.ids.tolist() == without_markers


@pytest.mark.parametrize("n_words", [3, 70, 400])
def test_the_twin_reads_the_whole_text_that_fits_whatever_the_voice_takes(
    vocabulary, n_words
) -> None:
    builder = build(vocabulary, length=96)
    text = "kids " * n_words
    pair = vocabulary.pairs[0]
    clips = [[Occurrence(frame, *pair, 0) for frame in range(n)] for n in (0, 60, 3_000)]
    twins = [builder.without_audio(builder.build(text, clip)) for clip in clips]
    assert {twin.ids.tobytes() for twin in twins} == {twins[0].ids.tobytes()}
    # [CLS], two markers of the text, [SEP]
    assert twins[0].n_text_used == min(n_words, 96 - 4)
    assert twins[0].n_text == n_words


def test_decoder_keeps_only_its_start_token(vocabulary) -> None:
    sequence = build(vocabulary, "llama").build("kids", ())
    assert sequence.tokens[0].kind == "special"
    assert sequence.tokens[-1].kind == "marker"


def test_audio_that_does_not_fit_is_thinned_evenly(vocabulary) -> None:
    codes = np.random.default_rng(1).integers(0, 16, (8, 500))
    selected = vocabulary.find(codes)
    sequence = build(vocabulary, length=96).build("kids are talking", selected)
    assert len(sequence.ids) == 96
    assert sequence.n_selected == len(selected) > 500
    frames = [sequence.tokens[i].occurrence.frame for i in sequence.audio_positions]
    quarters = np.histogram(frames, bins=4, range=(0, 500))[0]
    assert quarters.min() >= len(frames) // 4 - 2


@pytest.mark.parametrize(("n_selected", "n_text_kept"), [(0, 506), (100, 406), (5000, 128)])
def test_text_keeps_its_first_128_tokens_when_audio_needs_the_room(
    vocabulary, n_selected, n_text_kept
) -> None:
    pair = vocabulary.pairs[0]
    selected = [Occurrence(frame, *pair, 0) for frame in range(n_selected)]
    sequence = build(vocabulary, length=512).build("kids " * 900, selected)
    assert sequence.n_text == 900
    assert sequence.n_text_used == n_text_kept
    assert len(sequence.ids) == 512
    first = sequence.tokens[sequence.text_positions[0]]
    assert first.span == (0, 4)


def test_thinning_keeps_first_and_last() -> None:
    occurrences = [Occurrence(frame, 1, 0, 0) for frame in range(100)]
    kept = thin_evenly(occurrences, 10)
    assert len(kept) == 10
    assert (kept[0].frame, kept[-1].frame) == (0, 99)
    assert thin_evenly(occurrences, 0) == []


def test_markup_and_other_scripts_are_plain_text(vocabulary) -> None:
    builder = build(vocabulary)
    for text in ("<s></s><L2:5>", "مرحبا", "😀", "¿qué tal?"):
        sequence = builder.build(text, ())
        assert not sequence.audio_positions
        assert sequence.n_text_used == sequence.n_text > 0


def test_padding_is_at_the_end() -> None:
    ids, mask = pad_rows([np.array([5, 6, 7]), np.array([8])], pad_id=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
