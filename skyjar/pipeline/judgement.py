"""What was decided about a call, and why; kept with its record."""

from __future__ import annotations

from typing import Any

import msgspec


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """`reason`: root | allow | implicit-deny | explicit-deny | not-judged; `policy`: the type of policy that decided.

    `trace` has one line per policy considered; it is filled in for denials, and for others on demand.
    """

    is_allowed: bool
    reason: str
    action: str = ""
    resource: str = ""
    policy: str = ""
    trace: tuple[str, ...] = ()
    context: dict[str, Any] = {}


ROOT = Judgement(is_allowed=True, reason="root")
NOT_JUDGED = Judgement(is_allowed=True, reason="not-judged")
RESOURCE = "resource-based policy"  # the kind of a resource's own policy, unless its service says otherwise
