"""The least time that objects of a class are billed for: what goes before, costs the rest of it at once.

Source: S3 User Guide, "Understanding your AWS billing and usage reports for Amazon S3", notes on EarlyDelete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.kernel import prices, usage
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import limits

if TYPE_CHECKING:
    from .object_state import Object

OF_CLASS = {  # days, how its usage type is called, and whether small objects are billed as larger ones
    "STANDARD_IA": (30, "EarlyDelete-SIA", True),
    "ONEZONE_IA": (30, "EarlyDelete-ZIA", True),
    "GLACIER_IR": (90, "EarlyDelete-GIR", True),
    "GLACIER": (90, "EarlyDelete-ByteHrs", False),
    "DEEP_ARCHIVE": (180, "EarlyDelete-GDA", False),
}


def charge(call: Call, at: At, gone: Object) -> None:
    """An object was deleted, overwritten or moved to another class. `at` is where its bucket is."""
    found = OF_CLASS.get(gone.storage_class)
    if found is None:
        return
    days, usage_type, has_least_size = found
    since = max(gone.modified_s, gone.tier[0])  # since it came, or came to this class
    left_h = days * 24 - (call.now - since) / usage.HOUR_S
    if left_h <= 0:
        return
    months = left_h / prices.hours_of_month(int(call.now // limits.DAY_S))
    usage.use(call, "s3", usage_type, "", gone.size / usage.GIB * months, at=at)
    if has_least_size and gone.size < limits.TRANSITION_BYTES:
        more = (limits.TRANSITION_BYTES - gone.size) / usage.GIB
        usage.use(call, "s3", f"{usage_type}-SmObjects", "", more * months, at=at)
