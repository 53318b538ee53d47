import json
import time

import pytest

from skyjar.policy.documents import canonical, compile_document, validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge
from skyjar.policy.evaluation import Policies, evaluate
from skyjar.policy.grammar import LIMITS_CHARS
from skyjar.policy.requests import Request

from .cases import CALLERS, corpus, document

ALICE = CALLERS["alice"]
ROLE_TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


@pytest.mark.parametrize("row", corpus("malformed"), ids=lambda row: f"{row[0]} {row[1]}"[:120])
def test_malformed(row):
    kind, text, sentence = row
    with pytest.raises(MalformedPolicy) as raised:
        validate(text, kind)
    assert raised.value.message == sentence


@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        ("trust", ROLE_TRUST),
        ("trust", {**ROLE_TRUST, "Version": "2008-10-17"}),
        (
            "rcp",
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
            },
        ),
        ("scp", {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}}),
        (
            "resource",
            {"Statement": {"Sid": "a b/c", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "q"}},
        ),
        (
            "resource",
            {"Id": "x", "Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:*"}},
        ),
        (
            "boundary",
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::*"}]},
        ),
        (
            "session",
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*:*", "Resource": "arn:aws:sqs:*"}},
        ),
    ],
)
def test_accepted(kind, policy):
    assert validate(json.dumps(policy), kind).statements


def test_white_space_does_not_count_and_a_character_too_many_does():
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    size = len(text.replace(" ", ""))
    validate(text + " " * 100_000, "identity", size_limit=size)
    with pytest.raises(PolicyTooLarge, match=f"Cannot exceed quota for PolicySize: {size - 1}"):
        validate(text, "identity", size_limit=size - 1)


@pytest.mark.parametrize("kind", ["scp", "session"])
def test_white_space_counts_where_iam_does_not_measure(kind):
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
    validate(text + " " * (LIMITS_CHARS[kind] - len(text)), kind)
    with pytest.raises(PolicyTooLarge):
        validate(text + " " * (LIMITS_CHARS[kind] - len(text) + 1), kind)


def test_the_same_text_is_compiled_once():
    text = json.dumps(ROLE_TRUST)
    assert compile_document(text) is compile_document(text.encode()) is compile_document(json.loads(text) and text)


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"Statement":' + "[" * 11 + "]" * 11 + "}",
        " " * 200_000,
        '{"Version":"2012-10-17","Statement":' + "9" * 100_000 + "}",
        b"\xff\xfe",
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}] * 2001},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": {"*"}}},
    ],
    ids=lambda bomb: str(bomb)[:20],
)
def test_bombs_are_malformed_at_once(bomb):
    start = time.perf_counter()
    with pytest.raises(MalformedPolicy):
        compile_document(bomb)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "pattern", ["*a" * 1000 + "b", "a*" * 1000 + "?b", "?*" * 1000 + "b", "arn:aws:a*" + "a*" * 1000 + "b:::c"]
)
def test_wildcards_cost_no_more_than_pattern_times_text(pattern):
    compiled = document(Resource=pattern)
    request = Request(ALICE, "a:b", "arn:aws:" + "a" * 2000)
    start = time.perf_counter()
    assert not evaluate(request, Policies(identity=[("p", compiled)])).allowed
    assert time.perf_counter() - start < 1


def test_variables_cannot_grow_without_bound():
    compiled = document(Resource="${a:k}" * 5000 + "*")
    request = Request(ALICE, "a:b", "x" * 10_000, {"a:k": "x" * 10_000})
    assert not evaluate(request, Policies(identity=[("p", compiled)])).allowed


def test_a_variable_in_a_variables_value_is_text():
    compiled = document(Resource="arn:aws:s3:::b/${a:k}/*")
    bomb = {"a:k": "${a:k}" * 100}
    assert not evaluate(Request(ALICE, "a:b", "arn:aws:s3:::b/x/y", bomb), Policies(identity=[("p", compiled)])).allowed
    inner = {"a:k": "${aws:username}"}
    asked = Request(ALICE, "a:b", "arn:aws:s3:::b/alice/x", inner)
    assert not evaluate(asked, Policies(identity=[("p", compiled)])).allowed


def test_a_wildcard_in_a_variables_value_is_a_character():
    compiled = document(Resource="arn:aws:s3:::b/${a:k}/*")
    request = Request(ALICE, "a:b", "arn:aws:s3:::b/secret/x", {"a:k": "*"})
    assert not evaluate(request, Policies(identity=[("p", compiled)])).allowed


def test_context_keys_are_those_of_conditions_and_variables():
    compiled = document(
        Resource="arn:aws:s3:::${aws:username}", Condition={"StringLike": {"A:Key": "${aws:PrincipalTag/x, 'y'}"}}
    )
    assert compiled.context_keys() == {"aws:username", "a:key", "aws:principaltag/x"}


def test_canonical_is_stable():
    compiled = compile_document(ROLE_TRUST)
    once = canonical(compiled)
    assert canonical(compile_document(once)) == once
    assert once["Statement"][0]["Action"] == ["sts:assumerole"]
