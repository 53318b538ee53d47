"""Policies with boto3: what is malformed, too large or hostile is refused with AWS's error and gives no access; what is
denied can be explained; what an application needs can be found out."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from skyjar.testing import running
from skyjar.testing.running import Account

pytestmark = pytest.mark.client

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def user(account: Account, name: str, *statements: Any) -> dict[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def refused(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def why(account: Account, request_id: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{account.running.endpoint}/_skyjar/why?id={request_id}", timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)["calls"]
        return found


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "Syntax errors in policy."),
        ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
        ("[" * 5_000, "Syntax errors in policy."),
        (document({**ALL, "Effect": "Maybe"}), "Syntax errors in policy."),
        (document({**ALL, "Condition": {"StringIs": {"aws:username": "x"}}}), "Syntax errors in policy."),
        (document({**ALL, "Principal": "*"}), "Policy document should not specify a principal."),
        (document({**ALL, "Resource": "bucket"}), 'Resource bucket must be in ARN format or "*".'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_policy_is_refused_and_gives_nothing(account: Account, policy: str, message: str) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    given = {"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy}
    assert refused(iam.put_user_policy, **given) == ("MalformedPolicyDocument", message)
    assert iam.list_user_policies(UserName="ann")["PolicyNames"] == []
    assert refused(iam.create_policy, PolicyName="p", PolicyDocument=policy)[0] == "MalformedPolicyDocument"


def test_an_oversized_policy_is_refused(account: Account) -> None:
    iam, s3 = account.client("iam"), account.client("s3")
    large = document(*[{**ALL, "Sid": f"s{n}"} for n in range(100)])
    iam.create_user(UserName="ann")
    code, message = refused(iam.put_user_policy, UserName="ann", PolicyName="p", PolicyDocument=large)
    assert (code, message) == ("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user ann")
    trust = {"Effect": "Allow", "Principal": {"AWS": account.number}, "Action": "sts:AssumeRole"}
    many = document(*[{**trust, "Sid": f"s{n}"} for n in range(40)])
    assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=many)[0] == "LimitExceeded"
    s3.create_bucket(Bucket=f"b-{account.number}")
    public = {**ALL, "Principal": "*", "Resource": f"arn:aws:s3:::b-{account.number}/*", "Action": "s3:GetObject"}
    huge = document(*[{**public, "Sid": f"s{n}"} for n in range(300)])
    assert refused(s3.put_bucket_policy, Bucket=f"b-{account.number}", Policy=huge)[0] in ("PolicyTooLarge", "MalformedPolicy")  # fmt: skip


def test_a_bomb_of_variables_costs_no_time_and_opens_nothing(account: Account) -> None:
    bomb = "${aws:PrincipalTag/a}" * 60
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": f"arn:aws:sqs:*:*:{bomb}*"}
    keys = user(account, "ann", statement)
    account.client("iam").tag_user(UserName="ann", Tags=[{"Key": "a", "Value": "${aws:username}" * 15}])
    began = time.perf_counter()
    assert refused(account.client("sqs", **keys).create_queue, QueueName="q")[0] == "AccessDenied"
    assert time.perf_counter() - began < 2


def test_roles_that_trust_each_other_in_a_ring_never_gain_anything(account: Account) -> None:
    iam = account.client("iam")
    arns = {}
    for name in ("a", "b"):
        trust = {"Effect": "Allow", "Principal": {"AWS": account.number}, "Action": "sts:AssumeRole"}
        arns[name] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    for name, other in (("a", "b"), ("b", "a")):
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arns[other]}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(assume))
    keys = user(account, "ann", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arns["a"]})
    for step in range(3):
        sts = account.client("sts", **keys)
        asked = {"RoleArn": arns["ab"[step % 2]], "RoleSessionName": f"step{step}"}
        if step:  # a session of a session lasts an hour at most
            assert refused(sts.assume_role, **asked, DurationSeconds=3601)[0] == "ValidationError"
        found = sts.assume_role(**asked)["Credentials"]
        keys = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }
        assert refused(account.client("sqs", **keys).list_queues)[0] == "AccessDenied"
        again = {"RoleArn": asked["RoleArn"], "RoleSessionName": "again"}
        assert refused(account.client("sts", **keys).assume_role, **again)[0] == "AccessDenied"


def test_a_denial_is_explained_by_its_request_id(account: Account) -> None:
    keys = user(account, "ann", {"Sid": "Read", "Effect": "Allow", "Action": "sqs:Get*", "Resource": "*"})
    with pytest.raises(ClientError) as caught:
        account.client("sqs", **keys).create_queue(QueueName="q")
    (told,) = why(account, caught.value.response["ResponseMetadata"]["RequestId"])
    arn = f"arn:aws:sqs:us-east-1:{account.number}:q"
    decision = told["decision"]
    assert decision["policies"] == ["identity-based policy (user ann, inline policy p) says nothing"]
    assert decision["trace"] == [
        "identity-based policy (user ann, inline policy p), Allow Read: does not apply, Action: sqs:CreateQueue is not among sqs:Get*"
    ]
    assert [change["add"] for change in decision["remedy"]] == [
        {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": arn}
    ]
    narrow = document(decision["remedy"][0]["add"])
    account.client("iam").put_user_policy(UserName="ann", PolicyName="remedy", PolicyDocument=narrow)
    assert account.client("sqs", **keys).create_queue(QueueName="q")["QueueUrl"]


def test_a_denial_of_an_apis_caller_is_explained_as_well(account: Account) -> None:
    api = account.client("apigateway")
    made = api.create_rest_api(name="api")
    at = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    api.put_method(**at, authorizationType="AWS_IAM")
    api.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
    api.put_method_response(**at, statusCode="200")
    api.put_integration_response(**at, statusCode="200")
    api.create_deployment(restApiId=made["id"], stageName="dev")
    keys = user(account, "ann")
    base, host = account.running.endpoint, f"{made['id']}.execute-api.localhost"
    request = AWSRequest("GET", f"http://{host}/dev/")
    SigV4Auth(Credentials(*keys.values()), "execute-api", "us-east-1").add_auth(request)
    asked = urllib.request.Request(f"{base}/dev/", headers={**dict(request.headers), "Host": host})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked, timeout=10)
    assert caught.value.code == 403
    told = why(account, caught.value.headers["x-amzn-requestid"])
    assert [call["operation"] for call in told][-1] == "Invoke"
    decision = told[-1]["decision"]
    assert (decision["action"], decision["reason"]) == ("execute-api:Invoke", "implicit-deny")
    assert decision["remedy"][0]["add"]["Resource"].endswith(f":{made['id']}/dev/GET/")


def test_audit_lets_through_and_records() -> None:
    with running(is_auditing=True) as cloud:
        account = cloud.account()
        keys = user(account, "ann")
        answer = account.client("sqs", **keys).create_queue(QueueName="q")
        (told,) = why(account, answer["ResponseMetadata"]["RequestId"])
        assert (told["status"], told["decision"]["is_allowed"], told["decision"]["is_audited"]) == (200, True, True)
        assert told["decision"]["reason"] == "implicit-deny"


def test_a_bucket_is_read_only_from_its_website(account: Account) -> None:
    """ "Bucket policy examples", restricting access to a specific HTTP referer."""
    s3, bucket = account.client("s3"), f"pages-{account.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="photo", Body=b"photo")
    s3.delete_public_access_block(Bucket=bucket)
    allow = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringLike": {"aws:Referer": ["http://www.example.com/*", "http://example.com/*"]}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=document(allow))

    def fetch(**headers: str) -> int:
        request = urllib.request.Request(f"{account.running.endpoint}/{bucket}/photo", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert fetch(Referer="http://www.example.com/page") == 200
    assert fetch(Referer="http://elsewhere.example/page") == 403
    assert fetch() == 403
