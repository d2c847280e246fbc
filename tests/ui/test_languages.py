"""Whatever is visible is in the visitor's language: page, views, figures, and two at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState
from matplotlib.figure import Figure
from matplotlib.text import Text
from starlette.requests import Request

from audiotok.analysis.ablation import ablation
from audiotok.analysis.attention import attention_rows
from audiotok.analysis.attention_map import attention_map, thumbnails
from audiotok.analysis.comparison import compare, of_one_sentence
from audiotok.analysis.embedding_map import clip_on_map
from audiotok.analysis.flow import flow, flow_sentence
from audiotok.analysis.knockout import knockout
from audiotok.analysis.lasso_path import lasso_path
from audiotok.analysis.lesson import lesson
from audiotok.analysis.occlusion import occlusion
from audiotok.analysis.swap import FlatVoice, Swap, swap_sentence
from audiotok.analysis.takes import take_of
from audiotok.analysis.token_card import TokenCard, token_card
from audiotok.experiment.tally import tally
from audiotok.experiment.texts import texts_for
from audiotok.language import language, say, speaking
from audiotok.plots.experiment import experiment_figure
from audiotok.plots.swap import swap_figure
from audiotok.plots.takes import comparison_figure, multiples_figure
from audiotok.plots.token_card import token_card_figure
from audiotok.ui import visitor
from audiotok.ui.analysed import Analysis
from audiotok.ui.attention import attention_html
from audiotok.ui.blocks import Blocks
from audiotok.ui.deciding_view import ablation_html, flat_html, moments_html, parts_html
from audiotok.ui.examples import load_examples
from audiotok.ui.experiment.outcome import outcome_html
from audiotok.ui.export import EXPORTS
from audiotok.ui.flow_view import flow_html, knockout_html
from audiotok.ui.lesson_view import TEMPLATES, step_html
from audiotok.ui.listening import card_html
from audiotok.ui.models import Models
from audiotok.ui.page import build_page
from audiotok.ui.session import Sessions
from audiotok.ui.swapping import swap_html
from audiotok.ui.takes import Asked, compared_html
from audiotok.ui.verdict import verdict_html
from tests.experiment.made_up import MOODS, a_round
from tests.fake_classifier import (
    N_HEADS,
    N_LAYERS,
    FakeClassifier,
    make_attentions,
    make_prediction,
    telling_bundle,
)
from tests.ui.plain_pages import client

SENTENCE = "Dinner is at seven."
UI = Path(visitor.__file__).parent
SEEN = {"aria-label", "title", "placeholder", "alt"}
# The same in both: what somebody said, names of tokens, formats, units, languages, corpora.
SAME = re.compile(
    r"audiotok|English|Español|<?L\d+(:\d+)?>?|JSON|CSV|PNG|SVG|QR|\d[\d,.–: ]* (s|Hz|ms|%)|"
    r"neutral( \d+)?|original|Zoom|tokens?|Take 1:?|plain|[A-Z]|log-odds|\$\{value\}|--\w+|"
    r"attention rollout|attention knock-out|nemo|ravdess|\[(CLS|SEP)\]|La cena es a las siete\.|"
    r"(CLS|SEP|text|audio|start|end|dinner|is|at|seven|glad|happy|ly|Dinner is at seven)\W*",
    re.IGNORECASE,
)
CLASSIFIER = FakeClassifier()
TELLING = telling_bundle("emotion")
PREDICTION = make_prediction()
ATTENDED = replace(PREDICTION, attentions=make_attentions(PREDICTION.sequence))
FLOW = flow(ATTENDED)
FLAT = FlatVoice(PREDICTION.text_only, PREDICTION.text_audio, PREDICTION.codes)
SWAP = Swap((PREDICTION.text, ""), ((FLAT.before, FLAT.after), (FLAT.after, FLAT.before)))
TAKE = take_of(PREDICTION).model_copy(update={"name": "Take 1"})


class Visible(HTMLParser):
    """Collects what is read, seen or said aloud."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        self.found += [value or "" for name, value in attrs if name in SEEN]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def in_both(show: Callable[[], list[str]]) -> tuple[set[str], set[str]]:
    with speaking("en"):
        english = set(map(str.strip, show()))
    with speaking("es"):
        return english, set(map(str.strip, show()))


def untranslated(show: Callable[[], list[str]]) -> list[str]:
    """What stays as it was in English, but for what is the same in both."""
    english, spanish = in_both(show)
    assert english
    return sorted(
        text
        for text in english & spanish
        if re.search(r"[A-Za-z]{2}", text) and not SAME.fullmatch(text)
    )


def analysis() -> Analysis:
    return Analysis(
        ATTENDED,
        attention=attention_rows(ATTENDED),
        occlusion=occlusion(CLASSIFIER, PREDICTION),
        ablation=ablation(CLASSIFIER, PREDICTION),
        attention_map=attention_map(ATTENDED),
        n_heads=(N_LAYERS, N_HEADS),
        flow=FLOW,
        knockout=knockout(CLASSIFIER, PREDICTION),
        flat=FLAT,
        thumbnails=thumbnails(ATTENDED),
        path=lasso_path(TELLING, PREDICTION),
        clip_on_map=clip_on_map(TELLING, PREDICTION),
    )


def a_card() -> TokenCard:
    token = PREDICTION.selected[0]
    return token_card(CLASSIFIER, PREDICTION, token.layer, token.code)


def taken(view: str) -> str:
    return compared_html(Asked(view=view, takes=[TAKE, TAKE]))


def outcome() -> str:
    rounds = [a_round("anger", "fear"), a_round(sentence="La cena es a las siete."), a_round()] * 3
    return outcome_html(tally(rounds, MOODS), texts_for(language()), "you")


VIEWS: dict[str, Callable[[], str]] = {
    "verdict": lambda: verdict_html(replace(PREDICTION, n_references=2)),
    "verdict of the voice": lambda: verdict_html(make_prediction(text="")),
    "attention": lambda: attention_html(attention_rows(ATTENDED), layer=2),
    "attention without words": lambda: attention_html(_wordless()),
    "moments": lambda: moments_html(PREDICTION, occlusion(CLASSIFIER, PREDICTION), "anger"),
    "ablation": lambda: ablation_html(analysis()),
    "parts": lambda: parts_html(analysis()),
    "flow": lambda: flow_html(FLOW, flow_sentence(FLOW)),
    "knock-out": lambda: knockout_html(knockout(CLASSIFIER, PREDICTION), "anger"),
    "flat voice": lambda: flat_html(FLAT),
    "swap": lambda: swap_html(SWAP),
    "card": lambda: card_html(a_card()),
    "pair": lambda: taken("pair"),
    "takes": lambda: taken("sentence"),
    "outcome": outcome,
    **{
        f"lesson: {name}": lambda name=name: step_html(name, PREDICTION, lesson(PREDICTION, 1024))
        for name in TEMPLATES
    },
}


def _wordless() -> Any:
    prediction = make_prediction(text="")
    return attention_rows(replace(prediction, attentions=make_attentions(prediction.sequence)))


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_in_spanish(view: str):
    assert untranslated(lambda: Visible(VIEWS[view]()).found) == []


def experiment() -> Figure:
    rounds = [a_round("anger", "fear"), a_round()] * 4
    return experiment_figure(tally(rounds, MOODS), texts_for(language()))


FIGURES: dict[str, Callable[[], Figure]] = {
    **{view: lambda each=each: each.figure(analysis(), False) for view, each in EXPORTS.items()},
    "pair": lambda: comparison_figure(compare(TAKE, TAKE)),
    "takes": lambda: multiples_figure(of_one_sentence([TAKE])),
    "experiment": experiment,
    "swap": lambda: swap_figure(SWAP, swap_sentence(SWAP)),
    "card": lambda: token_card_figure(a_card(), 2.0),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_in_spanish(name: str):
    def written() -> list[str]:
        return [text.get_text() for text in FIGURES[name]().findobj(Text)]

    assert untranslated(written) == []


@pytest.mark.parametrize("path", ["/experiment", "/board", "/guide"])
def test_a_plain_page_is_in_spanish(path: str):
    page = client()
    texts = {
        code: Visible(page.get(path, headers={"accept-language": code}).text).found
        for code in ("en", "es")
    }
    assert untranslated(lambda: texts[language()]) == []
    assert '<html lang="es">' in page.get(f"{path}?lang=es").text


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Blocks:
    models = Models({"emotion": FakeClassifier, "sentiment": FakeClassifier})
    return build_page(models, Sessions(tmp_path_factory.mktemp("uploads")), load_examples())


def components(page: Blocks, code: str) -> list[dict[str, Any]]:
    with speaking(code):
        return page.config["components"]


def shown_props(component: dict[str, Any]) -> Iterator[str]:
    props = component["props"]
    if props.get("visible") in (False, "hidden"):
        return
    for name in ("label", "value", "placeholder", "html_template", "info"):
        if isinstance(props.get(name), str) and not (name == "value" and "choices" in props):
            yield from Visible(props[name]).found
    yield from (choice[0] for choice in props.get("choices") or [])


def of_the_api(page: Blocks) -> set[int]:
    """What only endpoints use; nobody sees it on the page, and a client reads English."""
    public, private = set(), set()
    for each in page.config["dependencies"]:
        used = {*each["inputs"], *each["outputs"], *(target for target, _ in each["targets"])}
        (public if each["api_visibility"] == "public" else private).update(used)
    return public - private


def test_the_page_is_in_spanish(page: Blocks):
    hidden = of_the_api(page)
    # What is said is English, and so is what the empty page asks to say.
    said = {"I will be there in ten minutes."} | {each.text for each in load_examples()}
    texts = {code: components(page, code) for code in ("en", "es")}

    def shown() -> list[str]:
        found = [each for each in texts[language()] if each["id"] not in hidden]
        return [text for each in found for text in shown_props(each)]

    assert set(untranslated(shown)) - said == set()


def test_events_mean_the_same_components_in_both_languages(page: Blocks):
    english, spanish = components(page, "en"), components(page, "es")
    assert [(c["id"], c["type"]) for c in english] == [(c["id"], c["type"]) for c in spanish]
    with speaking("es"):
        in_spanish = page.config["dependencies"]
    wires = [(d["id"], d["targets"], d["inputs"], d["outputs"]) for d in in_spanish]
    assert wires == [
        (d["id"], d["targets"], d["inputs"], d["outputs"]) for d in page.config["dependencies"]
    ]


def test_what_is_wrong_with_the_page_is_told_in_all_languages(page: Blocks):
    page.tell("The model for 'x' is not here.")
    for code in ("en", "es"):
        values = [str(each["props"].get("value")) for each in components(page, code)]
        assert any("The model for" in value for value in values)


def visitor_of(code: str) -> gr.Request:
    scope = {"type": "http", "query_string": f"lang={code}".encode(), "headers": []}
    return gr.Request(Request(scope))


def test_two_visitors_at_once_are_each_answered_in_their_language():
    """Their events run in one loop, and neither says anything before both have begun."""

    async def visits() -> list[str]:
        begun = asyncio.Barrier(2)

        async def answer(text: str) -> str:
            await asyncio.wait_for(begun.wait(), 10)
            return say("The recording is empty.")

        with Blocks() as blocks:
            text = gr.Textbox()
            gr.Button().click(answer, text, text)

        async def visit(code: str) -> str:
            state = SessionState(blocks)
            told = await blocks.process_api(0, [""], state, request=visitor_of(code))
            return told["data"][0]

        return await asyncio.gather(visit("es"), visit("en"))

    assert asyncio.run(visits()) == ["La grabación está vacía.", "The recording is empty."]


def test_two_classrooms_at_once_are_each_refused_in_their_language():
    page = client()

    def join(number: int) -> tuple[str, str]:
        code = ("en", "es")[number % 2]
        answer = page.post(f"/board/join?lang={code}", json={"code": "23456789AB"})
        return code, answer.json()["error"]

    with ThreadPoolExecutor(4) as threads:
        for code, said in threads.map(join, range(12)):
            assert said == texts_for(code)["error_code"].format(code="23456789AB")


def test_the_address_decides_before_the_browser():
    page = client()
    spanish = {"accept-language": "es-ES,es;q=0.9,en;q=0.8"}
    assert "Panel de clase" in page.get("/board", headers=spanish).text
    assert "Class board" in page.get("/board?lang=en", headers=spanish).text
    assert "Class board" in page.get("/board?lang=<script>").text


def test_styles_hold_no_words():
    for path in UI.rglob("*.css"):
        assert not re.search(r'content: "[A-Za-z]', path.read_text(encoding="utf-8")), path
