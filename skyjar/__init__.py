"""Skyjar: AWS in a jar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from skyjar.testing.running import running as running


def __getattr__(name: str) -> Any:
    """`skyjar.running` is loaded when it is asked for, so that the server does not pay for it."""
    if name == "running":
        from skyjar.testing.running import running

        return running
    raise AttributeError(f"module 'skyjar' has no attribute {name!r}")
