import pytest

from skyjar.policy import authorization
from skyjar.policy.documents import compile_document
from skyjar.policy.findings import findings


def test_an_action_is_known_with_what_it_is_judged_on():
    found = authorization.action("SQS:sendmessage")
    assert (found.name, found.level, found.required) == ("sqs:SendMessage", "Write", ("queue",))
    assert authorization.action("lambda:CreateFunction").dependents == ("iam:PassRole", "lambda:PassCapacityProvider")
    assert authorization.action("sqs:Nothing") is authorization.action("nothing:SendMessage") is None


@pytest.mark.parametrize(
    ("action", "arn", "is_judged"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/key/with:colon", True),
        ("s3:GetObject", "arn:aws:s3:::b", False),
        ("s3:ListBucket", "arn:aws:s3:::b", True),
        ("s3:ListBucket", "arn:aws:s3:::b/key", False),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", True),
        ("sqs:SendMessage", "*", False),
        ("sqs:ListQueues", "*", True),
        ("iam:GetRole", "arn:aws:iam::111122223333:role/path/r", True),
        ("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis/a/stages", True),
    ],
)
def test_published_resource_types(action, arn, is_judged):
    assert authorization.fits(authorization.action(action), arn) is is_judged


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("AWS:sourceip", "IPAddress"),
        ("aws:PrincipalTag/Team", "String"),
        ("aws:TagKeys", "ArrayOfString"),
        ("s3:ExistingObjectTag/team", "String"),
        ("kms:EncryptionContext:department", "String"),
        ("iam:PassedToService", "String"),
        ("aws:Nothing", None),
        ("s3:nothing", None),
    ],
)
def test_condition_keys(key, kind):
    assert authorization.key_type(key) == kind


def found(**statement):
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", **statement}}
    return [(each.code, each.path) for each in findings(compile_document(policy))]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ({"Action": "s4:GetObject"}, "INVALID_SERVICE_IN_ACTION"),
        ({"Action": "s3:GetObjekt"}, "INVALID_ACTION"),
        ({"Action": "s3:Gett*"}, "INVALID_ACTION"),
        ({"Action": "s3:*", "Condition": {"Bool": {"aws:Secure": "true"}}}, "INVALID_GLOBAL_CONDITION_KEY"),
        ({"Action": "s3:*", "Condition": {"StringLike": {"s3:prefixes": "a"}}}, "INVALID_SERVICE_CONDITION_KEY"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}, "INVALID_ARN_RESOURCE"),
    ],
)
def test_what_names_nothing_is_found(statement, code):
    ((told, path),) = found(**statement)
    assert (told, path[0]) == (code, 0)


def test_what_names_something_is_not_found():
    assert found(Action=["s3:Get*", "*", "*:Describe*", "EC2:runinstances"]) == []
    assert found(Action="sts:*", Condition={"StringEquals": {"token.actions.githubusercontent.com:aud": "x"}}) == []
    assert found(NotAction="iam:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}) == []


def test_the_nearest_name_is_proposed():
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:SendMesage", "Resource": "*"}}
    (finding,) = findings(compile_document(policy))
    assert finding.sentence == "The action sqs:SendMesage does not exist. Did you mean SendMessage?"
