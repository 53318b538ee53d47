"""A broken constraint of a model, as a service words it."""

from __future__ import annotations


class Violation:
    """One broken constraint. `missing` is True for a required member that is absent; `is_whole`: its text is all that is told."""

    __slots__ = ("is_whole", "missing", "path", "text")

    def __init__(self, path: str, text: str, missing: bool = False, *, is_whole: bool = False) -> None:
        self.is_whole = is_whole
        self.path = path
        self.text = text
        self.missing = missing
