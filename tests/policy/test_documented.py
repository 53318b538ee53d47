"""Policies and decisions that AWS documents, and rows of the specification: each suite names its source.

They are run by what runs `skyjar policy test`, and the naive evaluator is asked as well.
"""

from pathlib import Path

import pytest
import yaml

from skyjar.policy.expectations import outcomes

from . import naive

CORPUS = Path(__file__).parent / "corpus" / "documented"
SUITES = [
    pytest.param(suite, id=f"{path.stem}-{number}")
    for path in sorted(CORPUS.glob("*.yaml"))
    for number, suite in enumerate(yaml.load_all(path.read_text(), Loader=yaml.BaseLoader))
]


FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}


def told(outcome):
    request, decision = outcome.request, outcome.decision
    who = request.principal.arn or request.principal.kind
    lines = [f"{who} {request.action} on {request.resource}: {decision.reason} by {decision.kind}", *decision.trace]
    return "\n".join(map(str, lines))


@pytest.mark.parametrize("suite", SUITES)
def test_a_documented_example_decides_as_documented(suite):
    wrong = [told(outcome) for outcome in outcomes(suite) if not outcome.is_met]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("suite", SUITES)
def test_the_naive_evaluator_decides_it_alike(suite):
    for outcome in outcomes(suite):
        asking, policies = outcome.request.principal, plain(suite, outcome)
        facts = {name: getattr(asking, name) for name in ("kind", "arn", "account", "user_id", "parent_arn", "tags")}
        who = {**facts, "service_names": asking.service_names}
        context = {**suite.get("context", {}), **outcome.written.get("with", {})}
        allowed = naive.allowed(who, outcome.request.action, outcome.request.resource, context, policies)
        assert allowed is outcome.is_allowed, told(outcome)


def plain(suite, outcome):
    """The suite's policies as the naive evaluator takes them."""
    given = suite.get("policies", {})
    found = {"identity": naive.as_list(given.get("identity")), "resource": naive.as_list(given.get("resource"))}
    if "trust" in given:
        found |= {"resource": naive.as_list(given["trust"]), "resource_required": True}
    for kind in ("boundary", "endpoint"):
        if kind in given:
            found[kind] = given[kind]
    if "session" in given:
        found["session"] = naive.as_list(given["session"])
    for kind in ("scp", "rcp"):
        levels = naive.as_list(given.get(kind))
        found[kind] = levels if levels and isinstance(levels[0], list) else [levels] if levels else []
    found["rcp"] = [[FULL, *level] for level in found["rcp"]]
    if outcome.policies.resource_account:
        found["resource_account"] = outcome.policies.resource_account
    if outcome.policies.resource_required:
        found["resource_required"] = True
    return found


def test_the_corpus_is_large_and_says_where_it_is_from():
    suites = [suite.values[0] for suite in SUITES]
    assert all(suite["page"].startswith(("https://docs.aws.amazon.com/", "row ")) for suite in suites)
    evaluations = sum(1 for suite in suites for _ in outcomes(suite))
    assert evaluations >= 300, evaluations
    assert len({suite["page"] for suite in suites}) >= 60
