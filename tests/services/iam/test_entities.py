"""Users, groups, roles, profiles: their lives and their quotas."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def allow(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code, caught.value.message


def test_a_user_has_an_id_and_an_arn_with_its_path(desk: Any) -> None:
    user = desk.ask("iam").create_user(user_name="ann", path="/staff/", tags=[{"Key": "team", "Value": "x"}])["User"]
    assert user["Arn"] == "arn:aws:iam::111122223333:user/staff/ann"
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert desk.ask("iam").get_user(user_name="ann")["User"]["Tags"] == [{"Key": "team", "Value": "x"}]


def test_names_are_told_apart_without_regard_to_case(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="Ann")
    assert refusal(iam.create_user, user_name="ann") == (
        "EntityAlreadyExists",
        "User with name ann already exists.",
    )


def test_what_does_not_exist_is_named(desk: Any) -> None:
    iam = desk.ask("iam")
    assert refusal(iam.get_user, user_name="x") == ("NoSuchEntity", "The user with name x cannot be found.")
    assert refusal(iam.get_role, role_name="x") == ("NoSuchEntity", "The role with name x cannot be found.")
    assert refusal(iam.get_group, group_name="x") == ("NoSuchEntity", "The group with name x cannot be found.")
    arn = "arn:aws:iam::111122223333:policy/x"
    assert refusal(iam.get_policy, policy_arn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.")


@pytest.mark.spec("iam-014")
def test_a_user_with_policies_keys_or_groups_cannot_be_deleted(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    iam.create_group(group_name="devs")
    iam.add_user_to_group(group_name="devs", user_name="ann")
    assert "remove users from group" in refusal(iam.delete_user, user_name="ann")[1]
    assert "remove users from group" in refusal(iam.delete_group, group_name="devs")[1]
    iam.remove_user_from_group(group_name="devs", user_name="ann")
    iam.attach_user_policy(user_name="ann", policy_arn=READ_ONLY)
    assert refusal(iam.delete_user, user_name="ann") == (
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
    )
    iam.detach_user_policy(user_name="ann", policy_arn=READ_ONLY)
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=allow("s3:*"))
    assert refusal(iam.delete_user, user_name="ann") == (
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    )
    iam.delete_user_policy(user_name="ann", policy_name="p")
    key = iam.create_access_key(user_name="ann")["AccessKey"]
    assert "delete access keys first" in refusal(iam.delete_user, user_name="ann")[1]
    iam.delete_access_key(user_name="ann", access_key_id=key["AccessKeyId"])
    iam.delete_user(user_name="ann")
    assert iam.list_users()["Users"] == []
    assert iam.get_account_summary()["SummaryMap"]["Users"] == 0


@pytest.mark.spec("iam-005")
def test_keys_are_twenty_and_forty_characters_long_and_two_at_most(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    key = iam.create_access_key(user_name="ann")["AccessKey"]
    assert (len(key["AccessKeyId"]), key["AccessKeyId"][:4], len(key["SecretAccessKey"])) == (20, "AKIA", 40)
    iam.create_access_key(user_name="ann")
    assert refusal(iam.create_access_key, user_name="ann") == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )


@pytest.mark.spec("iam-003", "iam-009")
def test_the_summary_has_the_quotas_and_they_hold(desk: Any) -> None:
    iam = desk.ask("iam")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["UsersQuota"], summary["GroupsQuota"]) == (5000, 300)
    from skyjar.services.iam import state

    def fill(tx: Any) -> None:
        state.accounts.put(desk.call(tx), state.Account(users=5000, groups=300))

    desk.store.transact(fill)
    assert refusal(iam.create_user, user_name="one")[0] == "LimitExceeded"
    assert refusal(iam.create_group, group_name="one")[0] == "LimitExceeded"


@pytest.mark.spec("iam-029", "iam-030")
def test_a_role_keeps_its_trust_policy_as_given(desk: Any) -> None:
    iam = desk.ask("iam")
    role = iam.create_role(role_name="fn", assume_role_policy_document=TRUST, path="/svc/")["Role"]
    assert role["RoleId"].startswith("AROA")
    assert role["AssumeRolePolicyDocument"].startswith("%7B%22Version")
    other = TRUST.replace("lambda", "ec2")
    iam.update_assume_role_policy(role_name="fn", policy_document=other)
    assert "ec2.amazonaws.com" in iam.get_role(role_name="fn")["Role"]["AssumeRolePolicyDocument"]
    iam.put_role_policy(role_name="fn", policy_name="p", policy_document=allow("sqs:*"))
    assert iam.list_role_policies(role_name="fn")["PolicyNames"] == ["p"]
    iam.update_role(role_name="fn", max_session_duration=7200, description="d")
    assert iam.get_role(role_name="fn")["Role"]["MaxSessionDuration"] == 7200


@pytest.mark.spec("iam-015")
def test_a_principal_belongs_to_trust_policies_only(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    with_principal = TRUST
    for function, parameters in (
        (iam.create_policy, {"policy_name": "p", "policy_document": with_principal}),
        (iam.put_user_policy, {"user_name": "ann", "policy_name": "p", "policy_document": with_principal}),
        (iam.create_role, {"role_name": "r", "assume_role_policy_document": allow("sts:AssumeRole")}),
    ):
        assert refusal(function, **parameters)[0] == "MalformedPolicyDocument"


def test_an_instance_profile_holds_one_role(desk: Any) -> None:
    iam = desk.ask("iam")
    for name in ("one", "two"):
        iam.create_role(role_name=name, assume_role_policy_document=TRUST)
    iam.create_instance_profile(instance_profile_name="p")
    iam.add_role_to_instance_profile(instance_profile_name="p", role_name="one")
    code, _ = refusal(iam.add_role_to_instance_profile, instance_profile_name="p", role_name="two")
    assert code == "LimitExceeded"
    assert "instance profile" in refusal(iam.delete_role, role_name="one")[1]
    found = iam.list_instance_profiles_for_role(role_name="one")["InstanceProfiles"]
    assert [profile["InstanceProfileName"] for profile in found] == ["p"]
    iam.remove_role_from_instance_profile(instance_profile_name="p", role_name="one")
    iam.delete_instance_profile(instance_profile_name="p")
    iam.delete_role(role_name="one")


def test_lists_come_in_pages(desk: Any) -> None:
    iam = desk.ask("iam")
    for number in range(5):
        iam.create_user(user_name=f"u{number}", path="/even/" if number % 2 == 0 else "/odd/")
    first = iam.list_users(max_items=2)
    assert first["IsTruncated"]
    rest = iam.list_users(marker=first["Marker"])
    assert [user["UserName"] for user in first["Users"] + rest["Users"]] == ["u0", "u1", "u2", "u3", "u4"]
    assert [user["UserName"] for user in iam.list_users(path_prefix="/odd/")["Users"]] == ["u1", "u3"]


def test_a_renamed_user_and_group_keep_what_they_have(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    iam.create_group(group_name="devs")
    iam.add_user_to_group(group_name="devs", user_name="ann")
    iam.attach_user_policy(user_name="ann", policy_arn=READ_ONLY)
    iam.update_user(user_name="ann", new_user_name="anna")
    iam.update_group(group_name="devs", new_group_name="makers")
    assert iam.list_groups_for_user(user_name="anna")["Groups"][0]["GroupName"] == "makers"
    assert iam.get_group(group_name="makers")["Users"][0]["UserName"] == "anna"
    assert iam.list_entities_for_policy(policy_arn=READ_ONLY)["PolicyUsers"][0]["UserName"] == "anna"
