"""IAM with boto3: keys are verified, and what they may do is what their policies say, from one call to the next."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing import Running, running
from skyjar.testing.running import Account

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def account(cloud: Running) -> Account:
    return cloud.account()


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def keys_of(account: Account, name: str) -> dict[str, str]:
    key = account.client("iam").create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.spec("iam-006")
def test_a_key_is_its_user_until_it_is_deleted(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    keys = keys_of(account, "ann")
    sts = account.client("sts", **keys)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{account.number}:user/ann"
    wrong = account.client("sts", **{**keys, "aws_secret_access_key": "x" * 40})
    assert refusal(wrong.get_caller_identity)[0] == "SignatureDoesNotMatch"
    where = {"UserName": "ann", "AccessKeyId": keys["aws_access_key_id"]}
    iam.update_access_key(**where, Status="Inactive")
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    iam.update_access_key(**where, Status="Active")
    assert sts.get_caller_identity()["Account"] == account.number
    iam.delete_access_key(**where)
    assert refusal(sts.get_caller_identity) == (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_a_narrow_policy_is_enforced_and_a_change_holds_on_the_next_call(account: Account) -> None:
    iam = account.client("iam")
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    sqs = account.client("sqs", **keys_of(account, "ann"))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("sqs:CreateQueue"))
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{account.number}:q"
    code, message = refusal(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert code in ("AccessDenied", "AccessDeniedException")
    assert message == (
        f"User: {arn} is not authorized to perform: sqs:SendMessage on resource: {queue} because no identity-based "
        "policy allows the sqs:SendMessage action"
    )
    iam.put_user_policy(UserName="ann", PolicyName="more", PolicyDocument=allow("sqs:SendMessage"))
    assert sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    iam.delete_user_policy(UserName="ann", PolicyName="more")
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x")[1] == message


def test_documents_come_back_as_they_went_in(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    document = json.loads(allow("sqs:*"))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document, indent=2))
    assert iam.get_user_policy(UserName="ann", PolicyName="p")["PolicyDocument"] == document
    policy = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(document))["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == document
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    assert role["AssumeRolePolicyDocument"] == trust
    assert iam.list_roles()["Roles"][0]["AssumeRolePolicyDocument"] == trust


def test_paginators_see_everything(account: Account) -> None:
    iam = account.client("iam")
    for number in range(5):
        iam.create_user(UserName=f"u{number}")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == [f"u{n}" for n in range(5)]
    names = [p["PolicyName"] for page in iam.get_paginator("list_policies").paginate() for p in page["Policies"]]
    assert names == sorted(names)
    assert "AWSLambdaBasicExecutionRole" in names


def test_errors_are_modelled(account: Account) -> None:
    iam = account.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_user(UserName="none")
    iam.create_user(UserName="ann")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName="ann")
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument="{}")


def test_what_is_absent_is_refused(account: Account) -> None:
    code, message = refusal(account.client("iam").create_login_profile, UserName="ann", Password="x")
    assert (code, message) == ("NotImplemented", "Skyjar does not implement iam:CreateLoginProfile.")
