"""The classes of this server: opened by a teacher, filled by students, forgotten by themselves.

All is in memory and nothing is written anywhere. A class has three keys. Its *code* is short, for
people. For the code a student's browser gets the *ticket*, and the teacher's browser holds the
*secret*; both have 128 bits.

No code is found by trying. There are 31¹⁰ = 8.2 · 10¹⁴ of them, and an address may send 400 wrong
ones at once and 20 a second from then on: a stranger who does so for an hour finds a given class
once in 11 thousand million times. One with any number of addresses is held up by the server alone:
at 5,000 codes a second, for the 12 hours that a class lasts at most, any of 40 classes is found
once in 95,000 times. So the limit need not be a narrow one. Right codes cost nothing, nor does what
can be no code; a school behind one address never sends 20 wrong codes a second, and where somebody
there does it by a program, the page of a student with the right code asks again every three
seconds until it is let in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audiotok.board.codes import as_code, new_code, new_key
from audiotok.board.refusals import FullError, TooOftenError, UnknownClassError
from audiotok.board.throttle import Clock, Throttle
from audiotok.experiment.rounds import Round, checked_rounds

FORGOTTEN_AFTER_S = 12 * 3_600
FORGETS_EVERY_S = 60
MAX_CLASSES = 40
MAX_ROUNDS = 3_000  # of a class: 200 students with 15 rounds each
MAX_SENTENCES = 300  # of a class; with all that, all classes take some 100 MB
WRONG_CODES = 400  # from one address at once ...
WRONG_CODES_PER_S = 20  # ... and every second from then on


@dataclass
class SchoolClass:
    """One class.

    Attributes
    ----------
    moods : that its rounds may have.
    opened_s : when, on the registry's clock.
    """

    code: str
    ticket: str
    secret: str
    moods: tuple[str, ...]
    opened_s: float
    rounds: dict[UUID, Round] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)

    def take(self, rounds: Sequence[Round]) -> int:
        """Take rounds, each once, and return how many were new.

        Raises
        ------
        FullError
            When they do not all fit; then none is taken.
        """
        new = [each for each in rounds if each.id not in self.rounds]
        sentences = {each.sentence for each in new} | self.sentences.keys()
        if len(self.rounds) + len(new) > MAX_ROUNDS or len(sentences) > MAX_SENTENCES:
            raise FullError("error_class_full")
        for each in new:  # equal sentences are kept once
            same = self.sentences.setdefault(each.sentence, each.sentence)
            self.rounds[each.id] = each.model_copy(update={"sentence": same})
        return len(new)


class Classes:
    """All classes of a server.

    Parameters
    ----------
    clock : gives seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._by_code: dict[str, SchoolClass] = {}
        self._by_ticket: dict[str, SchoolClass] = {}
        self._by_secret: dict[str, SchoolClass] = {}
        self._lock = threading.Lock()
        self._guesses_of = Throttle(WRONG_CODES, WRONG_CODES_PER_S, clock)
        self._openings_of = Throttle(10, 1 / 60, clock)
        self._posts = Throttle(400, 40, clock)

    def open(self, moods: Sequence[str], address: str) -> SchoolClass:
        """Open a class for the teacher at an address.

        Raises
        ------
        TooOftenError
            When many were opened from there.
        FullError
            When there are as many classes as fit.
        """
        with self._lock:
            self._forget_old()
            if len(self._by_code) >= MAX_CLASSES:
                raise FullError("error_classes_full")
            if not self._openings_of.spend(address):
                raise TooOftenError("error_new_classes")
            code = new_code()
            while code in self._by_code:
                code = new_code()
            opened = SchoolClass(code, new_key(), new_key(), tuple(moods), self._clock())
            self._by_code[code] = self._by_ticket[opened.ticket] = opened
            self._by_secret[opened.secret] = opened
            return opened

    def join(self, typed: object, address: str) -> SchoolClass:
        """Return the class of a code that somebody at an address typed.

        Raises
        ------
        TooOftenError
            When too many codes from there led nowhere; right ones are then not told from wrong
            ones, and may be asked again a moment later.
        UnknownClassError
            When there is no such class.
        """
        with self._lock:
            self._forget_old()
            code = as_code(typed)
            if code and not self._guesses_of.may(address):
                raise TooOftenError("error_guesses")
            found = self._by_code.get(code)
            if found:
                return found
            if code:
                self._guesses_of.spend(address)
            raise UnknownClassError("error_code", code=code or "…")

    def post(self, ticket: object, given: Any) -> int:
        """Take a client's rounds for the class of its ticket; return how many were new.

        Raises
        ------
        UnknownClassError
            When the class has ended.
        TooOftenError
            When the class sends too many at once.
        FullError
            When they do not fit.
        ExperimentError
            When they are no rounds.
        """
        with self._lock:
            found = self._found(self._by_ticket, ticket)
        if not self._posts.spend(found.ticket):
            raise TooOftenError("error_posts")
        rounds = checked_rounds(given, found.moods)
        with self._lock:
            return self._found(self._by_ticket, ticket).take(rounds)

    def watch(self, secret: object) -> tuple[SchoolClass, tuple[Round, ...]]:
        """Return a teacher's class and its rounds so far.

        Raises
        ------
        UnknownClassError
            When it has ended.
        """
        with self._lock:
            found = self._found(self._by_secret, secret)
            return found, tuple(found.rounds.values())

    def end(self, secret: object) -> None:
        """Delete a teacher's class with all its rounds.

        Raises
        ------
        UnknownClassError
            When it has ended already.
        """
        with self._lock:
            self._delete(self._found(self._by_secret, secret))

    def left_s(self, one: SchoolClass) -> float:
        """Return the seconds until a class is forgotten."""
        return one.opened_s + FORGOTTEN_AFTER_S - self._clock()

    def keep_forgetting(self) -> None:
        """Delete old classes in the background for as long as the process lives."""

        def forget_for_ever() -> None:
            while True:
                time.sleep(FORGETS_EVERY_S)
                with self._lock:
                    self._forget_old()

        threading.Thread(target=forget_for_ever, daemon=True).start()

    def _found(self, keyed: dict[str, SchoolClass], key: object) -> SchoolClass:
        self._forget_old()
        found = keyed.get(key) if isinstance(key, str) else None
        if not found:
            raise UnknownClassError("error_class_gone")
        return found

    def _forget_old(self) -> None:
        for one in [each for each in self._by_code.values() if self.left_s(each) <= 0]:
            self._delete(one)

    def _delete(self, one: SchoolClass) -> None:
        one.rounds.clear()
        del self._by_code[one.code], self._by_ticket[one.ticket], self._by_secret[one.secret]
