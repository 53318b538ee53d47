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


_VALUES = {
    "Type": ("String", "StringList", "SecureString"),
    "Tier": ("Standard", "Advanced", "Intelligent-Tiering"),
}


def modern(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The old `Filters`, of which those by name look for beginnings, as today's ParameterFilters."""
    return [{**each, "Option": "BeginsWith" if each["Key"] == "Name" else "Equals"} for each in given]


def tests(given: list[dict[str, Any]] | None, keys: tuple[str, ...]) -> list[Test]:
    """One test for each filter; `keys` are those that the operation knows, `tag:` among them."""
    found = []
    seen = set()
    for each in given or []:
        key = each["Key"]
        if key not in keys and not (key.startswith("tag:") and "tag:" in keys):
            names = ", ".join(keys)
            raise InvalidFilterKey(
                f"The following filter key is not valid: {key}. Valid filter keys include: [{names}]."
            )
        if key in seen:
            raise InvalidFilterKey(f"The following filter key is used more than once: {key}.")
        seen.add(key)
        values = each.get("Values") or []
        _check_values(key, values)
        found.append(_test(key, each.get("Option", ""), values))
    return found


def _check_values(key: str, values: list[str]) -> None:
    if not values and not key.startswith("tag:"):
        raise InvalidFilterValue(f"The following filter values are missing : null for filter key {key}")
    known = _VALUES.get(key, ())
    for value in values:
        if known and value not in known:
            raise InvalidFilterValue(
                f"The following filter value is not valid: {value}. Valid values include: [{', '.join(known)}]"
            )


def labels(given: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for each in given:
        if each["Key"] == "Label":
            if each.get("Option", "Equals") != "Equals":
                raise _bad_option(each["Option"], "Equals")
            found += each.get("Values") or []
    return found


def _bad_option(option: str, *valid: str) -> InvalidFilterOption:
    return InvalidFilterOption(
        f"The following filter option is not valid: {option}. Valid options include: [{', '.join(valid)}]."
    )


def _test(key: str, option: str, values: list[str]) -> Test:
    if key == "Path":
        return _path(option or "OneLevel", values)
    matches = _matching(key, option or "Equals")
    if key.startswith("tag:"):
        tag = key.removeprefix("tag:")
        return lambda parameter: (
            tag in parameter.tags and (not values or any(matches(parameter.tags[tag], value) for value in values))
        )
    field = _FIELDS[key]
    if key != "Name":
        return lambda parameter: any(matches(field(parameter), value) for value in values)
    return lambda parameter: any(
        matches(name, value) for name in (parameter.name, parameter.name.removeprefix("/")) for value in values
    )


def _matching(key: str, option: str) -> Callable[[str, str], bool]:
    """Whether a text fits a filter's value."""
    if option == "Equals":
        return lambda text, value: text == value
    if option == "BeginsWith":
        return lambda text, value: text.startswith(value)
    if option == "Contains" and key == "Name":
        return lambda text, value: value in text
    raise _bad_option(option, "BeginsWith", "Equals")


def _path(option: str, values: list[str]) -> Test:
    if option not in ("Recursive", "OneLevel"):
        raise _bad_option(option, "Recursive", "OneLevel")
    paths = [value if value.endswith("/") else value + "/" for value in values]

    def test(parameter: Parameter) -> bool:
        name = parameter.name if parameter.name.startswith("/") else "/" + parameter.name
        found = [name.removeprefix(path) for path in paths if name.startswith(path)]
        return any(option == "Recursive" or "/" not in rest for rest in found)

    return test
