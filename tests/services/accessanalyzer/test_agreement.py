"""What the checks promise, held against the evaluator that judges every call, on policies made by chance.

A PASS is always true: no request that the new policy allows may be one that the existing one does not, and none of what
was asked for may be allowed. Access without a finding is no access.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest

from skyjar.policy.documents import Document, compile_document
from skyjar.policy.evaluation import Policies, evaluate
from skyjar.policy.requests import Principal, Request
from skyjar.services.accessanalyzer import comparisons, external
from skyjar.services.accessanalyzer.zones import Zone

OWN, OTHER = "111122223333", "444455556666"
ACTIONS = ("sqs:sendmessage", "sqs:receivemessage", "sqs:deletemessage", "sqs:deletequeue")
PATTERNS = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:*Message", "sqs:Delete*", "sqs:*", "*")
QUEUES = tuple(f"arn:aws:sqs:us-east-1:{OWN}:{name}" for name in ("a", "ab", "b"))
RESOURCES = (
    *QUEUES,
    f"arn:aws:sqs:us-east-1:{OWN}:a*",
    f"arn:aws:sqs:us-east-1:{OWN}:?",
    f"arn:aws:sqs:*:{OWN}:*",
    "*",
)
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": OWN},
    {"AWS": OTHER},
    {"AWS": [f"arn:aws:iam::{OTHER}:role/r", f"arn:aws:iam::{OWN}:role/r"]},
)
TEAMS = ("red", "green")
CONTEXTS: tuple[dict[str, Any], ...] = ({}, *({"aws:PrincipalTag/team": team} for team in TEAMS))


def caller(account: str, kind: str = "role") -> Principal:
    if kind == "root":
        return Principal("root", arn=f"arn:aws:iam::{account}:root", account=account)
    arn = f"arn:aws:sts::{account}:assumed-role/r/s"
    return Principal("assumed-role", arn=arn, account=account, parent_arn=f"arn:aws:iam::{account}:role/r")


USER = Principal("user", arn=f"arn:aws:iam::{OWN}:user/u", account=OWN)
CALLERS = tuple(caller(account, kind) for account in (OWN, OTHER) for kind in ("role", "root"))
EVERYTHING = compile_document(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


def statement(chance: Random, is_of_resource: bool) -> dict[str, Any]:
    few = lambda those: chance.sample(those, chance.choice((1, 1, 2)))  # noqa: E731
    made: dict[str, Any] = {"Effect": chance.choice(("Allow", "Allow", "Deny"))}
    made[chance.choice(("Action", "Action", "Action", "NotAction"))] = few(PATTERNS)
    made[chance.choice(("Resource", "Resource", "Resource", "NotResource"))] = few(RESOURCES)
    if is_of_resource:
        # An Allow to all but some is nothing that these policies are about.
        is_not = made["Effect"] == "Deny" and chance.random() < 0.2
        made["NotPrincipal" if is_not else "Principal"] = chance.choice(PRINCIPALS)
    if chance.random() < 0.4:
        operator = chance.choice(("StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists"))
        made["Condition"] = {operator: {"aws:PrincipalTag/team": few((*TEAMS, "g*"))}}
        if is_of_resource and chance.random() < 0.4:
            made["Condition"] = {chance.choice(("StringEquals", "StringNotEquals")): {"aws:PrincipalAccount": OWN}}
    return made


def policy(chance: Random, *, is_of_resource: bool = False) -> Document:
    count = chance.choice((1, 2, 2, 3))
    statements = [statement(chance, is_of_resource) for _ in range(count)]
    return compile_document({"Version": "2012-10-17", "Statement": statements})


def requests(*, is_of_resource: bool) -> Iterator[Request]:
    callers = CALLERS if is_of_resource else (USER,)
    for who, action, resource, context in product(callers, ACTIONS, QUEUES, CONTEXTS):
        yield Request(who, action, resource, context)


def allows(document: Document, request: Request, *, is_of_resource: bool) -> bool:
    """As far as this document decides: everything else allows everything."""
    if not is_of_resource:
        return evaluate(request, Policies(identity=[("p", document)])).allowed
    given = Policies(
        identity=[("all", EVERYTHING)], resource=[("p", document)], resource_account=OWN, resource_required=True
    )
    return evaluate(request, given).allowed


@pytest.fixture(autouse=True)
def few_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many actions as the policies speak of, instead of all that AWS has."""
    monkeypatch.setattr(comparisons, "published", lambda: (*ACTIONS, "s3:getobject"))


@pytest.mark.parametrize("is_of_resource", [False, True], ids=["identity", "resource"])
def test_no_new_access_is_none(is_of_resource: bool) -> None:
    chance, passed = Random(7), 0
    for _ in range(1500):
        existing = policy(chance, is_of_resource=is_of_resource)
        new = policy(chance, is_of_resource=is_of_resource)
        if comparisons.new_access(new, existing):
            continue
        passed += 1
        for request in requests(is_of_resource=is_of_resource):
            if allows(new, request, is_of_resource=is_of_resource):
                assert allows(existing, request, is_of_resource=is_of_resource), (
                    new.text,
                    existing.text,
                    request.action,
                )
    assert passed > 50


@pytest.mark.parametrize("is_of_resource", [False, True], ids=["identity", "resource"])
def test_what_is_not_granted_is_not_allowed(is_of_resource: bool) -> None:
    chance, passed = Random(8), 0
    for _ in range(600):
        document = policy(chance, is_of_resource=is_of_resource)
        actions, resources = chance.sample(ACTIONS, 1), chance.choice(([], chance.sample(QUEUES, 1)))
        if comparisons.granting(document, actions, resources):
            continue
        passed += 1
        for request in requests(is_of_resource=is_of_resource):
            if request.action in actions and request.resource in (resources or QUEUES):
                assert not allows(document, request, is_of_resource=is_of_resource), (document.text, request.action)
    assert passed > 50


def test_access_from_outside_has_a_finding() -> None:
    chance, silent = Random(9), 0
    zone = Zone(frozenset({OWN}))
    for _ in range(800):
        document = policy(chance, is_of_resource=True)
        found = external.accesses(document, zone, QUEUES[0])
        granted = {action.lower() for access in found for action in access.actions}
        silent += not found
        for request in requests(is_of_resource=True):
            if request.principal.account == OTHER and allows(document, request, is_of_resource=True):
                assert request.action in granted, (document.text, request.action)
    assert silent > 50
