"""Decisions that were reached before, so that the same question is not put to the policies again.

A decision follows from the caller, what it holds, the action, the resource with its owner and its own policy, and from
those condition keys that the policies at hand name. Where they name none, or only such as follow from the caller, the
answer is found by the question alone; where they name others, by the question and their values. Decisions that depend on
the time are reached anew each time, and so is every refusal, whose reasons are kept with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyjar.kernel.principals import Principal

from .judgement import Judgement
from .memberships import Memberships

REMEMBERED = 8_192
VALUES = 64  # remembered per question

Question = tuple[Principal, object, str, str, str | None, str, str]
"""Caller, `Held`, action, resource, the resource's policy, its kind, the resource's owner."""

Short = tuple[Principal, object, str, str, str, str]
"""Caller, `Held`, operation, account, Region, and what the service's `question` says of the call."""

_OF_THE_CALLER = ("aws:username", "aws:userid", "aws:principalarn", "aws:principalaccount", "aws:principaltype")
_OF_THE_TIME = ("aws:currenttime", "aws:epochtime", "aws:multifactorauthage")


class Varying:
    """Answers to one question by the values of the condition keys that they depend on."""

    __slots__ = ("by_values", "keys")

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.by_values: dict[tuple[Any, ...], Judgement] = {}

    def remember(self, values: tuple[Any, ...], judgement: Judgement) -> None:
        if len(self.by_values) >= VALUES:
            self.by_values.clear()
        self.by_values[values] = judgement


class Verdicts:
    """`members`: what organizations say, which no question names; when it changes, every verdict is void."""

    def __init__(self, members: Memberships) -> None:
        self._known: dict[Question, Judgement | Varying] = {}
        self.recall = self._known.get
        self._shortened: dict[Short, Judgement] = {}
        self.recall_short = self._shortened.get
        self.members = members
        members.changes = self._clear

    def _clear(self) -> None:
        self._known.clear()
        self._shortened.clear()

    def shorten(self, short: Short, question: Question) -> None:
        """Find the answer to a question, if it depends on nothing else, by a shorter one from now on."""
        found = self._known.get(question)
        if type(found) is Judgement:
            if len(self._shortened) >= REMEMBERED:
                self._shortened.clear()
            self._shortened[short] = found

    def remember(self, question: Question, judgement: Judgement, keys: Iterable[str], values: Any) -> None:
        """`keys` are those that the policies name, in lower case; `values` gives the value of one."""
        named = [key for key in keys if key not in _OF_THE_CALLER and not key.startswith("aws:principaltag/")]
        if any(key in _OF_THE_TIME for key in named):
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        if not named:
            self._known[question] = judgement
            return
        before = self._known.get(question)
        if type(before) is not Varying:
            before = self._known[question] = Varying(tuple(sorted(named)))
        before.remember(tuple([values(key) for key in before.keys]), judgement)
