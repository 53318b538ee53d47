"""Properties of generated policies and requests. SKYJAR_POLICY_EXAMPLES=10000 is what CI asks for."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.policy.documents import canonical, compile_document
from skyjar.policy.evaluation import evaluate
from skyjar.policy.requests import Request

from . import naive
from .cases import corpus, policies, principal

EXAMPLES = int(os.environ.get("SKYJAR_POLICY_EXAMPLES", "100"))
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SKYJAR_POLICY_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

WHO = {name: facts for name, facts in corpus("callers").items() if name not in ("github", "federated")}
ACTIONS = ["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject"]
ACTION_PATTERNS = ["*", "sqs:*", "SQS:send*", "s3:Get?bject", "*:*Message", "sqs:ReceiveMessage"]
RESOURCES = ["*", "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:s3:::b/alice/x:y", "arn:aws:s3:::b/red"]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "arn:aws:sqs:*",
    "arn:aws:sqs:us-*-1:1111????3333:*",
    "arn:aws:sqs:u*1:*:q",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}",
    "arn:aws:s3:::*/*:?",
    "arn:*:s3*b/*",
    "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:?",
    "${*}",
]
TEXTS = [
    "x",
    "X",
    "alice",
    "red",
    "10",
    "10.0",
    "7",
    "true",
    "False",
    "2020-01-01T00:00:00Z",
    "1577836800",
    "10.1.2.3",
    "eA==",
]
TEXTS += ["arn:aws:iam::111122223333:user/team/alice", "arn:aws:sns:us-east-1:1:t:u", "2001:db8::1", "", "*"]
WANTED = [*TEXTS, "*l*c?", "${aws:username}", "${aws:PrincipalTag/city}", "${a:k, 'x'}", "10.0.0.0/8", "2001:db8::/32"]
WANTED += ["arn:aws:iam::*:user/*", "arn:aws:sns:*:?:t*", "arn:*", "r?d", "${*}", "2020-01-02"]
OPERATORS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike"]
OPERATORS += [
    "StringNotLike",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotLike",
]
OPERATORS += ["ArnNotEquals"] + [
    kind + how
    for kind in ("Numeric", "Date")
    for how in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
]
KEYS = ["a:k", "a:many", "aws:username", "aws:PrincipalArn", "aws:PrincipalTag/Team"]
NAMES = [facts["arn"] for facts in WHO.values() if facts.get("arn")] + ["111122223333", "444455556666"]
NAMES += ["arn:aws:iam::111122223333:role/svc/app"]


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
    if "boundary" in situation:
        named["boundary"] = name(situation["boundary"])
    if "scp" in situation:
        named["scp"] = [[name(document) for document in level] for level in situation["scp"]]
    return named, kept


@quick
@given(requests, situations)
def test_the_compiled_and_the_naive_evaluator_agree(asked, situation):
    who, action, resource, context = asked
    who = WHO[who]
    given_account = {} if who.get("account") else {"account": ""}
    expected = naive.allowed({**who, **given_account}, action, resource, context, situation)
    assert decide(asked, situation).allowed is expected


@quick
@given(requests, documents(), documents())
def test_single_documents_agree(asked, identity, boundary):
    _, action, resource, context = asked
    situation = {"identity": [identity], "boundary": boundary}
    expected = naive.allowed(WHO["alice"], action, resource, context, situation)
    assert decide(("alice", *asked[1:]), situation).allowed is expected


DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@quick
@given(requests, situations, st.sampled_from(["identity", "resource", "boundary", "session", "scp"]))
def test_an_explicit_deny_always_wins(asked, situation, kind):
    who = WHO[asked[0]]["kind"]
    if kind != "resource" and (who in ("service", "anonymous") or (who == "root" and kind != "scp")):
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
