"""Names, values, labels, pages: Parameter Store's rules. Pure."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import regex

from . import limits
from .errors import (
    AccessDeniedException,
    HierarchyLevelLimitExceededException,
    InvalidAllowedPatternException,
    InvalidNextToken,
    ParameterPatternMismatchException,
    ValidationException,
)

T = TypeVar("T")
_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_NESTED = re.compile(r"\{\{.*\}\}", re.DOTALL)
_LABEL = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")


def check_name(name: str, arn: str) -> None:
    if "/" in name and not name.startswith("/"):
        raise ValidationException("Parameter name must be a fully qualified name.")
    first = name.lstrip("/").lower()
    if first.startswith("aws"):
        raise AccessDeniedException(f"No access to reserved parameter name: {name}.")
    if first.startswith("ssm") or not _NAME.fullmatch(name) or len(arn) > limits.NAME_LENGTH:
        raise ValidationException(
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_"
        )
    if name.count("/") > limits.LEVELS:
        raise HierarchyLevelLimitExceededException


def check_path(path: str) -> str:
    """The path with a slash at its end."""
    if not path.startswith("/") or (path != "/" and not _NAME.fullmatch(path.removesuffix("/"))):
        raise ValidationException(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward "
            'slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, '
            "numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not "
            'allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
            "/get/parameters2-/by1./path0_."
        )
    return path if path.endswith("/") else path + "/"


def check_value(value: str, type_name: str, pattern: str) -> None:
    if not value:
        raise ValidationException(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1."
        )
    if _NESTED.search(value):
        raise ValidationException('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')
    if not pattern:
        return
    values = value.split(",") if type_name == "StringList" else [value]
    try:
        compiled = regex.compile(pattern)
        matches = all(compiled.fullmatch(each, timeout=limits.PATTERN_S) for each in values)
    except (regex.error, TimeoutError):
        raise InvalidAllowedPatternException from None
    if not matches:
        raise ParameterPatternMismatchException(pattern)


def is_label(label: str) -> bool:
    is_reserved = label.lower().startswith(("aws", "ssm"))
    return bool(_LABEL.fullmatch(label)) and len(label) <= limits.LABEL_LENGTH and not is_reserved


def page(
    member: str, items: Iterable[T], token: str, limit: int, name: Callable[[T], str], show: Callable[[T], Any]
) -> dict[str, Any]:
    """One page of what is ordered by name; the token says where the next one begins."""
    start = _name_in(token) if token else ""
    shown: list[Any] = []
    for item in items:
        if name(item) < start:
            continue
        if len(shown) == limit:
            return {member: shown, "NextToken": urlsafe_b64encode(name(item).encode()).decode()}
        shown.append(show(item))
    return {member: shown}


def _name_in(token: str) -> str:
    try:
        return b64decode(token, b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidNextToken from None
