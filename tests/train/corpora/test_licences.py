"""What is learned from corpora goes under what all of them ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from train.corpora.licences import combined, licence_of, licence_text, metadata, title
from train.settings.corpora import CorpusConfig


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([], "unknown"),
        (["cc-by-nc-sa-4.0", "unknown"], "unknown"),
        (["cc-by-nc-sa-4.0", "cc-by-4.0"], "cc-by-nc-sa-4.0"),
        (["cc-by-4.0", "cc-by-nc-4.0", "cc0-1.0", "mit"], "cc-by-nc-4.0"),
        (["cc-by-3.0", "cc-by-4.0"], "cc-by-4.0"),
        (["cc-by-sa-4.0", "cc-by-4.0"], "cc-by-sa-4.0"),
        (["cc-by-sa-4.0", "cc-by-nc-4.0"], "other"),  # ShareAlike forbids what NonCommercial adds
        (["cc-by-sa-4.0", "cc-by-nc-sa-4.0"], "other"),
        (["cc-by-sa-3.0", "cc-by-sa-4.0"], "other"),
        (["cc-by-nc-nd-4.0", "cc-by-4.0"], "other"),
        (["cc-by-nd-4.0"], "other"),  # nothing derived may be passed on
        (["for research", "cc-by-4.0"], "other"),
        (["for research"], "other"),
        (["CC-BY-4.0"], "cc-by-4.0"),
        (["cc0-1.0"], "cc0-1.0"),
        (["apache-2.0", "cc0-1.0"], "apache-2.0"),
        (["gpl-3.0"], "gpl-3.0"),
        (["gpl-3.0", "cc-by-4.0"], "other"),
    ],
)
def test_the_common_licence_keeps_every_condition(licences: list[str], expected: str) -> None:
    assert combined(licences) == expected


def corpus(reader: str, licence: str | None = None) -> CorpusConfig:
    return CorpusConfig(reader=reader, root=Path("corpora/mine"), license=licence)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (corpus("ravdess"), "cc-by-nc-sa-4.0"),
        (corpus("librispeech"), "cc-by-4.0"),
        (corpus("mmused"), "for research"),
        (corpus("mosei"), "unknown"),
        (corpus("folder"), "unknown"),
        (corpus("folder", "cc0-1.0"), "cc0-1.0"),
        (corpus("ravdess", "bought"), "bought"),  # the set is sold too
    ],
)
def test_a_config_says_the_licence_that_its_reader_does_not_know(
    read: CorpusConfig, expected: str
) -> None:
    assert licence_of(read) == expected


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    own = [corpus("ravdess"), corpus("folder")]
    assert metadata(own) == {"license": "unknown"}
    text = licence_text(own)
    assert text.startswith("Unknown")
    assert "- mine, a corpus of the user, licence unknown" in text
    assert text.count("CC BY-NC-SA 4.0") == 1  # of RAVDESS alone


def test_what_only_research_may_use_has_no_name_on_a_hub() -> None:
    read = [corpus("mmused_fallacy"), corpus("mmused")]
    assert metadata(read) == {"license": "other", "license_name": "those-of-the-corpora"}
    assert "MM-USED (Mancini et al. 2022), for research" in licence_text(read)


def test_the_text_says_what_the_licence_asks_for() -> None:
    shared = licence_text([corpus("ravdess"), corpus("nemo"), corpus("goemotions")])
    assert "(https://creativecommons.org/licenses/by-nc-sa/4.0/)" in shared
    assert "non-commercial" in shared
    assert "same licence" in shared
    free = licence_text([corpus("librispeech"), corpus("folder", "cc0-1.0")])
    assert "(https://creativecommons.org/licenses/by/4.0/)" in free
    assert "commercial" not in free
    assert "same licence" not in free


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("cc-by-nc-sa-4.0", "CC BY-NC-SA 4.0"),
        ("cc0-1.0", "CC0 1.0"),
        ("for research", "for research"),
        ("unknown", "licence unknown"),
    ],
)
def test_titles_are_as_people_write_them(licence: str, expected: str) -> None:
    assert title(licence) == expected


def test_a_data_set_of_the_hub_is_named_by_its_id() -> None:
    read = CorpusConfig(reader="datasets", path="someone/moods", license="cc-by-4.0")
    assert "the data set someone/moods, CC BY 4.0" in licence_text([read])
    local = CorpusConfig(reader="datasets", path="/home/someone/moods", license="cc-by-4.0")
    assert "- moods, a corpus of the user, CC BY 4.0" in licence_text([local])
