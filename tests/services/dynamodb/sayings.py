"""Moves said in PartiQL, and what a statement comes to by the model."""

from __future__ import annotations

import re
from typing import Any

from .model import Model, Move, value, whole

_FORMS = (
    (re.compile(r"attribute_not_exists\(([^)]*)\)"), r"\1 IS MISSING"),
    (re.compile(r"attribute_exists\(([^)]*)\)"), r"\1 IS NOT MISSING"),
    (re.compile(r"ADD s (:v)"), r"SET s = set_add(s, \1)"),
    (re.compile(r"DELETE s (:v)"), r"SET s = set_delete(s, \1)"),
)
_WORD = re.compile(r":[a-z]\b")


def is_sayable(move: Move) -> bool:
    """INSERT has no condition, nothing adds to a number that may be missing, and NOT and <> mean something else of what is."""
    texts = [each.text for each in (move.change, move.condition) if each is not None]
    if move.kind == "Put":
        return move.condition is None
    return not any(text.startswith("ADD n") or "NOT " in text or "<>" in text for text in texts)


def said(move: Move, returning: str = "") -> dict[str, Any]:
    """The Statement and its Parameters."""
    if move.kind == "Put":
        return {"Statement": "INSERT INTO tab VALUE ?", "Parameters": [{"M": whole(move.place, move.body or {})}]}
    values: dict[str, Any] = {":pk": value(move.place[0]), ":sk": value(move.place[1])}
    text = "DELETE FROM tab" if move.kind == "Delete" else "UPDATE tab"
    if move.change is not None:
        text += " " + _form(move.change.text, values, dict(move.change.values), "1")
    text += " WHERE pk = :pk AND sk = :sk"
    if move.condition is not None:
        text += f" AND ({_form(move.condition.text, values, dict(move.condition.values), '2')})"
    text += returning and f" RETURNING {returning} *"
    if move.kind == "ConditionCheck":
        text = f"EXISTS({text.replace('UPDATE', 'SELECT * FROM')})"
    return {
        "Statement": re.sub(r":\w+", "?", text),
        "Parameters": [values[name] for name in re.findall(r":\w+", text)],
    }


def _form(text: str, values: dict[str, Any], given: dict[str, Any], mark: str) -> str:
    for form, other in _FORMS:
        text = form.sub(other, text)
    values.update({name + mark: value(plain) for name, plain in given.items()})
    return _WORD.sub(lambda found: found.group() + mark, text)


def outcome(model: Model, move: Move) -> str:
    """As the cancellation reasons of a transaction name it."""
    body = model.items.get(move.place)
    if move.kind == "Put":
        return "None" if body is None else "DuplicateItem"
    if move.kind == "Delete":
        return "None" if body is None else model.outcome(move)
    return "ConditionalCheckFailed" if body is None else model.outcome(move)
