"""Whatever is handed in as a policy is accepted or refused in IAM's words; what was accepted can be used."""

import contextlib
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.policy.documents import canonical, compile_document, validate
from skyjar.policy.errors import MalformedPolicy
from skyjar.policy.evaluation import Policies, evaluate
from skyjar.policy.expectations import Unreadable, outcomes
from skyjar.policy.findings import findings
from skyjar.policy.remedies import changes
from skyjar.policy.requests import Request

from .cases import CALLERS
from .generated import Generator

KINDS = ["identity", "resource", "trust", "boundary", "session", "scp", "rcp"]
quick = settings(
    max_examples=int(os.environ.get("SKYJAR_POLICY_EXAMPLES", "300")),
    deadline=None,
    derandomize="SKYJAR_POLICY_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

WORDS = (
    "Version Id Statement Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition Allow Deny"
)
WORDS += " 2012-10-17 AWS Service * s3:* s3:Get* a:b:c : arn:aws:s3:::b/* arn: arn:aws:iam::111122223333:root ${ ${*}"
WORDS += " ${aws:username} ForAllValues:StringEquals StringLike Null DateLessThan IpAddress NumericEquals aws:SourceIp"
WORDS += (
    " aws:CurrentTime 10.0.0.0/8 2020-13-45T99:99:99Z 1e999 true ß \ud800 \x00 //////////////// arn:aws:s3:::${a:b,"
)
words = st.sampled_from(WORDS.split(" ")) | st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)


@st.composite
def documents(draw):
    """A generated policy with a few places of it replaced, taken away or doubled; or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    document = Generator(draw(st.integers(0, 10_000))).document(draw(st.booleans()))
    for _ in range(draw(st.integers(0, 2))):
        holder, key = draw(st.sampled_from(list(places(document))))
        if draw(st.booleans()):
            holder[key] = draw(words | anything)
        elif draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = [holder[key], holder[key]]
        if not any(places(document)):
            break
    return document


def places(value):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places(inner)


def written(document):
    try:
        return json.dumps(document)
    except ValueError:
        return "{"


@quick
@given(documents(), st.sampled_from(KINDS), st.sampled_from(sorted(CALLERS)))
def test_a_policy_is_refused_or_can_be_used(document, kind, who):
    with contextlib.suppress(MalformedPolicy):
        validate(written(document), kind)
    try:
        compiled = compile_document(written(document))
    except MalformedPolicy as error:
        assert error.message
        return
    request = Request(CALLERS[who], "s3:GetObject", "arn:aws:s3:::b/x", {"aws:SourceIp": "10.0.0.1", "a:b": ["x", ""]})
    group = [("p", compiled)]
    for policies in (Policies(identity=group), Policies(resource=group), Policies(scp=[group], rcp=[group])):
        decision = evaluate(request, policies)
        assert decision.trace is not None
        assert bool(changes(request, policies)) is not decision.allowed
    findings(compiled)
    assert canonical(compile_document(canonical(compiled)))["Statement"] == canonical(compiled)["Statement"]


@quick
@given(st.text(max_size=200) | st.binary(max_size=200), st.sampled_from(KINDS))
def test_what_is_no_document_is_malformed(text, kind):
    with pytest.raises(MalformedPolicy):
        validate(text, kind)


@quick
@given(
    st.dictionaries(
        st.sampled_from(["page", "principal", "policies", "context", "expect", "tags", "x"]), anything, max_size=4
    )
)
def test_a_suite_is_refused_or_runs(suite):
    with contextlib.suppress(Unreadable, MalformedPolicy):
        list(outcomes(suite))
