"""What AWS services tell of themselves on an account's default event bus: `Object Created` of `aws.s3` and their like.

Kept here because any service says it, with `call.emit(ServiceEvent(…))`, and EventBridge hears it. It happens in the
emitter's transaction, so that an event is told if and only if what it tells of is so.
"""

from __future__ import annotations

from typing import Any

import msgspec


class ServiceEvent(msgspec.Struct, frozen=True):
    """`detail` is as AWS documents it for the detail type. `account` and `region` are the emitting call's unless given;
    `at` is when it happened, seconds since the epoch, the call's time unless given. `is_read_only`: a management call that
    changes nothing, which only some rules want."""

    source: str
    detail_type: str
    detail: dict[str, Any]
    resources: tuple[str, ...] = ()
    account: str = ""
    region: str = ""
    at: float = 0.0
    is_read_only: bool = False
