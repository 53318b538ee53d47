"""What the wire layer raises for a request that cannot be read; it has the attributes of every AWS error."""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    """An AWS error found before any operation ran. `fields` are further members of the rendered error."""

    __slots__ = ("code", "fields", "message", "sender", "status")

    def __init__(self, code: str, message: str, status: int = 400, fields: dict[str, Any] | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.sender = status < 500
        self.fields = fields or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(Exception):
    """A value breaks a constraint of the model. Raised by compiled readers and turned into AWS's sentence by the codec."""


INVALID = Invalid()
