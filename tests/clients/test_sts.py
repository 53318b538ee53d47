"""STS with boto3: temporary credentials from their first call to their last."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
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


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def make_role(account: Account, principal: Any) -> str:
    iam = account.client("iam")
    trust = document(Principal=principal, Action="sts:AssumeRole")
    arn: str = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(Action="sqs:*", Resource="*"))
    return arn


def make_user(account: Account, *actions: str) -> dict[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    if actions:
        policy = document(Action=list(actions), Resource="*")
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def keys(credentials: dict[str, Any]) -> dict[str, str]:
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def code(function: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    found: str = caught.value.response["Error"]["Code"]
    return found


@pytest.mark.spec("iam-002")
def test_a_new_user_may_do_nothing_but_ask_who_it_is(account: Account) -> None:
    mine = make_user(account)
    assert account.client("sts", **mine).get_caller_identity()["Arn"].endswith(":user/ann")
    assert code(account.client("sqs", **mine).list_queues) in ("AccessDenied", "AccessDeniedException")


@pytest.mark.spec("sts-003")
def test_a_session_works_until_it_expires() -> None:
    with running(frozen_at=1_800_000_000.0) as frozen:
        account = frozen.account()
        arn = make_role(account, {"AWS": account.number})
        session = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="me", DurationSeconds=900)
        mine = keys(session["Credentials"])
        assert session["Credentials"]["Expiration"].timestamp() == 1_800_000_900
        frozen.advance(899)
        assert account.client("sts", **mine).get_caller_identity()["Arn"].endswith("assumed-role/r/me")
        account.client("sqs", **mine).list_queues()
        frozen.advance(1)
        assert code(account.client("sts", **mine).get_caller_identity) == "ExpiredToken"
        assert code(account.client("sqs", **mine).list_queues) == "ExpiredTokenException"
        frozen.advance(7 * 3600)  # its row has been swept away, and it does not become a root user's key
        assert code(account.client("sts", **mine).get_caller_identity) == "ExpiredToken"
        account.client("iam").update_assume_role_policy(
            RoleName="r", PolicyDocument=document(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
        )
        assert code(account.client("sts").assume_role, RoleArn=arn, RoleSessionName="me") == "AccessDenied"


@pytest.mark.spec("sts-001")
def test_temporary_keys_need_their_token(account: Account) -> None:
    arn = make_role(account, {"AWS": account.number})
    user = make_user(account, "*")
    sts = account.client("sts", **user)
    for issued in (
        sts.get_session_token(),
        sts.assume_role(RoleArn=arn, RoleSessionName="me"),
        sts.get_federation_token(Name="bob"),
    ):
        mine = keys(issued["Credentials"])
        assert mine["aws_access_key_id"].startswith("ASIA")
        assert account.client("sts", **mine).get_caller_identity()["Account"] == account.number
        bare = {name: value for name, value in mine.items() if name != "aws_session_token"}
        assert code(account.client("sts", **bare).get_caller_identity) == "InvalidClientTokenId"


def test_only_a_root_whose_keys_are_not_ours_may_assume_roles(account: Account) -> None:
    arn = make_role(account, {"AWS": f"arn:aws:iam::{account.number}:root"})
    assert account.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    key = account.client("iam").create_access_key()["AccessKey"]
    root = account.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert root.get_caller_identity()["Arn"] == f"arn:aws:iam::{account.number}:root"
    with pytest.raises(ClientError, match="Roles may not be assumed by root accounts"):
        root.assume_role(RoleArn=arn, RoleSessionName="me")


@pytest.mark.spec("sts-007", "sts-008")
def test_durations_out_of_range_are_refused(account: Account) -> None:
    unchecked = Config(parameter_validation=False)
    root = account.client("sts", config=unchecked)
    user = account.client("sts", config=unchecked, **make_user(account))
    for sts, duration in ((root, 899), (user, 899), (user, 129_601)):
        assert code(sts.get_session_token, DurationSeconds=duration) == "ValidationError"


def test_the_owner_of_a_key_is_known(account: Account) -> None:
    user = make_user(account)
    found = account.client("sts").get_access_key_info(AccessKeyId=user["aws_access_key_id"])
    assert found["Account"] == account.number
