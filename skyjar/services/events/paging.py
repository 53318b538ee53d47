"""Pages of lists, in the order of names. A token is the last name of the page before it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from . import limits
from .errors import ValidationException

T = TypeVar("T")


def page(
    found: Iterable[T], name: Callable[[T], str], prefix: str | None, token: str | None, limit: int | None
) -> tuple[list[T], dict[str, Any]]:
    """Those of this page whose names begin with `prefix`, and the member NextToken, if there is more."""
    try:
        after = urlsafe_b64decode(token).decode() if token else ""
    except ValueError:
        raise ValidationException("Parameter NextToken is not valid.") from None
    wanted = [each for each in found if name(each) > after and name(each).startswith(prefix or "")]
    most = limit or limits.PAGE
    if len(wanted) <= most:
        return wanted, {}
    return wanted[:most], {"NextToken": urlsafe_b64encode(name(wanted[most - 1]).encode()).decode()}
