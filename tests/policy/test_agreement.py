"""Properties of generated policies and requests. SKYJAR_POLICY_EXAMPLES asks hypothesis for more than a hundred."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.policy.documents import canonical, compile_document
from skyjar.policy.evaluation import BOUNDARY, ENDPOINT, IDENTITY, RCP, SCP, SESSION, Policies, evaluate
from skyjar.policy.remedies import changes
from skyjar.policy.requests import Request

from . import naive
from .cases import policies, principal
from .generated import (
    ACTION_PATTERNS,
    ACTIONS,
    KEYS,
    NAMES,
    OPERATORS,
    RESOURCE_PATTERNS,
    RESOURCES,
    TEXTS,
    WANTED,
    WHO,
    Generator,
)

EXAMPLES = int(os.environ.get("SKYJAR_POLICY_EXAMPLES", "100"))
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SKYJAR_POLICY_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def one_or_more(choices):
    return st.sampled_from(choices) | st.lists(st.sampled_from(choices), min_size=1, max_size=3)


operators = st.just("Null") | st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(OPERATORS),
    st.sampled_from(["", "", "IfExists"]),
)
conditions = st.dictionaries(
    operators,
    st.dictionaries(st.sampled_from(KEYS), one_or_more(WANTED) | st.booleans(), min_size=1, max_size=2),
    max_size=2,
)
principals = st.just("*") | st.one_of(
    st.fixed_dictionaries({"AWS": one_or_more([*NAMES, "*"])}),
    st.fixed_dictionaries({"Service": one_or_more(["sns.amazonaws.com", "sqs.amazonaws.com"])}),
)


def documents(*, with_principal=False):
    either = st.sampled_from(["", "", "Not"])
    statements = st.builds(
        lambda effect, no, action, not_, resource, condition, principal: {
            "Effect": effect,
            no + "Action": action,
            not_ + "Resource": resource,
            **({"Condition": condition} if condition else {}),
            **({"Principal": principal} if with_principal else {}),
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        either,
        one_or_more(ACTION_PATTERNS),
        either,
        one_or_more(RESOURCE_PATTERNS),
        st.just({}) | conditions,
        principals,
    )
    return st.builds(
        lambda version, found: {"Version": version, "Statement": found},
        st.just("2012-10-17"),
        statements | st.lists(statements, min_size=1, max_size=3),
    )


def some(strategy):
    return st.lists(strategy, max_size=2)


situations = st.fixed_dictionaries(
    {"identity": some(documents()), "resource": some(documents(with_principal=True))},
    optional={
        "boundary": documents(),
        "session": some(documents()),
        "scp": some(some(documents())),
        "resource_account": st.sampled_from(["111122223333", "444455556666"]),
        "resource_required": st.booleans(),
    },
)
contexts = st.fixed_dictionaries(
    {},
    optional={"a:K": st.sampled_from(TEXTS), "A:many": st.lists(st.sampled_from(TEXTS), max_size=3)},
)
requests = st.tuples(st.sampled_from(list(WHO)), st.sampled_from(ACTIONS), st.sampled_from(RESOURCES), contexts)


def decide(asked, situation):
    who, action, resource, context = asked
    return evaluate(Request(principal(WHO[who]), action, resource, context), policies(*by_name(situation)))


def by_name(situation):
    """The situation with numbers in place of its documents, and the documents by number."""
    kept = {}

    def name(document):
        kept[str(len(kept))] = document
        return str(len(kept) - 1)

    named = dict(situation)
    for kind in ("identity", "resource", "session"):
        if kind in situation:
            named[kind] = [name(document) for document in situation[kind]]
    for kind in ("boundary", "endpoint"):
        if kind in situation:
            named[kind] = name(situation[kind])
    for kind in ("scp", "rcp"):
        if kind in situation:
            named[kind] = [[name(document) for document in level] for level in situation[kind]]
    return named, kept


def mended(asked, situation, found):
    """The policies with the changes made."""
    applied = policies(*by_name(situation))
    groups = [(kind, list(group)) for kind, group, _ in applied.considered(principal(WHO[asked[0]]))]
    for change in found:
        for kind, group in groups:
            if kind == change.kind and change.lift:
                group[:] = [
                    (name, without(each, change.lift) if name == change.source else each) for name, each in group
                ]
    for change in found:
        if change.add:
            of_kind = [group for kind, group in groups if kind == change.kind]
            levels = [group for group in of_kind if ", ".join(name for name, _ in group) == change.source]
            made = ("made", compile_document({"Version": "2012-10-17", "Statement": change.add}))
            (levels or of_kind)[0].append(made)
    return regrouped(applied, groups)


def without(document, label):
    found = naive.as_list(json.loads(document.text)["Statement"])
    kept = [ALLOW_NOTHING if f"#{number}" == label else each for number, each in enumerate(found)]
    return compile_document({"Version": document.version, "Statement": kept})


def regrouped(applied, groups):
    def of(kind):
        return [group for each, group in groups if each == kind]

    def single(kind):  # a boundary has one document, so that what was added is joined to it
        (group,) = of(kind) or [[]]
        found = [each for _, document in group for each in naive.as_list(json.loads(document.text)["Statement"])]
        same = {document.version for _, document in group} == {"2008-10-17"}
        version = "2008-10-17" if same else "2012-10-17"
        return ("one", compile_document({"Version": version, "Statement": found})) if group else None

    return Policies(
        identity=(of(IDENTITY) or [applied.identity])[0],
        resource=(of(applied.resource_kind) or [[]])[0],
        boundary=single(BOUNDARY),
        session=(of(SESSION) or [None])[0],
        scp=of(SCP),
        rcp=of(RCP),
        endpoint=single(ENDPOINT),
        resource_account=applied.resource_account,
        resource_required=applied.resource_required,
        resource_kind=applied.resource_kind,
    )


def opinion(asked, situation):
    """What the naive evaluator says."""
    who, action, resource, context = asked
    return naive.allowed({"account": "", **WHO[who]}, action, resource, context, situation)


def test_ten_thousand_generated_pairs_agree():
    generator = Generator(20270115)
    allowed = 0
    for _ in range(10_000):
        asked, situation = generator.request(), generator.situation()
        expected = opinion(asked, situation)
        assert decide(asked, situation).allowed is expected, (asked, situation)
        allowed += expected
    assert 1_200 < allowed < 8_800  # both answers are tried


@quick
@given(requests, situations)
def test_the_compiled_and_the_naive_evaluator_agree(asked, situation):
    assert decide(asked, situation).allowed is opinion(asked, situation)


@quick
@given(requests, documents(), documents())
def test_single_documents_agree(asked, identity, boundary):
    _, action, resource, context = asked
    situation = {"identity": [identity], "boundary": boundary}
    expected = naive.allowed(WHO["alice"], action, resource, context, situation)
    assert decide(("alice", *asked[1:]), situation).allowed is expected


ALLOW_NOTHING = {"Effect": "Allow", "Action": "none:none", "Resource": "none"}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@quick
@given(requests, situations, st.sampled_from(["identity", "resource", "boundary", "session", "scp"]))
def test_an_explicit_deny_always_wins(asked, situation, kind):
    who = WHO[asked[0]]["kind"]
    if kind != "resource" and (who in ("service", "federated", "anonymous") or (who == "root" and kind != "scp")):
        kind = "resource"
    everyone = {**DENY, "Statement": {**DENY["Statement"], "Principal": "*"}}
    denying = {
        "identity": [*situation["identity"], DENY],
        "resource": [*situation["resource"], everyone],
        "session": [*situation.get("session", []), DENY],
        "scp": [*situation.get("scp", []), [ALLOW, DENY]],
        "boundary": DENY,
    }[kind]
    assert decide(asked, {**situation, kind: denying}).reason == "explicit-deny"


@quick
@given(requests, situations, documents(), documents(with_principal=True))
def test_adding_an_allow_never_removes_access(asked, situation, more, for_resource):
    def allowing(document):
        found = naive.as_list(document["Statement"])
        return {**document, "Statement": [{**statement, "Effect": "Allow"} for statement in found]}

    more = {
        **situation,
        "identity": [*situation["identity"], allowing(more)],
        "resource": [*situation["resource"], allowing(for_resource)],
    }
    assert decide(asked, more).allowed or not decide(asked, situation).allowed


@quick
@given(requests, situations)
def test_the_canonical_form_decides_alike(asked, situation):
    def same(document):
        return canonical(compile_document(document))

    other = {
        **situation,
        "identity": [same(document) for document in situation["identity"]],
        "resource": [same(document) for document in situation["resource"]],
    }
    mine, theirs = decide(asked, situation), decide(asked, other)
    assert (mine.reason, mine.kind) == (theirs.reason, theirs.kind)


@quick
@given(requests, situations)
def test_the_trace_agrees_with_the_decision(asked, situation):
    decision = decide(asked, situation)
    matched = {(verdict.kind, verdict.effect) for verdict in decision.trace if verdict.matched}
    denied = any(effect == "Deny" for _, effect in matched)
    assert denied is (decision.reason == "explicit-deny")
    if decision.reason == "allow":
        assert (decision.kind, "Allow") in matched


@pytest.mark.parametrize("seed", range(3))
def test_the_remedy_allows_the_call_and_nothing_in_it_is_spare(seed):
    generator = Generator(seed)
    for _ in range(400):
        asked, situation = generator.request(), generator.situation()
        who, action, resource, context = asked
        request = Request(principal(WHO[who]), action, resource, context)
        found = changes(request, policies(*by_name(situation)))
        assert bool(found) is not decide(asked, situation).allowed
        assert evaluate(request, mended(asked, situation, found)).allowed, (asked, situation, found)
        for spare in range(len(found)):
            some = found[:spare] + found[spare + 1 :]
            assert not evaluate(request, mended(asked, situation, some)).allowed, (asked, situation, found)
