"""Parameters that other accounts read."""

import json
from typing import Any

from skyjar.kernel.principals import Principal, root

from .test_parameters import code, put

OTHER = root("999988887777")


def policy(arn: str) -> str:
    reading = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory", "ssm:DescribeParameters"]
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER.account}, "Action": reading, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def arn_of(desk: Any, name: str) -> str:
    found: str = desk.ask("ssm").get_parameter(name=name)["Parameter"]["ARN"]
    return found


def test_another_account_reads_what_is_shared_with_it_by_its_arn(desk: Any) -> None:
    ssm, theirs = desk.ask("ssm"), desk.ask("ssm", OTHER)
    put(desk, "/a", "1", tier="Advanced")
    put(desk, "/b", "2", tier="Advanced")
    a, b = arn_of(desk, "/a"), arn_of(desk, "/b")
    assert code(theirs.get_parameter, name=a) == "AccessDeniedException"
    made = ssm.put_resource_policy(resource_arn=a, policy=policy(a))
    assert theirs.get_parameter(name=a)["Parameter"]["Value"] == "1"
    assert theirs.get_parameter_history(name=a)["Parameters"][0]["Value"] == "1"
    assert code(theirs.get_parameters, names=[a, b]) == "AccessDeniedException"
    theirs.put_parameter(name="/own", value="3", type="String")
    found = theirs.get_parameters(names=["/own", a])["Parameters"]
    assert [each["Value"] for each in found] == ["3", "1"]
    ssm.put_resource_policy(resource_arn=b, policy=policy(b))
    assert [each["ARN"] for each in theirs.get_parameters(names=[b, a])["Parameters"]] == [b, a]
    assert code(theirs.put_resource_policy, resource_arn=a, policy=policy(a)) == "AccessDeniedException"
    (held,) = ssm.get_resource_policies(resource_arn=a)["Policies"]
    assert held == {**made, "Policy": policy(a)}


def test_a_policy_is_changed_by_who_has_seen_it(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "/a", tier="Advanced")
    arn = arn_of(desk, "/a")
    made = ssm.put_resource_policy(resource_arn=arn, policy=policy(arn))
    of = {"resource_arn": arn, "policy_id": made["PolicyId"]}
    assert code(ssm.put_resource_policy, resource_arn=arn, policy=policy(arn)) == "ResourcePolicyLimitExceededException"
    changed = ssm.put_resource_policy(**of, policy=policy(arn).replace(" ", ""), policy_hash=made["PolicyHash"])
    assert changed["PolicyHash"] != made["PolicyHash"]
    assert code(ssm.delete_resource_policy, **of, policy_hash=made["PolicyHash"]) == "ResourcePolicyConflictException"
    ssm.delete_resource_policy(**of, policy_hash=changed["PolicyHash"])
    assert ssm.get_resource_policies(resource_arn=arn)["Policies"] == []
    assert (
        code(ssm.delete_resource_policy, **of, policy_hash=changed["PolicyHash"]) == "ResourcePolicyNotFoundException"
    )
    ssm.put_resource_policy(resource_arn=arn, policy=policy(arn))
    ssm.delete_parameter(name="/a")
    put(desk, "/a", tier="Advanced")
    assert ssm.get_resource_policies(resource_arn=arn)["Policies"] == []


def test_what_cannot_be_shared(desk: Any) -> None:
    ssm = desk.ask("ssm")
    put(desk, "/a")
    put(desk, "/b", type="SecureString", tier="Advanced")
    for name in ("/a", "/b"):
        given = {"resource_arn": arn_of(desk, name), "policy": policy(arn_of(desk, name))}
        assert code(ssm.put_resource_policy, **given) == "ResourcePolicyInvalidParameterException"
    gone = f"arn:aws:ssm:us-east-1:{desk.account}:parameter/none"
    assert code(ssm.get_resource_policies, resource_arn=gone) == "ResourceNotFoundException"
    put(desk, "/c", tier="Advanced")
    malformed = {"resource_arn": arn_of(desk, "/c"), "policy": "{}"}
    assert code(ssm.put_resource_policy, **malformed) == "MalformedResourcePolicyDocumentException"


def test_a_shared_secure_string_needs_its_key_too(desk: Any) -> None:
    kms = desk.ask("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    put(desk, "/a", "hush", type="SecureString", key_id=key, tier="Advanced")
    arn = arn_of(desk, "/a")
    desk.ask("ssm").put_resource_policy(resource_arn=arn, policy=policy(arn))
    theirs = desk.ask("ssm", OTHER)
    assert code(theirs.get_parameter, name=arn, with_decryption=True) == "AccessDeniedException"
    opened = json.loads(kms.get_key_policy(key_id=key)["Policy"])
    principal = {"AWS": f"arn:aws:iam::{OTHER.account}:root"}
    opened["Statement"].append({"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"})
    kms.put_key_policy(key_id=key, policy=json.dumps(opened))
    assert theirs.get_parameter(name=arn, with_decryption=True)["Parameter"]["Value"] == "hush"


def test_reading_by_path_is_judged_on_the_path_alone(desk: Any) -> None:
    put(desk, "/a/b", "1")
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    ann = Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name="ann")
    below = f"arn:aws:ssm:us-east-1:{desk.account}:parameter"

    def may(recursive: str) -> None:
        allow = {"Effect": "Allow", "Action": "ssm:GetParametersByPath", "Resource": f"{below}/a"}
        allow["Condition"] = {"StringEquals": {"ssm:Recursive": recursive}}  # type: ignore[assignment]
        deny = {"Effect": "Deny", "Action": "ssm:*", "Resource": f"{below}/a/b"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
        iam.put_user_policy(user_name="ann", policy_name="p", policy_document=text)

    mine = desk.ask("ssm", ann)
    may("true")
    found = mine.get_parameters_by_path(path="/a", recursive=True)["Parameters"]
    assert [each["Name"] for each in found] == ["/a/b"]
    assert code(mine.get_parameter, name="/a/b") == "AccessDeniedException"
    assert code(mine.get_parameters_by_path, path="/a") == "AccessDeniedException"
