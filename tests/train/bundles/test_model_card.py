from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from train.bundles.corpus_facts import SplitFacts
from train.bundles.model_card import write_card
from train.evaluation.confusion import picture_name
from train.settings.corpora import CorpusConfig
from train.settings.steps import BagOfTokensConfig
from train.settings.task import RunConfig

LABELS = ("happiness", "sadness", "anger")
FACTS: dict[str, Any] = {
    "records": {
        "ravdess": {
            "train": SplitFacts(1234, 12, 1.26),
            "validation": SplitFacts(2, 1, 0.06),
            "test": SplitFacts(3, 0, 0.0),
        }
    },
    "voted": [],
    "selection": {
        "n_tokens": 9,
        "n_tokens_per_layer": {"1": 5, "2": 4},
        "fit": {"relative_gap": 1e-5},
    },
    "pretrain": {"objective": "masked", "first_loss": 5.9, "best_loss": 5.1, "chance_loss": 6.2},
    "shared": ["Of the 3 test examples of ravdess, 1 with words that train has too."],
    "machine": "2 threads of x86_64",
    "minutes": 12.3,
}


def voice_report(**more: Any) -> dict[str, Any]:
    return {
        "corpus": "ravdess",
        "measure": "top-1 macro-F1, 3 labels",
        "n": 24,
        "chance": 1 / 3,
        "text_only": {"mean": 0.16, "deviation": 0.01, "bagged": 0.17},
        "text_audio": {"mean": 0.55, "deviation": 0.02, "bagged": 0.58},
    } | more


FULL = voice_report(
    reference={"mean": 0.61, "deviation": 0.02, "bagged": 0.64},
    interval={"text_only": (0.11, 0.23), "text_audio": (0.49, 0.66), "reference": (0.55, 0.72)},
    per_speaker={"Actor_17": 0.71, "Actor_18": 0.43, "": float("nan")},
    confusion=[[6, 1, 1], [0, 8, 0], [5, 0, 3]],
)
TEXT = {
    "corpus": "goemotions",
    "measure": "macro-F1, 4 classes",
    "n": 500,
    "text_only": {"bagged": 0.6},
}


def card(
    *reports: dict[str, Any],
    readers: tuple[str, ...] = ("ravdess", "goemotions"),
    bag_of_tokens: BagOfTokensConfig | None = None,
    **facts: Any,
) -> str:
    config = RunConfig(
        task="emotion",
        labels=LABELS,
        multi_label=True,
        data_dir=Path("data"),
        work=Path("work"),
        out=Path("out"),
        corpora=[CorpusConfig(reader=reader, root=Path(reader)) for reader in readers],
        bag_of_tokens=bag_of_tokens,
    )
    return write_card(config, FACTS | facts, list(reports))


def section(text: str, name: str) -> str:
    return text.split(f"## {name}\n")[1].split("\n## ", maxsplit=1)[0]


def test_every_voice_score_has_its_interval() -> None:
    scores = section(card(FULL, TEXT), "Scores")
    assert (
        "| ravdess | top-1 macro-F1, 3 labels "
        "| 0.17 (0.11 to 0.23) | 0.58 (0.49 to 0.66) | 0.64 (0.55 to 0.72) |"
    ) in scores
    assert "Other speakers may differ" in scores


def test_an_interval_that_was_not_measured_leaves_its_score() -> None:
    scores = section(card(voice_report(interval={"text_audio": [0.49, 0.66]})), "Scores")
    assert "| 0.17 | 0.58 (0.49 to 0.66) | – |" in scores


def test_speakers_stand_in_a_table() -> None:
    scores = section(card(FULL), "Scores")
    for row in ("| ravdess | Actor_17 | 0.71 |", "| ravdess | not named | – |"):
        assert row in scores


def test_the_confusion_picture_is_shown_where_there_is_one() -> None:
    assert f"]({picture_name('ravdess')})" in section(card(FULL, TEXT), "Scores")
    nothing = voice_report(corpus="nemo", confusion=[[0] * 3] * 3)
    assert "![" not in card(voice_report(), nothing, TEXT)


def test_known_failures_say_what_was_measured() -> None:
    failures = section(card(FULL, TEXT), "Known failures")
    assert "Anger taken for happiness" in failures
    assert "5 of 8 such clips" in failures
    assert "between 0.43 and 0.71" in failures


@pytest.mark.parametrize(
    "word",
    ["acted", "Accents", "languages", "Children", "Sarcasm", "Cultures", "Noise", "distance"],
)
def test_known_failures_name(word: str) -> None:
    assert word in section(card(voice_report()), "Known failures")


def test_a_card_says_only_what_its_corpora_are() -> None:
    own = card(voice_report(corpus="mine"), readers=("folder",))
    for foreign in ("RAVDESS", "nEMO", "GoEmotions", "acted"):
        assert foreign not in own
    assert "a corpus of the user" in own
    voices = section(card(FULL, readers=("crema_d", "crema_d", "emospeech")), "Known failures")
    assert voices.count("CREMA-D") == 1
    assert "EmoSpeech" in voices
    at_home = section(card(FULL, readers=("emospeech",)), "Known failures")
    assert "- **Speech on request.** The voices of Indian EmoSpeech" in at_home
    assert "acted" not in at_home


def test_the_data_say_who_speaks_and_for_how_long() -> None:
    data = section(card(FULL), "Data")
    assert "| ravdess | 1,234, 12 speakers, 1.3 h | 2, 1 speaker, 0.1 h | 3 |" in data
    assert "listeners" not in data
    assert "shares of listeners" in section(card(FULL, voted=["crema_d_heard"]), "Data")


def test_the_licence_names_whom_to_name() -> None:
    text = card(FULL)
    assert text.startswith("---\nlicense: cc-by-nc-sa-4.0\n")
    licence = section(text, "Licence")
    assert "CC BY-NC-SA 4.0" in licence
    assert "Livingstone & Russo" in licence
    assert "Demszky" in licence


@pytest.mark.parametrize("reports", [[], [voice_report()], [TEXT], [FULL, TEXT]])
def test_whatever_the_reports_hold_the_sections_stand(reports: list[dict[str, Any]]) -> None:
    text = card(*reports)
    names = ["Data", "Training", "Scores", "Intended use", "Known failures", "Licence"]
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == names
    assert "\n\n\n" not in text
    assert "nan" not in text


def test_a_card_says_who_else_listens() -> None:
    assert "linear reader counts all tokens" not in card(FULL)
    assert "linear reader counts all tokens" in card(
        FULL, bag_of_tokens=BagOfTokensConfig()
    ).replace("\n", " ")


def test_a_hub_reads_the_metadata() -> None:
    data = ModelCard(card(FULL)).data
    assert (data.license, data.library_name) == ("cc-by-nc-sa-4.0", "audiotok")
    assert data.tags == ["speech", "emotion", "speech-tokens", "lora"]
    assert data.pipeline_tag == "audio-classification"
    named = ModelCard(card(voice_report(), readers=("mmused",))).data
    assert (named.license, named.license_name) == ("other", "those-of-the-corpora")


def test_what_comes_from_outside_is_no_template() -> None:
    scores = section(card(voice_report(corpus="{{ 7 * 7 }} & <b>")), "Scores")
    assert "| {{ 7 * 7 }} & <b> |" in scores
