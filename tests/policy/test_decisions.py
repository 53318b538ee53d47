import pytest

from skyjar.policy.evaluation import GRANT, KEY, Policies, denial_message, evaluate, with_grant
from skyjar.policy.requests import Request

from .cases import CALLERS, document

ALICE = CALLERS["alice"]
QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"
USER = "User: arn:aws:iam::111122223333:user/team/alice is not authorized to perform: sqs:SendMessage"


def message(on=QUEUE, **policies):
    request = Request(ALICE, "sqs:SendMessage", on)
    return denial_message(ALICE.arn, "sqs:SendMessage", on, evaluate(request, Policies(**policies)))


ALL = ("all", document(Resource="*"))
NONE = ("none", document(Resource="*", Effect="Deny"))
NOBODY = ("nobody", document(Resource="*", Effect="Deny", Principal="*"))
S3 = ("s3", document(Resource="*", Action="s3:*"))


@pytest.mark.parametrize(
    ("policies", "sentence"),
    [
        ({}, "because no identity-based policy allows the sqs:SendMessage action"),
        ({"resource_account": "444455556666"}, "because no resource-based policy allows the sqs:SendMessage action"),
        ({"identity": [ALL], "boundary": S3}, "because no permissions boundary allows the sqs:SendMessage action"),
        ({"identity": [ALL], "session": [S3]}, "because no session policy allows the sqs:SendMessage action"),
        ({"identity": [ALL], "scp": [[S3]]}, "because no service control policy allows the sqs:SendMessage action"),
        ({"identity": [ALL], "endpoint": S3}, "because no VPC endpoint policy allows the sqs:SendMessage action"),
        ({"identity": [ALL, NONE]}, "with an explicit deny in an identity-based policy"),
        ({"resource": [NOBODY]}, "with an explicit deny in a resource-based policy"),
        (
            {"resource": [NOBODY], "resource_kind": "role trust policy"},
            "with an explicit deny in the role trust policy",
        ),
        ({"boundary": NONE}, "with an explicit deny in a permissions boundary"),
        ({"session": [NONE]}, "with an explicit deny in a session policy"),
        ({"scp": [[NONE]]}, "with an explicit deny in a service control policy"),
        ({"rcp": [[NOBODY]]}, "with an explicit deny in a resource control policy"),
        ({"endpoint": NOBODY}, "with an explicit deny in a VPC endpoint policy"),
    ],
)
def test_the_sentence_names_the_type_of_policy(policies, sentence):
    assert message(**policies) == f"{USER} on resource: {QUEUE} {sentence}"


def test_an_operation_without_resource_does_not_name_one():
    assert message("*") == f"{USER} because no identity-based policy allows the sqs:SendMessage action"


@pytest.mark.parametrize(
    ("statement", "failed", "why"),
    [
        ({"Action": "s3:*"}, "Action", "sqs:SendMessage is not among s3:*"),
        ({"NotAction": "sqs:*"}, "NotAction", "sqs:SendMessage is among sqs:*"),
        ({"Resource": "arn:aws:sqs:::x"}, "Resource", f"{QUEUE} is not among arn:aws:sqs:::x"),
        ({"Condition": {"StringLike": {"A:k": "x"}}}, "Condition", "StringLike A:k: y, wanted x"),
        ({"Condition": {"StringLike": {"A:z": ["x", "y"]}}}, "Condition", "StringLike A:z: absent, wanted x, y"),
        ({}, "", "every element matches"),
    ],
)
def test_the_trace_says_which_element_did_not_match(statement, failed, why):
    compiled = document(**{"Sid": "S", "Resource": "*", **statement})
    (verdict,) = evaluate(
        Request(ALICE, "sqs:SendMessage", QUEUE, {"a:k": "y"}), Policies(identity=[("p", compiled)])
    ).explain()
    assert verdict == ("identity-based policy", "p", "S", "Allow", not failed, failed, why)


def test_the_trace_says_who_is_not_named():
    compiled = document(Resource="*", Principal={"AWS": "444455556666"})
    (verdict,) = evaluate(Request(ALICE, "a:b"), Policies(resource=[("p", compiled)])).trace
    assert (verdict.statement, verdict.failed, verdict.why) == ("#0", "Principal", f"{ALICE.arn} is not named")


def test_context_is_asked_once_and_only_for_what_policies_mention():
    asked = []

    def context(key):
        asked.append(key)
        return "x"

    compiled = document(Resource="*", Condition={"StringLike": {"A:k": "x*"}, "StringNotEquals": {"a:K": "y"}})
    request = Request(ALICE, "a:b", "*", context)
    assert evaluate(request, Policies(identity=[("p", compiled), ("q", compiled)])).allowed
    assert asked == ["a:k"]


def test_a_value_may_be_a_function():
    compiled = document(Resource="*", Condition={"StringEquals": {"a:k": "x"}})
    request = Request(ALICE, "a:b", "*", {"A:K": lambda: "x"})
    assert evaluate(request, Policies(identity=[("p", compiled)])).allowed


@pytest.mark.parametrize(
    ("caller", "key", "value"),
    [
        ("alice", "aws:username", "alice"),
        ("alice", "aws:principaltype", "User"),
        ("alice", "aws:principaltag/costcenter", "42"),
        ("session", "aws:principalarn", "arn:aws:iam::111122223333:role/svc/app"),
        ("session", "aws:userid", "AROAAPPAPPAPPAPPAPP1:run1"),
        ("session", "aws:username", None),
        ("session", "aws:principaltype", "AssumedRole"),
        ("root", "aws:principaltype", "Account"),
        ("federated", "aws:principaltype", "FederatedUser"),
        ("anonymous", "aws:userid", "anonymous"),
        ("anonymous", "aws:principalarn", None),
        ("sns", "aws:principalisawsservice", "true"),
        ("alice", "aws:principalisawsservice", "false"),
        ("sns", "aws:principalservicename", "sns.amazonaws.com"),
        ("sns", "aws:principalservicenameslist", ("sns.amazonaws.com", "sns.us-east-1.amazonaws.com")),
    ],
)
def test_keys_that_follow_from_the_principal(caller, key, value):
    assert Request(CALLERS[caller], "a:b").lookup(key) == value


def test_a_resource_policy_that_names_nobody_allows_nobody_and_denies_everybody():
    allow = Policies(resource=[("p", document(Resource="*"))])
    decision = evaluate(Request(ALICE, "a:b"), allow)
    assert not decision.allowed
    assert decision.trace[0].why == "the statement names nobody"
    deny = Policies(resource=[("p", document(Resource="*", Effect="Deny"))], identity=[ALL])
    assert evaluate(Request(ALICE, "a:b"), deny).reason == "explicit-deny"


@pytest.mark.parametrize(
    ("limits", "is_allowed"),
    [
        ({}, True),
        ({"resource": [("key", document(Resource="*", Principal={"AWS": "444455556666"}))]}, True),
        ({"resource": [NOBODY]}, False),
        ({"identity": [NONE]}, False),
        ({"scp": [[S3]]}, False),
        ({"boundary": S3}, False),
        ({"session": [S3]}, False),
        ({"boundary": ALL, "session": [ALL], "scp": [[ALL]]}, True),
    ],
)
def test_a_grant_allows_what_no_policy_allows_but_nothing_that_one_denies_or_limits(limits, is_allowed):
    request, policies = (
        Request(ALICE, "kms:Decrypt", QUEUE),
        Policies(resource_kind=KEY, resource_required=True, **limits),
    )
    decision = with_grant(request, policies, evaluate(request, policies), "g-1")
    assert decision.allowed == is_allowed
    assert (decision.kind, decision.source) == (GRANT, "g-1") or not is_allowed


def test_a_key_policy_is_named_as_a_resource_based_policy():
    found = message(resource_kind=KEY, resource_required=True, identity=[ALL])
    assert found.endswith("because no resource-based policy allows the sqs:SendMessage action")
