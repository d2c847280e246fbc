"""The classifiers behind the page, loaded one after the other while the page already shows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from audiotok.device import AUTO
from audiotok.errors import AudiotokError, BundleError
from audiotok.language import say
from audiotok.transcription import Transcriber
from audiotok.ui.worker import Worker

if TYPE_CHECKING:
    from audiotok.classifier import Classifier

logger = logging.getLogger(__name__)


class Models:
    """One classifier a task, and what writes words down.

    Parameters
    ----------
    loaders : for each task, in the order of the page, what loads its classifier.
    transcriber : loads its model with the first clip.

    Attributes
    ----------
    worker : the thread on which every answer is worked out.
    """

    def __init__(
        self,
        loaders: Mapping[str, Callable[[], Classifier]],
        transcriber: Transcriber | None = None,
    ) -> None:
        self.transcriber = transcriber or Transcriber()
        self.worker = Worker()
        self._loaders = dict(loaders)
        self._loaded: dict[str, Future[Classifier]] = {task: Future() for task in loaders}

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self._loaders)

    def start(self, on_failure: Callable[[str], None] = lambda sentence: None) -> None:
        """Begin to load, in the background.

        Parameters
        ----------
        on_failure : gets a sentence for each task that cannot be offered; so does the log.
        """
        threading.Thread(target=self._load_all, args=(on_failure,), daemon=True).start()

    def is_ready(self, task: str) -> bool:
        """Say whether ``classifier`` would answer at once."""
        return task in self._loaded and self._loaded[task].done()

    def classifier(self, task: str) -> Classifier:
        """Wait for a task's classifier.

        Raises
        ------
        BundleError
            When the page has no such task, or its bundle cannot be used.
        """
        if task not in self._loaded:
            raise BundleError(
                say(
                    "There is no task '{task}' here; there is {tasks}.",
                    task=task,
                    tasks=", ".join(self.tasks),
                )
            )
        return self._loaded[task].result()

    def _load_all(self, on_failure: Callable[[str], None]) -> None:
        for task, load in self._loaders.items():
            try:
                self._loaded[task].set_result(load())
            except Exception as error:
                unforeseen = not isinstance(error, AudiotokError)
                why = "it cannot be loaded; the server's log says why." if unforeseen else error
                failure = BundleError(f"The model for '{task}' is not here: {why}")
                logger.error("%s", failure, exc_info=error if unforeseen else None)
                on_failure(str(failure))
                self._loaded[task].set_exception(failure)  # told to whoever asks for this task


def shipped_models(device: str = AUTO) -> Models:
    """Offer the tasks that ship with the repository."""
    from audiotok.assets import TASKS

    return Models({task: _loader(task, device) for task in TASKS})


def bundle_models(bundle: str, device: str = AUTO) -> Models:
    """Offer the one task of a bundle (folder or hub id).

    Raises
    ------
    BundleError
        When it is not a bundle.
    """
    from audiotok.bundle import Bundle
    from audiotok.classifier import Classifier

    opened = Bundle.from_pretrained(bundle)
    return Models({opened.config.task: lambda: Classifier.load(opened, device=device)})


def _loader(task: str, device: str) -> Callable[[], Classifier]:
    def load() -> Classifier:
        import audiotok

        return audiotok.load(task, device=device)

    return load
