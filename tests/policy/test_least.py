from skyjar.policy.documents import compile_document
from skyjar.policy.evaluation import Policies, evaluate
from skyjar.policy.least import MOST_ALIKE, Need, least
from skyjar.policy.requests import Request

from .cases import CALLERS

QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"
ROLE = "arn:aws:iam::111122223333:role/app"


def statements(*needs):
    return least(needs, "111122223333")["Statement"]


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_actions_on_the_same_resources_share_a_statement():
    assert statements(Need("sqs:SendMessage", QUEUE), Need("sqs:GetQueueUrl", QUEUE), Need("s3:GetObject", "arn:aws:s3:::b/x")) == [
        allow("s3:GetObject", "arn:aws:s3:::b/x"),
        allow(["sqs:GetQueueUrl", "sqs:SendMessage"], QUEUE),
    ]  # fmt: skip


def test_an_action_without_resources_gets_all():
    assert statements(Need("sqs:listqueues", "arn:aws:sqs:us-east-1:111122223333:*")) == [allow("sqs:ListQueues", "*")]


def test_what_does_not_exist_yet_is_named_by_its_arn():
    assert statements(Need("iam:GetUser", "user bob")) == [allow("iam:GetUser", "arn:aws:iam::111122223333:user/bob")]


def test_a_role_is_passed_to_one_service():
    keys = (("iam:PassedToService", "lambda.amazonaws.com"),)
    assert statements(Need("iam:PassRole", ROLE, keys)) == [
        allow("iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    ]


def test_many_alike_become_a_pattern_and_few_stay_exact():
    few = [Need("s3:GetObject", f"arn:aws:s3:::b/few/{n}") for n in range(MOST_ALIKE)]
    many = [Need("s3:GetObject", f"arn:aws:s3:::b/many/{n}") for n in range(MOST_ALIKE + 1)]
    (statement,) = statements(*few, *many)
    assert statement["Resource"] == [f"arn:aws:s3:::b/few/{n}" for n in range(MOST_ALIKE)] + ["arn:aws:s3:::b/many/*"]


def test_whole_queues_never_become_a_pattern():
    (statement,) = statements(*[Need("sqs:SendMessage", f"{QUEUE}{n}") for n in range(50)])
    assert len(statement["Resource"]) == 50


def test_a_log_stream_is_any_of_its_group():
    stream = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:log-stream:2027/01/15/[$LATEST]0a"
    assert statements(Need("logs:PutLogEvents", stream))[0]["Resource"].endswith(":/aws/lambda/f:log-stream:*")


def test_characters_that_mean_something_are_meant_as_themselves():
    key = "arn:aws:s3:::b/${aws:username}/what?*.txt"
    (statement,) = statements(Need("s3:GetObject", key))
    policies = Policies(identity=[("p", compile_document({"Version": "2012-10-17", "Statement": statement}))])
    alice = CALLERS["alice"]
    assert evaluate(Request(alice, "s3:GetObject", key), policies).allowed
    assert not evaluate(Request(alice, "s3:GetObject", "arn:aws:s3:::b/alice/what!x.txt"), policies).allowed
    assert not evaluate(Request(alice, "s3:GetObject", key.replace("?*", "xy")), policies).allowed


def test_the_policy_allows_what_was_needed():
    needs = [Need("s3:GetObject", f"arn:aws:s3:::b/{folder}/{n}") for folder in "abc" for n in range(30)]
    needs += [
        Need("sqs:SendMessage", QUEUE),
        Need("sqs:ListQueues", QUEUE + "*"),
        Need("s3:ListBucket", "arn:aws:s3:::b"),
    ]
    policies = Policies(identity=[("p", compile_document(least(needs)))])
    for need in needs:
        assert evaluate(Request(CALLERS["alice"], need.action, need.resource), policies).allowed
    assert not evaluate(Request(CALLERS["alice"], "s3:PutObject", "arn:aws:s3:::b/a/1"), policies).allowed
    assert not evaluate(Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/d/1"), policies).allowed
