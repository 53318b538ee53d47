"""How many certificates an account may have in a Region, and make in a year."""

from __future__ import annotations

from skyjar.kernel.call import Call

from . import limits, state
from .errors import LimitExceededException
from .state import Made


def count(call: Call, kind: str) -> None:
    """Count one more of this type, or refuse it."""
    held = sum(each.type == kind for each in state.certificates.range(call))
    if held >= limits.CERTIFICATES:
        raise LimitExceededException(
            "You have reached the maximum number of certificates. Delete certificates that are not in use, or contact "
            "AWS Support to request an increase."
        )
    for old in state.made.range(call, kind, end=(call.now - limits.YEAR_S,)):
        state.made.remove(call, old)
    if state.made.count(call, kind, limit=limits.CERTIFICATES_A_YEAR) >= limits.CERTIFICATES_A_YEAR:
        raise LimitExceededException(
            f"Error: you have reached your limit of {limits.CERTIFICATES_A_YEAR} certificates in the last year."
        )
    state.made.add(call, Made(type=kind, at=call.now, id=call.new_id()))
