"""Views in tabs, each computed when its tab is opened and not before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.models import Models
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.texts import GONE
from audiotok.ui.verdict import message_html

Updates = list[Any]


class LazyView(ABC):
    """A view of an analysis in a tab of its own.

    Attributes
    ----------
    name : as it is known to the page; it is seen by nobody.
    title : of its tab.
    """

    name: str
    title: str

    def __init__(self, models: Models) -> None:
        self.models = models

    @abstractmethod
    def lay_out(self, take_along: TakeAlong) -> None:
        """Add the view's components here."""

    @property
    @abstractmethod
    def outputs(self) -> list[Any]:
        """The components that it fills; the first is HTML, and says what can't be shown."""

    @property
    def choosers(self) -> list[Any]:
        """The components with which a visitor chooses what is shown."""
        return []

    @property
    def picker(self) -> Any | None:
        """A picture in which a visitor picks what is shown; ``pick`` gets what it says."""
        return None

    @abstractmethod
    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        """Return the analysis with what had to be found out, and an update for each output.

        Raises
        ------
        AudiotokError
            When nothing can be shown.
        """

    @property
    def later(self) -> list[Any]:
        """Those of ``outputs`` that ``finish`` fills once the others stand there."""
        return []

    def finish(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        """Return the analysis with what took longer, and an update for each of ``later``."""
        return analysis, []

    def emptied(self, message: str = "") -> Updates:
        """Return updates that show a message, or nothing, where something of a clip stood."""
        return [
            message,
            *("" if isinstance(each, gr.HTML) else gr.skip() for each in self.outputs[1:]),
        ]

    def choose(self, analysis: Analysis, *chosen: object) -> Analysis:
        """Return the analysis with what the choosers say, which is anything at all."""
        return analysis

    def pick(self, analysis: Analysis, picked: object) -> Analysis:
        """Return the analysis with what the picker says, which is anything at all.

        Raises
        ------
        AudiotokError
            When there is nothing of that kind.
        """
        return analysis


class LazyTabs:
    """The tabs of lazy views.

    Parameters
    ----------
    analysis : holds an Analysis, or None.
    queue : the concurrency id of everything that makes the model work.
    """

    def __init__(
        self, models: Models, views: list[LazyView], analysis: gr.State, queue: str
    ) -> None:
        self._models = models
        self._views = views
        self._analysis = analysis
        self._queue = queue
        self._tabs: dict[str, gr.Tab] = {}
        self._opened = gr.State("")

    def lay_out(self, take_along: TakeAlong) -> None:
        """Add a tab for each view here."""
        for view in self._views:
            with gr.Tab(say(view.title), elem_id=f"at-tab-{view.name}") as self._tabs[view.name]:
                view.lay_out(take_along)

    def wire(self, other_tabs: list[gr.Tab]) -> None:
        """Let views be filled when their tab is opened, and when something else is chosen."""
        for view in self._views:
            opened = self._tabs[view.name].select(
                self._opener(view),
                self._analysis,
                [self._opened, self._analysis, *view.outputs],
                show_progress_on=view.outputs[0],
                concurrency_id=self._queue,
                api_visibility="private",
            )
            self._finish_after(opened)
            if view.choosers:
                chosen = gr.on(
                    [chooser.input for chooser in view.choosers],
                    self._chooser(view),
                    [self._analysis, *view.choosers],
                    [self._analysis, *view.outputs],
                    show_progress="hidden",
                    concurrency_id=self._queue,
                    api_visibility="private",
                )
                self._finish_after(chosen)
            if view.picker:
                view.picker.select(
                    self._picker(view),
                    [self._analysis, view.picker],
                    [self._analysis, *view.outputs],
                    show_progress="hidden",
                    trigger_mode="always_last",
                    concurrency_id=self._queue,
                    api_visibility="private",
                )
        for tab in other_tabs:
            tab.select(lambda: "", None, self._opened, queue=False, api_visibility="private")

    def follow(self, analysed: Any) -> None:
        """After an event that ends in an analysis, fill the view that is open and empty others."""
        outputs = [output for view in self._views for output in view.outputs]
        filled = analysed.then(
            self._on_analysed,
            [self._analysis, self._opened],
            [self._analysis, *outputs],
            show_progress="hidden",
            concurrency_id=self._queue,
            api_visibility="private",
        )
        self._finish_after(filled)

    def _finish_after(self, event: Any) -> None:
        """After an event that may have shown a view, fill what it fills later."""
        event.then(
            self._finish,
            [self._analysis, self._opened],
            [self._analysis, *(each for view in self._views for each in view.later)],
            show_progress="hidden",
            concurrency_id=self._queue,
            api_visibility="private",
        )

    def _opener(self, view: LazyView) -> Callable[[Analysis | None], tuple[Any, ...]]:
        def open_(analysis: Analysis | None) -> tuple[Any, ...]:
            return view.name, *self._shown(view, analysis)

        return open_

    def _chooser(self, view: LazyView) -> Callable[..., tuple[Any, ...]]:
        def choose(analysis: Analysis | None, *chosen: object) -> tuple[Any, ...]:
            return self._shown(view, analysis and view.choose(analysis, *chosen))

        return choose

    def _picker(self, view: LazyView) -> Callable[..., tuple[Any, ...]]:
        def pick(analysis: Analysis | None, picked: object) -> tuple[Any, ...]:
            try:
                return self._shown(view, analysis and view.pick(analysis, picked))
            except AudiotokError as error:
                return analysis, *view.emptied(message_html(str(error)))

        return pick

    def _finish(self, analysis: Analysis | None, opened: object) -> tuple[Any, ...]:
        updates: Updates = []
        for view in self._views:
            if analysis and view.later and view.name == opened:
                analysis, *finished = self._finished(view, analysis)
                updates += finished
            else:
                updates += [gr.skip()] * len(view.later)
        return analysis, *updates

    def _finished(self, view: LazyView, analysis: Analysis) -> tuple[Any, ...]:
        """Return the analysis and an update for each of ``later``; a sentence where it fails."""
        try:
            finished, updates = answers.answered(self._models, lambda: view.finish(analysis))
        except AudiotokError as error:
            return analysis, message_html(str(error)), *[gr.skip()] * len(view.later[1:])
        return finished, *updates

    def _on_analysed(self, analysis: Analysis | None, opened: object) -> tuple[Any, ...]:
        updates: Updates = []
        for view in self._views:
            if analysis and view.name == opened:
                analysis, *shown = self._shown(view, analysis)
                updates += shown
            else:
                updates += view.emptied()
        return analysis, *updates

    def _shown(self, view: LazyView, analysis: Analysis | None) -> tuple[Any, ...]:
        """Return the analysis and an update for each output; a sentence where nothing is shown."""
        if analysis is None:
            return None, *view.emptied(message_html(say(GONE)))
        try:
            looked, updates = answers.answered(self._models, lambda: view.look(analysis))
        except AudiotokError as error:
            return analysis, *view.emptied(message_html(str(error)))
        return looked, *updates
