"""Keys: their states, what each state refuses, their deletion."""

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError, NotImplementedHere

DAY = 86_400


def refused(code: str, function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    assert caught.value.code == code, caught.value
    return caught.value.message


def create(kms: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = kms.create_key(**more)["KeyMetadata"]
    return made


def test_a_disabled_key_cannot_be_used_until_it_is_enabled_again(kms: Any) -> None:
    key = create(kms)
    blob = kms.encrypt(key_id=key["KeyId"], plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(key_id=key["KeyId"])
    assert refused("DisabledException", kms.decrypt, ciphertext_blob=blob) == f"{key['Arn']} is disabled."
    assert kms.describe_key(key_id=key["Arn"])["KeyMetadata"]["Enabled"] is False
    kms.enable_key(key_id=key["KeyId"])
    assert kms.decrypt(ciphertext_blob=blob)["Plaintext"] == b"x"


def test_a_key_is_gone_with_its_aliases_when_its_waiting_period_is_over(desk: Any, kms: Any) -> None:
    key = create(kms)
    where = {"key_id": key["KeyId"]}
    kms.create_alias(alias_name="alias/a", target_key_id=key["KeyId"])
    assert refused("ValidationException", kms.schedule_key_deletion, **where, pending_window_in_days=6)
    assert refused("KMSInvalidStateException", kms.cancel_key_deletion, **where).endswith(" is not pending deletion.")
    shown = kms.schedule_key_deletion(**where, pending_window_in_days=7)
    assert shown["KeyId"] == key["Arn"]
    assert shown["DeletionDate"] == desk.clock.now() + 7 * DAY
    sentence = f"{key['Arn']} is pending deletion."
    assert refused("KMSInvalidStateException", kms.encrypt, **where, plaintext=b"x") == sentence
    assert refused("KMSInvalidStateException", kms.enable_key, **where) == sentence
    assert refused("KMSInvalidStateException", kms.schedule_key_deletion, **where) == sentence
    desk.advance(6 * DAY)
    assert kms.describe_key(**where)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(**where)
    assert kms.describe_key(**where)["KeyMetadata"]["KeyState"] == "Disabled"
    desk.advance(2 * DAY)
    kms.schedule_key_deletion(**where, pending_window_in_days=7)
    desk.advance(7 * DAY)
    assert refused("NotFoundException", kms.describe_key, **where) == f"Key '{key['Arn']}' does not exist"
    assert kms.list_aliases() == {"Aliases": [], "Truncated": False}


def test_specs_and_usages_must_go_together(kms: Any) -> None:
    wrong = {"key_spec": "ECC_SECG_P256K1", "key_usage": "KEY_AGREEMENT"}
    assert "is not compatible with KeySpec" in refused("ValidationException", kms.create_key, **wrong)
    assert "must specify a KeyUsage" in refused("ValidationException", kms.create_key, key_spec="HMAC_256")
    both = {"key_spec": "SYMMETRIC_DEFAULT", "customer_master_key_spec": "SYMMETRIC_DEFAULT"}
    assert "You cannot specify" in refused("ValidationException", kms.create_key, **both)
    for given in ({"key_spec": "SM2", "key_usage": "SIGN_VERIFY"}, {"origin": "AWS_CLOUDHSM"}):
        with pytest.raises(NotImplementedHere, match=given.get("origin", "SM2")):
            kms.create_key(**given)


def test_references_that_lead_nowhere(kms: Any) -> None:
    assert refused("NotFoundException", kms.describe_key, key_id="x") == "Invalid keyId 'x'"
    elsewhere = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000"
    assert refused("NotFoundException", kms.describe_key, key_id=elsewhere) == "Invalid arn eu-west-1"
    assert refused("InvalidArnException", kms.describe_key, key_id="arn:aws:sqs:us-east-1:1:x")
    alias = refused("NotFoundException", kms.describe_key, key_id="alias/none")
    assert alias == "Alias arn:aws:kms:us-east-1:111122223333:alias/none is not found."
    kms.create_alias(alias_name="alias/a", target_key_id=create(kms)["KeyId"])
    assert refused("NotFoundException", kms.disable_key, key_id="alias/a") == "Invalid keyId 'alias/a'"


def test_lists_come_in_pages(kms: Any) -> None:
    made = {create(kms)["KeyId"] for _ in range(5)}
    first = kms.list_keys(limit=3)
    assert first["Truncated"]
    rest = kms.list_keys(limit=3, marker=first["NextMarker"])
    assert not rest["Truncated"]
    assert {key["KeyId"] for key in first["Keys"] + rest["Keys"]} == made
    assert refused("InvalidMarkerException", kms.list_keys, marker="\xff")


def test_tags_are_limited_and_reserved_ones_refused(kms: Any) -> None:
    key = create(kms, tags=[{"TagKey": "a", "TagValue": "1"}])
    where = {"key_id": key["KeyId"]}
    kms.tag_resource(**where, tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(**where, tag_keys=["a"])
    assert kms.list_resource_tags(**where)["Tags"] == [{"TagKey": "b", "TagValue": "2"}]
    refused("TagException", kms.tag_resource, **where, tags=[{"TagKey": "aws:x", "TagValue": ""}])
    many = [{"TagKey": str(number), "TagValue": ""} for number in range(50)]
    refused("LimitExceededException", kms.tag_resource, **where, tags=many)


def test_the_last_use_of_a_key_is_known(desk: Any, kms: Any) -> None:
    key = create(kms)
    assert kms.get_key_last_usage(key_id=key["KeyId"])["KeyLastUsage"] == {}
    desk.advance(60)
    kms.generate_data_key(key_id=key["KeyId"], key_spec="AES_256")
    used = kms.get_key_last_usage(key_id=key["KeyId"])["KeyLastUsage"]
    assert (used["Operation"], used["Timestamp"]) == ("GenerateDataKey", desk.clock.now())


def test_a_dry_run_does_nothing(kms: Any) -> None:
    key = create(kms)
    refused("DryRunOperationException", kms.encrypt, key_id=key["KeyId"], plaintext=b"x", dry_run=True)
    modified = {"dry_run": True, "dry_run_modifiers": ["IGNORE_CIPHERTEXT"], "key_id": key["KeyId"]}
    refused("DryRunOperationException", kms.decrypt, **modified)
    refused("ValidationException", kms.decrypt)
    kms.disable_key(key_id=key["KeyId"])
    refused("DisabledException", kms.encrypt, key_id=key["KeyId"], plaintext=b"x", dry_run=True)
