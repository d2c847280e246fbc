"""What the experiment asks of the model, in the one line that all work waits in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from audiotok.experiment.hearing import Hearing, hearing, hearings, neutral_sentences
from audiotok.experiment.texts import Texts, sentences_for
from audiotok.ui.models import Models
from audiotok.ui.places import has_place
from audiotok.ui.plain.exchange import BusyError
from audiotok.ui.visitor import visitors_address

Result = TypeVar("Result")


class Listening:
    """The classifier of the experiment; its moods are the labels of the first task.

    Parameters
    ----------
    models : whose worker does the work.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._task = models.tasks[0]
        self._offered: dict[str, tuple[str, ...]] = {}
        self._waiting: list[str] = []  # their addresses; with the largest bodies they hold 110 MB

    async def moods(self) -> tuple[str, ...]:
        """Wait for the model and return its labels."""
        return await self.work(self._moods)

    async def sentences(self, texts: Texts) -> tuple[str, ...]:
        """Return the sentences of a language that the words-only model finds neutral."""
        language = texts["language"]
        if language not in self._offered:
            candidates = sentences_for(texts)
            self._offered[language] = await self.work(
                lambda: neutral_sentences(candidates, self._models.classifier(self._task))
            )
        return self._offered[language]

    async def read(self, text: str) -> Hearing:
        """Return what the words alone amount to."""
        return await self.work(lambda: hearing(self._models.classifier(self._task).read(text)))

    async def hear(self, clip: bytes, text: str, reference: bytes | None) -> dict[str, Hearing]:
        """Return what the model hears, by words alone and with the voice."""
        return await self.work(
            lambda: hearings(self._models.classifier(self._task).predict(clip, text, reference))
        )

    async def work(self, work: Callable[[], Result]) -> Result:
        """Let the worker do something, in turn.

        Raises
        ------
        BusyError
            When too many wait already, or too many from where this visitor is.
        """
        self.check_room()
        address = visitors_address()
        self._waiting.append(address)
        try:
            done: Future[Result] = self._models.worker.submit(work)
            return await asyncio.wrap_future(done)
        finally:
            self._waiting.remove(address)

    def check_room(self) -> None:
        """Raise BusyError where too many wait already."""
        if not has_place(visitors_address(), self._waiting):
            raise BusyError("error_busy")

    def _moods(self) -> tuple[str, ...]:
        return tuple(self._models.classifier(self._task).labels)
