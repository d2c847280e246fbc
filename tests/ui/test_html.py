"""Verdict and attention as HTML: what is told, and that nothing from outside is markup."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import gradio as gr
import pytest

from audiotok.analysis.attention import attention_rows
from audiotok.analysis.takes import take_of
from audiotok.ui.attention import attention_html
from audiotok.ui.examples import ExamplePicker, load_examples
from audiotok.ui.takes import Asked, compared_html
from audiotok.ui.verdict import message_html, verdict_html, working_html
from tests.fake_classifier import N_LAYERS, make_attentions, make_prediction

HOSTILE = '<script>alert(1)</script> <img src=x onerror=alert(1)> & "quotes" 😀 " onload="x'


class Reader(HTMLParser):
    """Collects tags and text, and fails where tags do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def attention(text: str = "Dinner is at seven."):
    prediction = make_prediction(text=text)
    return attention_rows(replace(prediction, attentions=make_attentions(prediction.sequence)))


def test_the_verdict_shows_both_probabilities_and_the_change():
    text = Reader(verdict_html(make_prediction())).text
    assert "The words alone read neutral; the voice makes it happy." in text
    assert "12 %" in text
    assert "78 %" in text
    assert "+66" in text
    assert "−15" in text
    assert "spread over 3 seeds" in text


def test_without_words_only_the_voice_is_shown():
    text = Reader(verdict_html(make_prediction(text=""))).text
    assert "The voice alone sounds happy." in text
    assert "words alone" not in text.lower()
    assert "+66" not in text


@pytest.mark.parametrize(
    ("n_references", "said"),
    [(1, "relative to your neutral clip"), (3, "relative to your 3 neutral clips")],
)
@pytest.mark.parametrize("text", ["Dinner is at seven.", ""])
def test_a_verdict_says_what_it_is_relative_to(n_references, said, text):
    prediction = make_prediction(text=text)
    assert "relative" not in verdict_html(prediction)
    relative = replace(prediction, n_references=n_references)
    assert said in Reader(verdict_html(relative)).text


def test_notes_are_shown():
    prediction = replace(make_prediction(), notes=("The recording is clipped.",))
    assert "The recording is clipped." in Reader(verdict_html(prediction)).text


def verdict(hostile: str) -> str:
    """A verdict of a bundle whose first label is hostile, as is a note of the recording."""
    prediction = make_prediction()
    rules = {
        twin: replace(scores, rule=replace(scores.rule, labels=(hostile, *scores.labels[1:])))
        for twin, scores in (
            ("text_only", prediction.text_only),
            ("text_audio", prediction.text_audio),
        )
    }
    return verdict_html(replace(prediction, notes=(hostile,), **rules))


def attention_to_hostile_class(hostile: str) -> str:
    prediction = make_prediction()
    classes = (hostile, *prediction.vocabulary.classes[1:])
    prediction = replace(prediction, vocabulary=replace(prediction.vocabulary, classes=classes))
    found = replace(prediction, attentions=make_attentions(prediction.sequence))
    return attention_html(attention_rows(found))


def takes_of_hostile(view: str, hostile: str) -> str:
    """Takes as a client may send them: whatever it likes for a name, a text, a label."""
    made = take_of(make_prediction(text=hostile)).model_dump()
    scores = {hostile: 0.5}
    made |= {"name": hostile, "text_only": scores, "text_audio": scores, "tokens": {hostile: 2}}
    made |= {"verdict_text_audio": hostile}
    return compared_html(Asked.read(json.dumps({"view": view, "takes": [made, made]})))


@pytest.mark.parametrize(
    "show",
    [
        message_html,
        verdict,
        lambda text: attention_html(attention(text)),
        attention_to_hostile_class,
        working_html,
        lambda text: takes_of_hostile("pair", text),
        lambda text: takes_of_hostile("sentence", text),
    ],
)
def test_html_in_what_comes_from_outside_stays_text(show):
    shown = show(HOSTILE)
    read = Reader(shown)
    assert not {"script", "img"} & set(read.tags)
    assert not [name for name in read.attributes if name.startswith(("on", "src"))]
    assert "script" in read.text
    assert "😀" in read.text


def test_a_page_with_a_hostile_example_shows_it_as_text(tmp_path):
    entry = {"file": "a.flac", "text": HOSTILE, "mood": "neutral", "voice": "man", "note": HOSTILE}
    (tmp_path / "examples.json").write_text(json.dumps([entry]))
    picker = ExamplePicker(load_examples(tmp_path))
    with gr.Blocks() as blocks:
        picker.lay_out()
        picker.wire(gr.Audio(), gr.Textbox(), gr.State(), gr.HTML())
    shown = [b.value for b in blocks.blocks.values() if isinstance(b, gr.HTML) and b.value]
    (button,) = (b for b in blocks.blocks.values() if isinstance(b, gr.Button))
    (click,) = blocks.fns.values()
    *_, note = click.fn(gr.EventData(button, None))
    for html in (*shown, note):
        assert set(Reader(html).tags) <= {"h2", "q", "p"}
    assert any(HOSTILE in Reader(html).text for html in shown)


def test_the_attention_names_words_audio_tokens_and_layers():
    read = Reader(attention_html(attention(), layer=2))
    for expected in ("Dinner", "seven", f"Layer {N_LAYERS}", "speaks for", "The voice’s share"):
        assert expected in read.text
    assert read.tags.count("rect") > 20


def test_attention_without_words_says_so():
    assert "There are no words." in Reader(attention_html(attention(""))).text
