"""Secrets and their versions: labels, tokens, filters, recovery, replicas, policies."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.services.secretsmanager import state

DAY_S = 86_400
ONE, TWO, THREE = (letter * 32 for letter in "abc")
OTHER = "444455556666"


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code, caught.value.message


def stages(desk: Any, name: str = "s") -> dict[str, list[str]]:
    found: dict[str, list[str]] = desk.ask("secretsmanager").describe_secret(secret_id=name)["VersionIdsToStages"]
    return found


def test_labels_move_with_the_current_version(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    made = secrets.create_secret(name="s", secret_string="1", client_request_token=ONE)
    assert made["ARN"].startswith(f"arn:aws:secretsmanager:us-east-1:{desk.account}:secret:s-")
    assert stages(desk) == {ONE: ["AWSCURRENT"]}
    secrets.put_secret_value(secret_id="s", secret_string="2", client_request_token=TWO)
    assert stages(desk) == {ONE: ["AWSPREVIOUS"], TWO: ["AWSCURRENT"]}
    put = secrets.put_secret_value(
        secret_id=made["ARN"], secret_binary=b"\0", client_request_token=THREE, version_stages=["NEXT"]
    )
    assert put["VersionStages"] == ["NEXT"]
    assert stages(desk) == {ONE: ["AWSPREVIOUS"], TWO: ["AWSCURRENT"], THREE: ["NEXT"]}
    move = {"secret_id": "s", "version_stage": "AWSCURRENT", "move_to_version_id": THREE}
    assert refusal(secrets.update_secret_version_stage, **move) == (
        "InvalidParameterException",
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "
        f"{TWO}, so you must explicitly reference that version in RemoveFromVersionId.",
    )
    secrets.update_secret_version_stage(**move, remove_from_version_id=TWO)
    assert stages(desk) == {TWO: ["AWSPREVIOUS"], THREE: ["NEXT", "AWSCURRENT"]}
    assert secrets.get_secret_value(secret_id=made["ARN"][:-7])["SecretBinary"] == b"\0"
    assert secrets.get_secret_value(secret_id="s", version_stage="AWSPREVIOUS")["SecretString"] == "2"
    assert secrets.get_secret_value(secret_id="s", version_id=ONE)["SecretString"] == "1"
    listed = secrets.list_secret_version_ids(secret_id="s", include_deprecated=True)["Versions"]
    assert {each["VersionId"] for each in listed} == {ONE, TWO, THREE}
    assert refusal(secrets.get_secret_value, secret_id="s", version_stage="X") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: X",
    )


def test_a_token_makes_a_request_once(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    made = secrets.create_secret(name="s", secret_string="1", client_request_token=ONE)
    assert secrets.create_secret(name="s", secret_string="1", client_request_token=ONE)["ARN"] == made["ARN"]
    assert refusal(secrets.create_secret, name="s", secret_string="2", client_request_token=ONE)[0] == (
        "ResourceExistsException"
    )
    assert refusal(secrets.create_secret, name="s", secret_string="1") == (
        "ResourceExistsException",
        "The operation failed because the secret s already exists.",
    )
    secrets.put_secret_value(secret_id="s", secret_string="2", client_request_token=TWO)
    secrets.put_secret_value(secret_id="s", secret_string="1", client_request_token=ONE)
    assert stages(desk) == {ONE: ["AWSPREVIOUS"], TWO: ["AWSCURRENT"]}
    assert refusal(secrets.update_secret, secret_id="s", secret_string="x", client_request_token=TWO)[1] == (
        f"You can't use ClientRequestToken {TWO} because that value is already in use for a version of secret "
        f"{made['ARN']}."
    )


def test_values_are_sealed_where_they_are_kept(desk: Any) -> None:
    desk.ask("secretsmanager").create_secret(name="s", secret_string="correct horse")

    def look(tx: Any) -> list[state.Version]:
        call = desk.call(tx)
        secret = state.secrets.get(call, "s")
        assert secret is not None
        return state.versions.range(call, secret.id)

    (version,) = desk.store.transact(look)
    assert version.sealed
    assert b"horse" not in version.sealed
    aliases = desk.ask("kms").list_aliases()["Aliases"]
    assert [each["AliasName"] for each in aliases if "TargetKeyId" in each] == ["alias/aws/secretsmanager"]


def test_a_marked_secret_can_be_restored_until_its_window_is_over(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    made = secrets.create_secret(name="s", secret_string="1")
    assert refusal(secrets.delete_secret, secret_id="s", recovery_window_in_days=6)[1] == (
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
    )
    secrets.delete_secret(secret_id="s", recovery_window_in_days=7)
    marked = "You can't perform this operation on the secret because it was marked for deletion."
    assert refusal(secrets.get_secret_value, secret_id="s") == ("InvalidRequestException", marked)
    assert refusal(secrets.create_secret, name="s")[1] == (
        "You can't create this secret because a secret with this name is already scheduled for deletion."
    )
    assert secrets.list_secrets()["SecretList"] == []
    assert len(secrets.list_secrets(include_planned_deletion=True)["SecretList"]) == 1
    desk.advance(6 * DAY_S)
    secrets.restore_secret(secret_id="s")
    desk.advance(2 * DAY_S)
    assert secrets.get_secret_value(secret_id="s")["SecretString"] == "1"
    secrets.delete_secret(secret_id="s")
    desk.advance(30 * DAY_S)
    assert refusal(secrets.describe_secret, secret_id="s") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
    again = secrets.create_secret(name="s")
    assert again["ARN"] != made["ARN"]
    assert refusal(secrets.describe_secret, secret_id=made["ARN"])[0] == "ResourceNotFoundException"
    secrets.delete_secret(secret_id="s", force_delete_without_recovery=True)
    secrets.delete_secret(secret_id="s", force_delete_without_recovery=True)


def test_filters_look_at_beginnings_and_words(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    for name, description, tags in (
        ("prod/db", "Main database", [{"Key": "team", "Value": "blue"}]),
        ("prod/api", "key of the API", []),
        ("test/db", "Other database", [{"Key": "team", "Value": "Red"}]),
    ):
        secrets.create_secret(name=name, description=description, tags=tags)
        desk.advance(1)

    def names(*filters: tuple[str, list[str]]) -> list[str]:
        given = [{"Key": key, "Values": values} for key, values in filters]
        return [each["Name"] for each in secrets.list_secrets(filters=given, sort_order="asc")["SecretList"]]

    assert names(("name", ["prod"])) == ["prod/db", "prod/api"]
    assert names(("name", ["prod"]), ("description", ["MAIN"])) == ["prod/db"]
    assert names(("name", ["!prod"])) == ["test/db"]
    assert names(("tag-key", ["te"]), ("tag-value", ["R"])) == ["test/db"]
    assert names(("all", ["api"])) == ["prod/api"]
    page = secrets.list_secrets(max_results=2, sort_by="name", sort_order="asc")
    rest = secrets.list_secrets(next_token=page["NextToken"], sort_by="name", sort_order="asc")
    assert [each["Name"] for each in (*page["SecretList"], *rest["SecretList"])] == ["prod/api", "prod/db", "test/db"]
    assert refusal(secrets.list_secrets, next_token="x")[0] == "InvalidNextTokenException"


def test_a_batch_tells_what_it_could_not_read(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    for name in ("a", "b"):
        secrets.create_secret(name=name, secret_string=name)
    found = secrets.batch_get_secret_value(secret_id_list=["a", "x"])
    assert [each["SecretString"] for each in found["SecretValues"]] == ["a"]
    assert [(each["SecretId"], each["ErrorCode"]) for each in found["Errors"]] == [("x", "ResourceNotFoundException")]
    found = secrets.batch_get_secret_value(filters=[{"Key": "name", "Values": ["b"]}])
    assert [each["Name"] for each in found["SecretValues"]] == ["b"]
    assert refusal(secrets.batch_get_secret_value)[0] == "InvalidRequestException"


def test_replicas_follow_their_primary_secret(desk: Any) -> None:
    secrets, there = desk.ask("secretsmanager"), desk.ask("secretsmanager", region="eu-west-1")
    made = secrets.create_secret(
        name="s", secret_string="1", client_request_token=ONE, add_replica_regions=[{"Region": "eu-west-1"}]
    )
    assert made["ReplicationStatus"] == [{"Region": "eu-west-1", "Status": "InSync"}]
    found = there.get_secret_value(secret_id="s")
    assert (found["SecretString"], found["ARN"]) == ("1", made["ARN"].replace("us-east-1", "eu-west-1"))
    secrets.put_secret_value(secret_id="s", secret_string="2", client_request_token=TWO)
    assert there.get_secret_value(secret_id="s")["SecretString"] == "2"
    assert there.get_secret_value(secret_id="s", version_stage="AWSPREVIOUS")["VersionId"] == ONE
    assert refusal(there.put_secret_value, secret_id="s", secret_string="3") == (
        "InvalidRequestException",
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
    )
    assert refusal(secrets.delete_secret, secret_id="s")[1] == (
        "You can't delete secret s that still has replica regions [eu-west-1]"
    )
    desk.ask("secretsmanager", region="eu-north-1").create_secret(name="s")
    failed = secrets.replicate_secret_to_regions(secret_id="s", add_replica_regions=[{"Region": "eu-north-1"}])
    assert {each["Region"]: each["Status"] for each in failed["ReplicationStatus"]} == {
        "eu-west-1": "InSync",
        "eu-north-1": "Failed",
    }
    there.stop_replication_to_replica(secret_id="s")
    there.put_secret_value(secret_id="s", secret_string="3")
    assert secrets.get_secret_value(secret_id="s")["SecretString"] == "2"
    secrets.remove_regions_from_replication(secret_id="s", remove_replica_regions=["eu-north-1"])
    secrets.delete_secret(secret_id="s")


def test_a_policy_lets_others_in_or_is_refused_as_public(desk: Any) -> None:
    secrets, stranger = desk.ask("secretsmanager"), desk.ask("secretsmanager", root(OTHER))
    arn = secrets.create_secret(name="s", secret_string="1")["ARN"]
    assert refusal(stranger.describe_secret, secret_id=arn)[0] == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    secrets.put_resource_policy(secret_id="s", resource_policy=policy, block_public_policy=True)
    assert stranger.describe_secret(secret_id=arn)["Name"] == "s"
    assert refusal(stranger.get_secret_value, secret_id=arn)[0] == "InvalidRequestException"  # the default key
    assert secrets.get_resource_policy(secret_id="s")["ResourcePolicy"] == policy
    public = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Principal": "*"}]})
    put = {"secret_id": "s", "resource_policy": public}
    assert refusal(secrets.put_resource_policy, **put, block_public_policy=True)[0] == "PublicPolicyException"
    assert secrets.validate_resource_policy(resource_policy=public)["PolicyValidationPassed"] is False
    assert refusal(secrets.put_resource_policy, secret_id="s", resource_policy="{")[0] == (
        "MalformedPolicyDocumentException"
    )
    secrets.delete_resource_policy(secret_id="s")
    assert refusal(stranger.describe_secret, secret_id=arn)[0] == "AccessDeniedException"


def test_passwords_have_what_was_asked_for(desk: Any) -> None:
    def password(**options: Any) -> str:
        return str(desk.ask("secretsmanager").get_random_password(**options)["RandomPassword"])

    made = password()
    assert len(made) == 32
    assert any(c.islower() for c in made)
    assert any(c.isupper() for c in made)
    assert any(c.isdigit() for c in made)
    assert not made.isalnum()
    only = {"exclude_punctuation": True, "exclude_uppercase": True, "exclude_lowercase": True}
    assert set(password(**only, exclude_characters="3456789", password_length=200)) == set("012")
    assert " " in password(include_space=True, password_length=5)
    ask = desk.ask("secretsmanager").get_random_password
    assert refusal(ask, password_length=3)[0] == "InvalidParameterException"
    assert refusal(ask, **only, exclude_numbers=True)[0] == "InvalidParameterException"
    assert len(password(password_length=3, require_each_included_type=False)) == 3


def test_a_version_without_labels_goes_when_there_are_too_many(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    secrets.create_secret(name="s", secret_string="0")
    for number in range(99):
        secrets.put_secret_value(secret_id="s", secret_string=f"{number}")
    assert refusal(secrets.put_secret_value, secret_id="s", secret_string="x")[0] == "LimitExceededException"
    desk.advance(DAY_S + 1)
    secrets.put_secret_value(secret_id="s", secret_string="x")
    listed = secrets.list_secret_version_ids(secret_id="s", include_deprecated=True, max_results=100)
    assert len(listed["Versions"]) == 100
    assert secrets.get_secret_value(secret_id="s")["SecretString"] == "x"


def test_refused_in_aws_words(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    assert refusal(secrets.create_secret, name="a b")[0] == "ValidationException"
    assert refusal(secrets.create_secret, name="s", secret_string="x", secret_binary=b"x")[1] == (
        "You can't specify both a binary secret value and a string secret value in the same secret."
    )
    secrets.create_secret(name="s")
    assert refusal(secrets.get_secret_value, secret_id="s")[1] == (
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    )
    assert (
        refusal(secrets.put_secret_value, secret_id="s")[1] == "You must provide either SecretString or SecretBinary."
    )
    assert refusal(secrets.rotate_secret, secret_id="s")[1] == (
        "No Lambda rotation function ARN is associated with this secret."
    )


def test_another_account_reads_with_a_key_that_lets_it(desk: Any) -> None:
    secrets, stranger = desk.ask("secretsmanager"), desk.ask("secretsmanager", root(OTHER))
    who = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    key = desk.ask("kms").create_key()["KeyMetadata"]["KeyId"]
    arn = secrets.create_secret(name="s", secret_string="1", kms_key_id=key)["ARN"]
    read = {"Effect": "Allow", "Principal": who, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(
        secret_id="s", resource_policy=json.dumps({"Version": "2012-10-17", "Statement": [read]})
    )
    assert refusal(stranger.get_secret_value, secret_id=arn) == (
        "AccessDeniedException",
        "Access to KMS is not allowed",
    )
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{desk.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    decrypt = {"Effect": "Allow", "Principal": who, "Action": "kms:Decrypt", "Resource": "*", "Condition": via}
    desk.ask("kms").put_key_policy(
        key_id=key, policy=json.dumps({"Version": "2012-10-17", "Statement": [own, decrypt]})
    )
    assert stranger.get_secret_value(secret_id=arn)["SecretString"] == "1"
    assert (
        refusal(secrets.create_secret, name="t", secret_string="1", kms_key_id="alias/none")[0] == "EncryptionFailure"
    )
    other = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    secrets.update_secret(secret_id="s", kms_key_id=other)
    assert secrets.list_secret_version_ids(secret_id="s")["Versions"][0]["KmsKeyIds"] == [other]
    assert secrets.get_secret_value(secret_id="s")["SecretString"] == "1"
