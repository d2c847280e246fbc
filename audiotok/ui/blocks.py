"""A Gradio page that takes nothing on trust, by whichever of its events it comes."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote

import gradio as gr
from fastapi import HTTPException

from audiotok.language import language, mark, say, speak
from audiotok.ui.places import PLACES, has_place
from audiotok.ui.verdict import message_html
from audiotok.ui.visitor import address_of, asked_language

logger = logging.getLogger(__name__)

SPOKEN = ("components", "dependencies", "layout", "page")  # parts of Gradio's config with words
MAX_WAITING_EACH = 2
ADDRESS_GIVEN = mark(
    "A clip is uploaded, not named by its address on the web; download it and upload the file."
)
ENOUGH_WAITING = mark("You have asked this {n} times already; wait until one of them is answered.")
ALL_WAITING = mark("Very many are waiting at once; try again in a few seconds.")
MISFIT = mark(
    "This input does not fit: a clip is an uploaded file, a text is a string, and a task, layer or "
    "head is one of those offered."
)


class Blocks(gr.Blocks):
    """A page whose events, private ones too, refuse in one sentence what they can't take.

    They also take calls that leave out the last parameters: Gradio's Python client fills in what
    has a default; a plain HTTP call cannot. Once a call of the API is answered nothing of it stays:
    Gradio would keep a copy of the page with the answer in it.

    Attributes
    ----------
    notice : where the page says what is wrong with it as a whole.
    twins : the same page in other languages, by their code; it is only ever shown, and its events
        are those of this one.
    """

    notice: gr.HTML

    def __init__(self, **options: Any) -> None:
        self.twins: dict[str, Blocks] = {}
        super().__init__(**options)

    @property
    def config(self) -> Any:
        """What Gradio lays the page out by, in the language spoken here."""
        twin = self.twins.get(language())
        spoken = {part: twin.config[part] for part in SPOKEN} if twin else {}
        return {**self._config, **spoken}

    @config.setter
    def config(self, config: Any) -> None:
        self._config = config

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        inputs += [None] * (len(block_fn.inputs) - len(inputs))
        super().validate_inputs(block_fn, inputs)

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        try:
            addressed = names_an_address(inputs)  # asked before Gradio, which would fetch it
        except RecursionError as error:
            raise gr.Error(say(MISFIT), print_exception=False) from error
        if addressed:
            raise gr.Error(say(ADDRESS_GIVEN), print_exception=False)
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except Exception as error:
            logger.info("An input was refused: %s", type(error).__name__)
            raise gr.Error(say(MISFIT), print_exception=False) from error

    async def process_api(self, block_fn: Any, *args: Any, **options: Any) -> dict[str, Any]:
        request = options.get("request")
        if isinstance(request, gr.Request):
            speak(asked_language(request.query_params, request.headers))
        try:
            return await super().process_api(block_fn, *args, **options)
        finally:
            session, state = options.get("session_hash"), options.get("state")
            called = getattr(block_fn, "api_visibility", None) == "public"
            if session and called and not (state and any(state.state_data.values())):
                self.forget_state(session)

    def forget_state(self, session: str) -> None:
        """Drop all that Gradio keeps of a session: state, and each component's last value."""
        holder = self.state_holder
        with holder.lock:
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)

    def line_up(self) -> None:
        """Open the queue: no way around it, and some places in it for every address.

        A session has two places for each event. Those that follow an analysis wait too, and must
        not shut out what its visitor does next.
        """
        self.queue(default_concurrency_limit=1, max_size=PLACES, api_open=False)
        push = self._queue.push

        async def push_few(body: Any, request: Any, username: str | None) -> Any:
            queues = self._queue.event_queue_per_concurrency_id.values()
            waiting = [event for queue in queues for event in queue.queue]
            same = [(event.session_hash, event.fn._id) for event in waiting]
            asked = body.session_hash, body.fn_index
            if body.session_hash and same.count(asked) >= MAX_WAITING_EACH:
                raise HTTPException(429, say(ENOUGH_WAITING, n=MAX_WAITING_EACH))
            if not has_place(address_of(request), (address_of(each.request) for each in waiting)):
                raise HTTPException(429, say(ALL_WAITING))
            return await push(body=body, request=request, username=username)

        self._queue.push = push_few  # type: ignore[method-assign]

    def tell(self, sentence: str) -> None:
        """Say something at the top of the page to whoever opens it from now on."""
        for page in (self, *self.twins.values()):
            page.notice.value = f"{page.notice.value or ''}{message_html(sentence)}"
            page.notice.visible = True
            page.config = page.get_config_file()


def names_an_address(value: Any) -> bool:
    """Say whether a payload names a file by an address that is not one of our uploads."""
    if isinstance(value, list):
        return any(map(names_an_address, value))
    if not isinstance(value, dict):
        return False
    path, url = str(value.get("path") or ""), str(value.get("url") or "")
    if "://" in path or ("://" in url and unquote(url).find(f"/gradio_api/file={path}") < 0):
        return True
    return any(map(names_an_address, value.values()))
