"""What an operation may raise: AWS's errors, and the kernel's own signals."""

from __future__ import annotations

from typing import Any, ClassVar


class AWSError(Exception):
    """An error as AWS returns it. A service's `errors.py` has one subclass for each: its code and HTTP status.

    `fields` are further members of the modelled error shape, by AWS's names.
    """

    code: str = "InternalFailure"
    status: int = 400
    message: str = ""
    sentence: ClassVar[str] = ""
    has_body: ClassVar[bool] = True
    """False: the answer is a status and nothing else, as AWS's front ends give some."""

    def __init__(self, message: str | None = None, **fields: Any) -> None:
        self.message = self.sentence if message is None else message
        self.fields = fields
        super().__init__(self.message)

    @property
    def sender(self) -> bool:
        """Whether the caller is at fault."""
        return self.status < 500


class NotImplementedHere(AWSError):
    """What Skyjar does not have. Always names the service and the operation or member."""

    code = "NotImplemented"
    status = 501


class AccessDenied(AWSError):
    code = "AccessDenied"
    status = 403


class ValidationError(AWSError):
    code = "ValidationError"


class Wait(Exception):
    """Raised by an operation that has nothing to answer yet: its transaction is dropped, and it is run again when a
    watched prefix is touched or the clock reaches `until` (seconds since the epoch), whichever comes first."""

    def __init__(self, *, on: bytes | tuple[bytes, ...], until: float) -> None:
        self.on = (on,) if isinstance(on, bytes) else on
        self.until = until
        super().__init__()
