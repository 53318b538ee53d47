"""What was decided about a call, and why; kept with its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

Need = tuple[str, str, dict[str, Any]]  # action, resource, condition keys that a least policy should name


_PASSED = "iam:PassedToService"


class Judgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`reason`: root | allow | implicit-deny | explicit-deny | not-judged; `policy`: the type of policy that decided, by
    `statement` of its policy `source`.

    A denial has more: `trace` (one line a statement), `policies` (one line a policy), the `context` that was seen, and the
    `remedy`: the changes that would have allowed it (`policy/remedies.py`). `further` is what else was judged for the same
    call. `is_audited`: it would have been denied for this reason, and was let through (`--audit`).
    """

    is_allowed: bool
    reason: str
    action: str = ""
    resource: str = ""
    policy: str = ""
    trace: tuple[str, ...] = ()
    context: dict[str, Any] = {}
    source: str = ""
    statement: str = ""
    policies: tuple[str, ...] = ()
    remedy: tuple[dict[str, Any], ...] = ()
    further: tuple[Need, ...] = ()
    is_audited: bool = False

    @property
    def is_refusal(self) -> bool:
        """Denied, or it would have been."""
        return not self.is_allowed or self.is_audited

    def let_through(self) -> Judgement:
        return msgspec.structs.replace(self, is_allowed=True, is_audited=True)

    def with_further(
        self, actions: Sequence[str], resources: Sequence[str], also: Sequence[tuple[Any, ...]]
    ) -> Judgement:
        """What else the call needs, beside the one that is told. Of condition keys only to whom a role is passed."""
        needed: list[Need] = [(action, resource, {}) for action in actions for resource in resources]
        needed += [(each[0], each[1], {_PASSED: each[2][_PASSED]} if _PASSED in each[2] else {}) for each in also]
        told = (self.action, self.resource)
        return msgspec.structs.replace(self, further=tuple(each for each in needed if each[:2] != told))


ROOT = Judgement(is_allowed=True, reason="root")
NOT_JUDGED = Judgement(is_allowed=True, reason="not-judged")
RESOURCE = "resource-based policy"  # the kind of a resource's own policy, unless its service says otherwise
