"""AWS's sentence for a denial. Source: "Troubleshoot access denied error messages", IAM user guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .evaluation import Decision


def denial_message(principal_arn: str, action: str, resource: str, decision: Decision) -> str:
    """The whole sentence. `resource` may be empty or `*`: then it is not mentioned, as for operations without one."""
    on = f" on resource: {resource}" if resource not in ("", "*") else ""
    return f"User: {principal_arn} is not authorized to perform: {action}{on} {reason(action, decision)}"


def reason(action: str, decision: Decision) -> str:
    kind = _SHOWN_AS.get(decision.kind, decision.kind)
    if decision.reason == "explicit-deny":
        return f"with an explicit deny in {_ARTICLES.get(kind, 'a')} {kind}"
    return f"because no {kind} allows the {action} action"


_SHOWN_AS = {"key policy": "resource-based policy"}
_ARTICLES = {"identity-based policy": "an", "role trust policy": "the"}
