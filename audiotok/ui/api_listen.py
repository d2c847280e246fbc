"""Endpoints that listen closer: tokens as sound, what-ifs, a token's card, path and map."""

from __future__ import annotations

import gradio as gr

from audiotok.analysis.embedding_map import clip_on_map, embedding_map_record
from audiotok.analysis.hearing import ALL, hearing_record, resynthesise
from audiotok.analysis.lasso_path import lasso_path as path_of
from audiotok.analysis.lasso_path import lasso_path_record
from audiotok.analysis.swap import (
    flat_record,
    flat_sentence,
    flat_voice,
    swap_record,
    swap_sentence,
)
from audiotok.analysis.swap import swap as exchanged
from audiotok.analysis.token_card import token_card, token_record
from audiotok.ui import answers
from audiotok.ui.endpoints import Answer, Endpoints


def offer_listening(page: Endpoints) -> None:
    """Add ``/hear``, ``/swap``, ``/token``, ``/lasso_path`` and ``/embedding_map``."""
    _offer_hearing(page)
    _offer_swap(page)
    _offer_token(page)
    _offer_path(page)
    _offer_embeddings(page)


def _offer_hearing(page: Endpoints) -> None:
    def hear(audio: str, task: str, which: str) -> Answer:
        """A clip decoded from some of its tokens: all, selected, without-selected, or layers."""

        def listen() -> Answer:
            prediction = answers.analyse(page.models, audio, "", task)
            heard = resynthesise(page.models.classifier(task), prediction, which or ALL)
            return hearing_record(heard)

        return page.answer(listen, audio)

    which = gr.Textbox(ALL, label="which", info="all, selected, without-selected, 2-8 or 1,3")
    page.offer(hear, [page.audio, page.task, which])


def _offer_swap(page: Endpoints) -> None:
    def swap(
        audio: str,
        text: str,
        task: str,
        other_text: str,
        other_audio: str | None = None,
        reference: str | None = None,
    ) -> Answer:
        """Words and voices of two clips in all pairs; without a second clip, a flat voice."""

        def exchange() -> Answer:
            classifier = page.models.classifier(task)
            a = answers.analyse(page.models, audio, text, task, reference)
            if not other_audio:
                flat = flat_voice(classifier, a)
                return flat_record(flat, flat_sentence(flat))
            b = answers.analyse(page.models, other_audio, other_text, task, reference)
            found = exchanged(classifier, a, b)
            return swap_record(found, swap_sentence(found))

        return page.answer(exchange, audio, other_audio, reference)

    other_text = gr.Textbox("", label="other_text", info="the words of the second clip")
    other_audio = gr.Audio(type="filepath", label="other_audio")
    page.offer(swap, [page.audio, page.text, page.task, other_text, other_audio, page.reference])


def _offer_token(page: Endpoints) -> None:
    def token(audio: str, task: str, layer: int, code: int) -> Answer:
        """What can be said of one audio token: weights, where it sounds, nearest words, profile."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, "", task)
            return token_record(
                token_card(page.models.classifier(task), prediction, layer or 0, code or 0)
            )

        return page.answer(look, audio)

    layer = gr.Number(1, precision=0, label="layer")
    code = gr.Number(0, precision=0, label="code")
    page.offer(token, [page.audio, page.task, layer, code])


def _offer_path(page: Endpoints) -> None:
    def lasso_path(audio: str, task: str) -> Answer:
        """How many tokens: their order on the lasso's path, in this clip, and scores by size."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, "", task)
            return lasso_path_record(path_of(page.models.classifier(task).bundle, prediction))

        return page.answer(look, audio)

    page.offer(lasso_path, [page.audio, page.task])


def _offer_embeddings(page: Endpoints) -> None:
    def embedding_map(audio: str, task: str) -> Answer:
        """Where the audio tokens lie among words in two dimensions, and which sound in a clip."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, "", task)
            return embedding_map_record(
                clip_on_map(page.models.classifier(task).bundle, prediction)
            )

        return page.answer(look, audio)

    page.offer(embedding_map, [page.audio, page.task])
