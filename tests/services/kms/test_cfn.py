"""KMS keys, replicas and aliases in stacks."""

import json
from typing import Any

from .test_keys import DAY, refused

ADMIN = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [ADMIN]}


def template(alias: str = "Key", **more: Any) -> str:
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": POLICY, "PendingWindowInDays": 7, **more}}
    other = {"Type": "AWS::KMS::Key", "Properties": {}}
    target = {"AliasName": "alias/app", "TargetKeyId": {"Ref": alias}}
    resources = {"Key": key, "Other": other, "Alias": {"Type": "AWS::KMS::Alias", "Properties": target}}
    outputs = {
        "Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}},
        "Id": {"Value": {"Ref": "Key"}},
        "Alias": {"Value": {"Ref": "Alias"}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def outputs(desk: Any, name: str = "s") -> dict[str, str]:
    stack = desk.ask("cloudformation").describe_stacks(stack_name=name)["Stacks"][0]
    assert stack["StackStatus"].endswith("_COMPLETE"), stack
    assert "ROLLBACK" not in stack["StackStatus"], stack
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def test_a_key_and_its_alias_follow_their_template(desk: Any, kms: Any) -> None:
    cfn = desk.ask("cloudformation")
    tags = [{"Key": "a", "Value": "1"}]
    cfn.create_stack(stack_name="s", template_body=template(Description="one", EnableKeyRotation=True, Tags=tags))
    desk.settle()
    found = outputs(desk)
    where = {"key_id": found["Id"]}
    shown = kms.describe_key(key_id=found["Alias"])["KeyMetadata"]
    assert (shown["KeyId"], shown["Arn"], shown["Description"]) == (found["Id"], found["Arn"], "one")
    assert json.loads(kms.get_key_policy(**where)["Policy"]) == POLICY
    assert kms.get_key_rotation_status(**where)["RotationPeriodInDays"] == 365
    body = template("Other", Description="two", EnableKeyRotation="true", RotationPeriodInDays=90, Enabled=False)
    cfn.update_stack(stack_name="s", template_body=body)
    desk.settle()
    assert outputs(desk)["Id"] == found["Id"]
    shown = kms.describe_key(**where)["KeyMetadata"]
    assert (shown["Description"], shown["Enabled"]) == ("two", False)
    assert kms.get_key_rotation_status(**where)["RotationPeriodInDays"] == 90
    assert kms.list_resource_tags(**where)["Tags"] == []
    assert kms.describe_key(key_id="alias/app")["KeyMetadata"]["KeyId"] != found["Id"]
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert kms.describe_key(**where)["KeyMetadata"]["DeletionDate"] == desk.clock.now() + 7 * DAY
    assert kms.list_aliases()["Aliases"] == []


def test_what_a_key_is_for_cannot_be_changed(desk: Any, kms: Any) -> None:
    cfn = desk.ask("cloudformation")
    cfn.create_stack(stack_name="s", template_body=template())
    desk.settle()
    cfn.update_stack(stack_name="s", template_body=template(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"))
    desk.settle()
    stack = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert kms.describe_key(key_id="alias/app")["KeyMetadata"]["KeySpec"] == "SYMMETRIC_DEFAULT"


def test_an_rsa_key_is_made_outside_of_the_transaction(desk: Any, kms: Any) -> None:
    body = template(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=body)
    desk.settle()
    asked = {"key_id": outputs(desk)["Id"], "message": b"m", "signing_algorithm": "RSASSA_PSS_SHA_256"}
    signature = kms.sign(**asked)["Signature"]
    assert kms.verify(**asked, signature=signature)["SignatureValid"]
    refused("KMSInvalidSignatureException", kms.verify, **asked | {"message": b"n"}, signature=signature)
    digest = {**asked, "message": bytes(31), "message_type": "DIGEST"}
    refused("ValidationException", kms.sign, **digest)


def test_a_replica_of_a_key_in_another_region(desk: Any, kms: Any) -> None:
    primary = kms.create_key(multi_region=True)["KeyMetadata"]
    properties = {"PrimaryKeyArn": primary["Arn"], "KeyPolicy": POLICY, "Description": "there"}
    replica = {"Type": "AWS::KMS::ReplicaKey", "Properties": properties}
    body = json.dumps({"Resources": {"Replica": replica}, "Outputs": {"Id": {"Value": {"Ref": "Replica"}}}})
    cfn, there = (desk.ask(name, region="eu-west-1") for name in ("cloudformation", "kms"))
    cfn.create_stack(stack_name="s", template_body=body)
    desk.settle()
    shown = there.describe_key(key_id=primary["KeyId"])["KeyMetadata"]
    assert (shown["Description"], shown["MultiRegionConfiguration"]["MultiRegionKeyType"]) == ("there", "REPLICA")
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert there.describe_key(key_id=primary["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
