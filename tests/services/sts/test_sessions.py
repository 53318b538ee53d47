"""Sessions: who may have one, what limits it, when it ends."""

import json
from typing import Any

import pytest

from skyjar.kernel import credentials
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root, service

ACCOUNT, OTHER = "111122223333", "444455556666"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> str:
    return document({"Effect": "Allow", "Action": list(actions), "Resource": "*", **more})


def trust(principal: Any, *actions: str, **more: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": list(actions or ["sts:AssumeRole"]), **more})


def role(desk: Any, name: str, policy: str, may: str = "", **more: Any) -> str:
    iam = desk.ask("iam")
    arn: str = iam.create_role(role_name=name, assume_role_policy_document=policy, **more)["Role"]["Arn"]
    if may:
        iam.put_role_policy(role_name=name, policy_name="may", policy_document=may)
    return arn


def principal(desk: Any, credential: dict[str, Any]) -> Principal:
    found: Principal = desk.store.transact(lambda tx: credentials.find(tx, credential["AccessKeyId"])).principal
    return found


def user(desk: Any, name: str, may: str = "", account: str = ACCOUNT) -> Principal:
    iam = desk.ask("iam", root(account))
    iam.create_user(user_name=name)
    if may:
        iam.put_user_policy(user_name=name, policy_name="may", policy_document=may)
    return principal(desk, iam.create_access_key(user_name=name)["AccessKey"])


def assume(desk: Any, who: Principal | None, arn: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("sts", who).assume_role(role_arn=arn, role_session_name="s", **more)
    return found


def denied(function: Any, *arguments: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(*arguments, **parameters)
    assert caught.value.code == "AccessDenied", caught.value
    return caught.value.message


@pytest.mark.spec("sts-004")
def test_a_session_is_neither_role_nor_user(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}))
    found = assume(desk, None, arn)
    identity = found["AssumedRoleUser"]
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
    assert identity["AssumedRoleId"].startswith("AROA")
    shown = desk.ask("sts", principal(desk, found["Credentials"])).get_caller_identity()
    assert (shown["Arn"], shown["UserId"]) == (identity["Arn"], identity["AssumedRoleId"])
    assert found["Credentials"]["Expiration"] == desk.clock.now() + 3600


def test_a_trust_policy_that_names_the_user_is_enough_in_its_account(desk: Any) -> None:
    ann = user(desk, "ann")
    assert assume(desk, ann, role(desk, "r", trust({"AWS": ann.arn})))


def test_a_trust_policy_that_names_the_account_leaves_it_to_the_users_policies(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}))
    ann = user(desk, "ann")
    assert "is not authorized to perform: sts:AssumeRole on resource: " + arn in denied(assume, desk, ann, arn)
    desk.ask("iam").put_user_policy(user_name="ann", policy_name="a", policy_document=allow("sts:AssumeRole"))
    assert assume(desk, ann, arn)


def test_a_role_that_does_not_name_the_caller_or_does_not_exist_cannot_be_assumed(desk: Any) -> None:
    ann = user(desk, "ann", allow("*"))
    arn = role(desk, "r", trust({"Service": "ec2.amazonaws.com"}))
    assert "because no role trust policy allows" in denied(assume, desk, ann, arn)
    assert "is not authorized" in denied(assume, desk, ann, f"arn:aws:iam::{ACCOUNT}:role/none")


@pytest.mark.spec("iam-034")
def test_across_accounts_both_sides_must_allow(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": OTHER}), allow("sqs:*"))
    without, having = user(desk, "a", account=OTHER), user(desk, "b", allow("sts:AssumeRole"), OTHER)
    denied(assume, desk, without, arn)
    session = principal(desk, assume(desk, having, arn)["Credentials"])
    assert session.account == ACCOUNT
    desk.ask("sqs", session).list_queues()
    desk.ask("iam").update_assume_role_policy(role_name="r", policy_document=trust({"AWS": ACCOUNT}))
    denied(assume, desk, having, arn)


@pytest.mark.spec("iam-027")
def test_another_accounts_resource_needs_its_policy_and_ones_own(desk: Any) -> None:
    ann = user(desk, "ann", account=OTHER)
    sqs, statement = desk.ask("sqs"), {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sqs:*"}
    policy = document({**statement, "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"})
    sqs.create_queue(queue_name="q", attributes={"Policy": policy})
    url = f"http://127.0.0.1:4566/{ACCOUNT}/q"
    send = desk.ask("sqs", ann).send_message
    denied(send, queue_url=url, message_body="x")
    desk.ask("iam", root(OTHER)).put_user_policy(user_name="ann", policy_name="p", policy_document=allow("sqs:*"))
    send(queue_url=url, message_body="x")
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": ""})
    denied(send, queue_url=url, message_body="x")


def test_the_external_id_must_match(desk: Any) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "42"}}
    arn = role(desk, "r", trust({"AWS": ACCOUNT}, Condition=condition))
    denied(assume, desk, None, arn)
    denied(assume, desk, None, arn, external_id="43")
    assert assume(desk, None, arn, external_id="42")


@pytest.mark.spec("iam-026")
def test_a_session_policy_only_limits(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}), allow("sqs:*"))
    found = assume(desk, None, arn, policy=allow("sqs:ListQueues", "s3:*"))
    session = principal(desk, found["Credentials"])
    assert found["PackedPolicySize"] >= 1
    desk.ask("sqs", session).list_queues()
    assert "because no session policy allows" in denied(desk.ask("sqs", session).create_queue, queue_name="q")
    managed = [{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}]
    limited = principal(desk, assume(desk, None, arn, policy_arns=managed)["Credentials"])
    desk.ask("sqs", limited).list_queues()
    denied(desk.ask("sqs", limited).create_queue, queue_name="q")


@pytest.mark.spec("iam-033")
def test_what_the_role_may_is_decided_at_every_call(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}), allow("sqs:*"))
    session = principal(desk, assume(desk, None, arn)["Credentials"])
    desk.ask("sqs", session).list_queues()
    desk.ask("iam").delete_role_policy(role_name="r", policy_name="may")
    denied(desk.ask("sqs", session).list_queues)


def test_durations_are_limited_by_the_role_and_by_chaining(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}), allow("sts:AssumeRole"))
    with pytest.raises(AWSError, match="exceeds the MaxSessionDuration set for this role"):
        assume(desk, None, arn, duration_seconds=7200)
    desk.ask("iam").update_role(role_name="r", max_session_duration=7200)
    first = assume(desk, None, arn, duration_seconds=7200)["Credentials"]
    with pytest.raises(AWSError, match="1 hour session limit for roles assumed by role chaining"):
        assume(desk, principal(desk, first), arn, duration_seconds=7200)


def test_tags_need_permission_and_transitive_ones_are_handed_on(desk: Any) -> None:
    both = ("sts:AssumeRole", "sts:TagSession")
    tagged = allow("sqs:ListQueues", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    plain = role(desk, "plain", trust({"AWS": ACCOUNT}))
    first = role(desk, "first", trust({"AWS": ACCOUNT}, *both), allow("sts:*"))
    second = role(desk, "second", trust({"AWS": ACCOUNT}, *both), tagged)
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "x", "Value": "1"}]
    assert "sts:TagSession" in denied(assume, desk, None, plain, tags=tags)
    held = assume(desk, None, first, tags=tags, transitive_tag_keys=["team"])["Credentials"]
    chained = principal(desk, assume(desk, principal(desk, held), second)["Credentials"])
    assert dict(chained.session_tags) == {"team": "blue"}
    desk.ask("sqs", chained).list_queues()
    with pytest.raises(AWSError, match="conflicts with a transitive tag key"):
        assume(desk, principal(desk, held), second, tags=[{"Key": "Team", "Value": "red"}])


def test_a_service_gets_a_session_of_a_role_that_trusts_it(desk: Any) -> None:
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    arn = role(desk, "r", trust({"Service": "lambda.amazonaws.com"}, Condition=condition), allow("sqs:*"))

    def invoke(tx: Any) -> list[Any]:
        call = desk.call(tx)
        asked: list[Any] = []
        for name, source in (
            ("lambda.amazonaws.com", ACCOUNT),
            ("ec2.amazonaws.com", ACCOUNT),
            ("lambda.amazonaws.com", OTHER),
        ):
            try:
                sts = call.ask("sts", service(name, ACCOUNT), context={"aws:SourceAccount": source})
                asked.append(sts.assume_role(role_arn=arn, role_session_name="fn"))
            except AWSError as error:
                asked.append(error.code)
        return asked

    asked = desk.store.transact(invoke)
    assert asked[1:] == ["AccessDenied", "AccessDenied"]
    desk.ask("sqs", principal(desk, asked[0]["Credentials"])).list_queues()


@pytest.mark.spec("sts-008")
def test_a_root_session_lasts_an_hour_at_most(desk: Any) -> None:
    now = desk.clock.now()
    assert desk.ask("sts").get_session_token(duration_seconds=7200)["Credentials"]["Expiration"] == now + 3600
    assert desk.ask("sts").get_session_token()["Credentials"]["Expiration"] == now + 3600


@pytest.mark.spec("sts-007")
def test_a_users_session_lasts_as_asked_or_twelve_hours(desk: Any) -> None:
    sts, now = desk.ask("sts", user(desk, "ann")), desk.clock.now()
    assert sts.get_session_token()["Credentials"]["Expiration"] == now + 43_200
    assert sts.get_session_token(duration_seconds=3600)["Credentials"]["Expiration"] == now + 3600


def test_a_session_token_without_mfa_opens_neither_iam_nor_more_sessions(desk: Any) -> None:
    ann = user(desk, "ann", allow("*"))
    session = principal(desk, desk.ask("sts", ann).get_session_token()["Credentials"])
    desk.ask("sqs", session).list_queues()
    with pytest.raises(AWSError) as caught:
        desk.ask("iam", session).list_users()
    assert caught.value.code == "InvalidClientTokenId"
    assert denied(desk.ask("sts", session).get_session_token) == "Cannot call GetSessionToken with session credentials"
    denied(desk.ask("sts", session).get_federation_token, name="bob")
    message = denied(desk.ask("sts", ann).get_session_token, serial_number="arn:aws:iam::1:mfa/a", token_code="123456")
    assert message.startswith("MultiFactorAuthentication failed, unable to validate MFA code.")


@pytest.mark.spec("sts-009", "sts-010")
def test_a_federated_user_has_the_intersection(desk: Any) -> None:
    ann = user(desk, "ann", allow("sqs:*", "sts:GetFederationToken"))
    sts = desk.ask("sts", ann)
    bare = sts.get_federation_token(name="bob")
    assert bare["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    denied(desk.ask("sqs", principal(desk, bare["Credentials"])).list_queues)
    limited = principal(desk, sts.get_federation_token(name="bob", policy=allow("sqs:List*", "ssm:*"))["Credentials"])
    desk.ask("sqs", limited).list_queues()
    denied(desk.ask("sqs", limited).create_queue, queue_name="q")
    with pytest.raises(AWSError):
        desk.ask("ssm", limited).describe_parameters()


def test_sessions_end_with_their_role_and_are_swept(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}))
    key = assume(desk, None, arn)["Credentials"]["AccessKeyId"]
    desk.ask("iam").delete_role(role_name="r")
    assert not desk.store.transact(lambda tx: credentials.find(tx, key)).is_active
    desk.advance(3 * 3600)
    assert desk.store.transact(lambda tx: credentials.find(tx, key)) is None


def test_handing_a_role_to_an_instance_profile_needs_pass_role(desk: Any) -> None:
    arn = role(desk, "r", trust({"Service": "ec2.amazonaws.com"}))
    ann = user(desk, "ann", allow("iam:AddRoleToInstanceProfile"))
    desk.ask("iam").create_instance_profile(instance_profile_name="p")
    add = desk.ask("iam", ann).add_role_to_instance_profile
    assert f"iam:PassRole on resource: {arn}" in denied(add, instance_profile_name="p", role_name="r")
    wrong = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    desk.ask("iam").put_user_policy(user_name="ann", policy_name="pass", policy_document=wrong)
    denied(add, instance_profile_name="p", role_name="r")
    right = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
    desk.ask("iam").put_user_policy(user_name="ann", policy_name="pass", policy_document=right)
    add(instance_profile_name="p", role_name="r")


def test_a_token_is_as_long_as_is_asked_for(desk: Any) -> None:
    arn = role(desk, "r", trust({"AWS": ACCOUNT}))
    usual = assume(desk, None, arn)["SessionTokenSize"]
    for asked, size in ((10, usual), (1000, 1000), (1001, 1001), (4096, 4096)):
        found = assume(desk, None, arn, minimum_session_token_size=asked)
        assert len(found["Credentials"]["SessionToken"]) == found["SessionTokenSize"] == size
        assert found["SessionTokenUtilization"] == 100 * size // 4096
