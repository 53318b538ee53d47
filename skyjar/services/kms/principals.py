"""By which names a grant means the caller."""

from __future__ import annotations

from skyjar.kernel.principals import Principal


def names_of(caller: Principal) -> list[str]:
    """The ARNs (or a service's host) by which a grant may name the caller: itself, and its role."""
    if caller.kind == "service":
        return [caller.name]
    if caller.kind != "role":
        return [caller.arn]
    return [caller.arn, f"arn:aws:iam::{caller.account}:role{caller.path}{caller.name}"]
