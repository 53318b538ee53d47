import pytest

from skyjar.policy.evaluation import Policies, evaluate
from skyjar.policy.requests import Request

from .cases import CALLERS, corpus, document, policies

ALICE = CALLERS["alice"]
ELEMENTS = ("Version", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal")


def allows(compiled, action="a:b", resource="*", context=None):
    return evaluate(Request(ALICE, action, resource, context), Policies(identity=[("p", compiled)])).allowed


def element(row):
    return {name: row[name] for name in ELEMENTS if name in row}


@pytest.mark.parametrize("row", corpus("actions"), ids=str)
def test_actions(row):
    compiled = document(Resource="*", **element(row))
    assert [action for action in row["covers"] + row["misses"] if allows(compiled, action)] == row["covers"]


@pytest.mark.parametrize("row", corpus("resources"), ids=str)
def test_resources(row):
    compiled = document(**element(row))
    assert [each for each in row["covers"] + row["misses"] if allows(compiled, resource=each)] == row["covers"]


@pytest.mark.parametrize("row", corpus("conditions"), ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_conditions(row):
    operator, key, values, outcomes = row
    compiled = document(Resource="*", Condition={operator: {key.upper(): values}})
    contexts = [(outcome, value) for outcome, given in outcomes.items() for value in given]
    for outcome, value in contexts:
        context = {} if value is None else {key: value}
        assert allows(compiled, context=context) is (outcome == "holds"), value


@pytest.mark.parametrize("row", corpus("principals"), ids=lambda row: str(element(row)))
def test_principals(row):
    effect = row.get("effect", "Deny")
    compiled = document(Resource="*", **element(row), Effect=effect)
    concerned = []
    for name, caller in CALLERS.items():
        everyone = document(Resource="*", Principal="*")
        given = [("everyone", everyone)] if effect == "Deny" else []
        decision = evaluate(
            Request(caller, "a:b"), Policies(resource=[*given, ("p", compiled)], identity=[], resource_required=True)
        )
        if decision.allowed is (effect == "Allow"):
            concerned.append(name)
    assert concerned == row["concerns"]


@pytest.mark.parametrize("row", [row for row in corpus("principals") if "Principal" in row], ids=str)
def test_a_principal_element_allows_whom_it_denies(row):
    everything = [("everything", document(Resource="*"))]
    compiled = document(Resource="*", **element(row))
    allowed = [
        name
        for name, caller in CALLERS.items()
        if evaluate(
            Request(caller, "a:b"), Policies(identity=everything, resource=[("p", compiled)], resource_required=True)
        ).allowed
    ]
    assert allowed == row["concerns"]


DECISIONS = corpus("decisions")


@pytest.mark.parametrize("case", DECISIONS["cases"], ids=lambda case: case["says"])
def test_decisions(case):
    request = Request(CALLERS[case["who"]], case["do"], case["on"], case.get("with"))
    decision = evaluate(request, policies(case, DECISIONS["documents"]))
    assert (decision.reason, decision.kind) == (case["reason"], case["kind"])
    deciding = [verdict for verdict in decision.trace if verdict.source == decision.source and verdict.matched]
    assert bool(deciding) is bool(decision.source)
