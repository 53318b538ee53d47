"""Policies with what they should allow and deny, as plain values: what `skyjar policy test` runs.

principal: arn:aws:iam::111122223333:role/app
policies: {identity: [{…}, {…}], boundary: {…}, resource: {…}, scp: [[{…}]]}
context: {aws:SecureTransport: "true"}
expect:
  - {allow: s3:GetObject, resource: "arn:aws:s3:::b/x"}
  - {deny: [s3:PutObject, s3:DeleteObject], resource: "arn:aws:s3:::b/x", with: {aws:SourceIp: 10.0.0.1}, by: boundary}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import evaluation
from .documents import PolicyKind, compile_document, validate
from .evaluation import Decision, Named, Policies, evaluate
from .requests import Principal, Request

ACCOUNT = "111122223333"  # of a principal that has none of its own

# What AWS keeps attached to every root, unit and account where resource control policies are enabled.
_RCP_FULL_ACCESS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}  # fmt: skip
_SUITE = {"page", "note", "principal", "tags", "policies", "context", "expect"}
_POLICIES = {"identity", "resource", "trust", "boundary", "session", "scp", "rcp", "endpoint"}
_FACTS = {"resource_account", "resource_required", "service_names"}
_EXPECTATION = {"allow", "deny", "resource", "as", "tags", "with", "by", "note"} | _FACTS
_BY = {
    "explicit": "",
    "implicit": "",
    "identity": evaluation.IDENTITY,
    "resource": evaluation.RESOURCE,
    "trust": evaluation.TRUST,
    "boundary": evaluation.BOUNDARY,
    "session": evaluation.SESSION,
    "scp": evaluation.SCP,
    "rcp": evaluation.RCP,
    "endpoint": evaluation.ENDPOINT,
}
_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::([0-9]{12}):(root|[a-z-]+)/?(.*)", re.DOTALL)


class Unreadable(ValueError):
    """What is written is no suite; the message says why."""


class Outcome(NamedTuple):
    """One evaluation. `by` is what the expectation says of who decides, empty when it does not matter; `written` is it."""

    request: Request
    decision: Decision
    is_allowed: bool  # as expected
    by: str
    policies: Policies
    written: dict[str, Any]

    @property
    def is_met(self) -> bool:
        if self.decision.allowed is not self.is_allowed:
            return False
        if self.by in ("explicit", "implicit"):
            return self.decision.reason == f"{self.by}-deny"
        return not self.by or self.decision.kind == _BY[self.by]


def outcomes(suite: dict[str, Any]) -> Iterator[Outcome]:
    """Every evaluation that a suite asks for. Raises Unreadable, and MalformedPolicy for a policy that AWS would refuse."""
    _known(suite, _SUITE, "a suite")
    groups = {**_written(suite, "policies")}
    _known(groups, _POLICIES | _FACTS, "policies")
    policies = _policies(groups)
    for expectation in _several(suite.get("expect", [])):
        if not isinstance(expectation, dict) or ("allow" in expectation) is ("deny" in expectation):
            raise Unreadable(f"An expectation has allow or deny: {expectation}")
        _known(expectation, _EXPECTATION, "an expectation")
        yield from _of_one(suite, groups, policies, expectation)


def _of_one(
    suite: dict[str, Any], groups: dict[str, Any], policies: dict[str, Any], expectation: dict[str, Any]
) -> Iterator[Outcome]:
    by = str(expectation.get("by", ""))
    if by and by not in _BY:
        raise Unreadable(f"by is one of {', '.join(_BY)}, not {by}.")
    tags = {**_written(suite, "tags"), **_written(expectation, "tags")}
    who = principal(str(expectation.get("as", suite.get("principal", f"arn:aws:iam::{ACCOUNT}:user/somebody"))), tags)
    facts = {**groups, **expectation}
    applied = Policies(
        **policies,
        resource_account=str(facts.get("resource_account", "")),
        resource_required="trust" in groups or str(facts.get("resource_required", "")).lower() == "true",
        resource_kind=evaluation.TRUST if "trust" in groups else evaluation.RESOURCE,
    )
    context = {**_written(suite, "context"), **_written(expectation, "with")}
    for action in _several(expectation["allow" if "allow" in expectation else "deny"]):
        for resource in _several(expectation.get("resource", "*")):
            request = Request(who, str(action), str(resource), {key: _value(each) for key, each in context.items()})
            yield Outcome(request, evaluate(request, applied), "allow" in expectation, by, applied, expectation)


def principal(name: str, tags: dict[str, str] | None = None) -> Principal:
    """Whom an ARN, a service's name, or `anonymous` names. A role's ARN stands for a session of it."""
    if name == "anonymous":
        return Principal("anonymous")
    found = _ARN.fullmatch(name)
    if found is None:
        if ":" in name or "." not in name:
            raise Unreadable(f"{name} names nobody: an ARN, a service such as sns.amazonaws.com, or anonymous.")
        return Principal("service", service_names=(name,))
    _, account, kind, rest = found.groups()
    given = {key: str(value) for key, value in (tags or {}).items()}
    if kind == "root":
        return Principal("root", arn=name, account=account, user_id=account)
    if kind == "user":
        return Principal("user", arn=name, account=account, user_id="AIDAEXAMPLEEXAMPLE01", tags=given)
    if kind in ("role", "assumed-role"):
        return _session(name, account, kind, rest, given)
    if kind == "federated-user":
        return Principal("federated-user", arn=name, account=account, user_id=f"{account}:{rest}", tags=given)
    return Principal("federated", arn=name, account=account, tags=given)


def _session(name: str, account: str, kind: str, rest: str, tags: dict[str, str]) -> Principal:
    role, session = (rest, "session") if kind == "role" else rest.partition("/")[::2]
    return Principal(
        "assumed-role",
        arn=f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{session}",
        account=account,
        user_id=f"AROAEXAMPLEEXAMPLE01:{session}",
        session_name=session,
        parent_arn=f"arn:aws:iam::{account}:role/{role}",
        tags=tags,
    )


def _policies(groups: dict[str, Any]) -> dict[str, Any]:
    def named(kind: PolicyKind, group: str, document: Any, number: int) -> Named:
        return f"{group} {number + 1}", validate(document, kind)

    def several(kind: PolicyKind, group: str) -> list[Named]:
        return [named(kind, group, each, number) for number, each in enumerate(_several(groups.get(group, [])))]

    def levels(kind: PolicyKind, group: str) -> list[list[Named]]:
        written = _several(groups.get(group, []))
        each_level = written if written and isinstance(written[0], list) else [written] if written else []
        kept = [("RCPFullAWSAccess", compile_document(_RCP_FULL_ACCESS))] if kind == "rcp" else []
        return [
            [*kept, *(named(kind, group, each, number) for number, each in enumerate(level))] for level in each_level
        ]

    return {
        "identity": several("identity", "identity"),
        "resource": several("trust", "trust") if "trust" in groups else several("resource", "resource"),
        "boundary": several("boundary", "boundary")[0] if "boundary" in groups else None,
        "session": several("session", "session") if "session" in groups else None,
        "scp": levels("scp", "scp"),
        "rcp": levels("rcp", "rcp"),
        "endpoint": several("resource", "endpoint")[0] if "endpoint" in groups else None,
    }


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _written(holder: dict[str, Any], name: str) -> dict[str, Any]:
    found = holder.get(name) or {}
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is a mapping.")
    return found


def _known(written: dict[str, Any], names: set[str], of: str) -> None:
    unknown = sorted(set(written) - names)
    if unknown:
        raise Unreadable(f"{unknown[0]} is no part of {of}: {', '.join(sorted(names))}.")
