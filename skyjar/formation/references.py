"""What an expression refers to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import TemplateError
from .intrinsics import FUNCTIONS, substitution, variables


def references(value: Any, truth: Callable[[str], bool] | None = None) -> set[str]:
    """The names that Ref, Fn::GetAtt and Fn::Sub in it refer to: parameters, pseudo parameters and resources.

    With `truth`, the value of a condition, only in the branches of Fn::If that are taken.
    """
    found: set[str] = set()
    _collect(value, found, truth)
    return found


def _collect(value: Any, found: set[str], truth: Callable[[str], bool] | None) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found, truth)
    elif isinstance(value, dict):
        for name, argument in value.items():
            if isinstance(name, str) and name.startswith("Fn::") and name not in FUNCTIONS:
                raise TemplateError(
                    f"Template format error: Encountered unsupported function: {name} Supported functions are: [{', '.join(sorted(FUNCTIONS))}]"
                )
            if name == "Ref" and isinstance(argument, str):
                found.add(argument)
            elif name == "Fn::GetAtt":
                parts = argument.split(".", 1) if isinstance(argument, str) else argument
                if isinstance(parts, list) and parts:
                    found.add(str(parts[0]))
                    _collect(parts[1:], found, truth)
            elif name == "Fn::Sub":
                text, own = substitution(argument)
                found |= {name.split(".", 1)[0] for name in variables(text)} - own.keys()
                _collect(own, found, truth)
            elif name == "Fn::If" and truth is not None and isinstance(argument, list) and len(argument) == 3:
                _collect(argument[1 if truth(str(argument[0])) else 2], found, truth)
            else:
                _collect(argument, found, truth)
