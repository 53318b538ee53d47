"""What a target is told: the event, a part of it, a fixed text, or a template filled from it. Pure.

Source: EventBridge User Guide, "Input transformation": paths have names, indices and `*`; a variable in quotes is written
without quotes of its own, one outside them as JSON. A path that leads nowhere is written as nothing, and as `""` where JSON
needs a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from .errors import ValidationException

_VARIABLE = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_STEP = re.compile(r"\.([A-Za-z0-9_\-/*:]+)|\[(\d+|\*)\]|\['([^']+)'\]")
NOWHERE = object()
_RESERVED = ("aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event",
             "aws.events.event.json")  # fmt: skip


def steps(path: str) -> list[str | int]:
    """The steps of a path such as `$.detail.items[0].name`; raises ValueError for what is none."""
    if not path.startswith("$"):
        raise ValueError(path)
    found: list[str | int] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise ValueError(path)
        name, index, quoted = match.groups()
        found.append(int(index) if index and index != "*" else (quoted or name or "*"))
        at = match.end()
    return found


def at_path(event: Any, path: str) -> Any:
    """What the path leads to; `NOWHERE` when nothing is there."""
    found = [event]
    is_many = False
    for step in steps(path):
        if step == "*":
            is_many = True
            found = [
                inner
                for each in found
                for inner in (each if isinstance(each, list) else each.values() if isinstance(each, dict) else ())
            ]
        elif isinstance(step, int):
            found = [each[step] for each in found if isinstance(each, list) and step < len(each)]
        else:
            found = [each[step] for each in found if isinstance(each, dict) and step in each]
    if is_many:
        return found
    return found[0] if found else NOWHERE


def check(target: dict[str, Any]) -> None:
    given = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    if len(given) > 1:
        raise ValidationException(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
        )
    if target.get("Input"):
        try:
            orjson.loads(target["Input"])
        except orjson.JSONDecodeError:
            raise ValidationException(f"JSON syntax error in input for target {target['Id']} : Invalid JSON") from None
    if target.get("InputPath"):
        _check_path(target["InputPath"], target["Id"])
    if target.get("InputTransformer"):
        _check_transformer(target["InputTransformer"], target["Id"])


def _check_path(path: str, target: str) -> None:
    try:
        steps(path)
    except ValueError:
        raise ValidationException(f"Parameter InputPath is not valid for target {target}.") from None


def _check_transformer(given: dict[str, Any], target: str) -> None:
    paths = given.get("InputPathsMap") or {}
    for name, path in paths.items():
        if name.lower().startswith("aws"):
            raise ValidationException(f"Input path name {name} for target {target} must not start with AWS.")
        _check_path(path, target)
    for name in _VARIABLE.findall(given["InputTemplate"]):
        if name not in paths and name not in _RESERVED:
            raise ValidationException(
                f"InputTemplate for target {target} contains placeholder which is not in InputPathsMap: {name}."
            )


def text(target: dict[str, Any], event: dict[str, Any], rule_arn: str, came_at: str) -> str:
    """What the target is told of the event."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        found = at_path(event, target["InputPath"])
        return _json(None if found is NOWHERE else found)
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event, rule_arn, came_at)
    return _json(event)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _transformed(given: dict[str, Any], event: dict[str, Any], rule_arn: str, came_at: str) -> str:
    paths: dict[str, str] = given.get("InputPathsMap") or {}
    reserved: dict[str, Callable[[], Any]] = {
        "aws.events.rule-arn": lambda: rule_arn,
        "aws.events.rule-name": lambda: rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": lambda: came_at,
        "aws.events.event": lambda: {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": lambda: event,
    }
    template: str = given["InputTemplate"]
    is_json = template.lstrip()[:1] in ("{", "[", '"')
    written: list[str] = []
    at, is_quoted = 0, False
    for match in _VARIABLE.finditer(template):
        name = match[1]
        if name not in paths and name not in reserved:
            continue
        before = template[at : match.start()]
        written.append(before)
        is_quoted ^= _flips(before)
        value = reserved[name]() if name in reserved else at_path(event, paths[name])
        written.append(_written(value, is_json=is_json, is_quoted=is_quoted and is_json))
        at = match.end()
    written.append(template[at:])
    return "".join(written)


def _flips(text: str) -> bool:
    """Whether an odd number of quotation marks stands in it, those that are escaped left out."""
    return len(re.sub(r"\\.", "", text, flags=re.DOTALL).replace('"', "\0").split("\0")) % 2 == 0


def _written(value: Any, *, is_json: bool, is_quoted: bool) -> str:
    if value is NOWHERE:
        return '""' if is_json and not is_quoted else ""
    if is_quoted:
        plain = value if isinstance(value, str) else _json(value)
        return _json(plain)[1:-1]
    if not is_json and isinstance(value, str):
        return value
    return _json(value)
