"""Filters of DescribeParameters and GetParametersByPath: from what a client asks to a test of a parameter. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import InvalidFilterKey, InvalidFilterOption, InvalidFilterValue
from .state import Parameter

Test = Callable[[Parameter], bool]
_FIELDS: dict[str, Callable[[Parameter], str]] = {
    "Name": lambda parameter: parameter.name,
    "Type": lambda parameter: parameter.type,
    "Tier": lambda parameter: parameter.tier,
    "DataType": lambda parameter: parameter.data_type,
    "KeyId": lambda parameter: parameter.key_id,
}


def tests(given: list[dict[str, Any]] | None, keys: tuple[str, ...]) -> list[Test]:
    """One test for each filter; `keys` are those that the operation knows, `tag:` among them."""
    found = []
    for each in given or []:
        key = each["Key"]
        if key not in keys and not (key.startswith("tag:") and "tag:" in keys):
            names = ", ".join(keys)
            raise InvalidFilterKey(
                f"The following filter key is not valid: {key}. Valid filter keys include: [{names}]."
            )
        values = each.get("Values") or []
        if not values and not key.startswith("tag:"):
            raise InvalidFilterValue(f"The following filter values are missing : null for filter key {key}")
        found.append(_test(key, each.get("Option", ""), values))
    return found


def _test(key: str, option: str, values: list[str]) -> Test:
    if key == "Path":
        return _path(option or "OneLevel", values)
    if key.startswith("tag:"):
        tag = key.removeprefix("tag:")
        return lambda parameter: tag in parameter.tags and (not values or parameter.tags[tag] in values)
    field = _FIELDS[key]
    if option in ("", "Equals"):
        if key == "Name":
            return lambda parameter: parameter.name in values or parameter.name.removeprefix("/") in values
        return lambda parameter: field(parameter) in values
    if key != "Name" or option not in ("BeginsWith", "Contains"):
        raise InvalidFilterOption(
            f"The following filter option is not valid: {option}. Valid options include: [BeginsWith, Equals]."
        )
    if option == "Contains":
        return lambda parameter: any(value in parameter.name for value in values)
    return lambda parameter: any(
        parameter.name.startswith(value) or parameter.name.removeprefix("/").startswith(value) for value in values
    )


def _path(option: str, values: list[str]) -> Test:
    if option not in ("Recursive", "OneLevel"):
        raise InvalidFilterOption(
            f"The following filter option is not valid: {option}. Valid options include: [Recursive, OneLevel]."
        )
    paths = [value if value.endswith("/") else value + "/" for value in values]

    def test(parameter: Parameter) -> bool:
        name = parameter.name if parameter.name.startswith("/") else "/" + parameter.name
        found = [name.removeprefix(path) for path in paths if name.startswith(path)]
        return any(option == "Recursive" or "/" not in rest for rest in found)

    return test
