"""Quotas: keys, aliases, grants, the size of policies and encryption contexts."""

from typing import Any

import pytest

from skyjar.services.kms import limits

from .test_keys import DAY, create, refused


def test_keys_are_counted_until_they_are_deleted(desk: Any, kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS", 2)
    first, _ = create(kms)["KeyId"], create(kms)
    refused("LimitExceededException", kms.create_key)
    kms.describe_key(key_id="alias/aws/s3")
    kms.schedule_key_deletion(key_id=first, pending_window_in_days=7)
    refused("LimitExceededException", kms.create_key)
    desk.advance(7 * DAY)
    create(kms)


def test_a_key_has_fifty_aliases(kms: Any) -> None:
    one, two = create(kms)["KeyId"], create(kms)["KeyId"]
    for number in range(50):
        kms.create_alias(alias_name=f"alias/{number}", target_key_id=one)
    refused("LimitExceededException", kms.create_alias, alias_name="alias/x", target_key_id=one)
    kms.create_alias(alias_name="alias/x", target_key_id=two)
    refused("LimitExceededException", kms.update_alias, alias_name="alias/x", target_key_id=one)
    kms.update_alias(alias_name="alias/1", target_key_id=two)
    kms.update_alias(alias_name="alias/x", target_key_id=one)
    page = kms.list_aliases(key_id=one, limit=30)
    rest = kms.list_aliases(key_id=one, limit=30, marker=page["NextMarker"])
    assert (len(page["Aliases"]), len(rest["Aliases"]), rest["Truncated"]) == (30, 20, False)


def test_a_key_s_grants_are_counted(kms: Any, user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GRANTS", 1)
    key, ann = create(kms)["KeyId"], user("ann")
    asked = {"key_id": key, "grantee_principal": ann.arn, "operations": ["Decrypt"]}
    made = kms.create_grant(**asked)
    refused("LimitExceededException", kms.create_grant, **asked)
    kms.revoke_grant(key_id=key, grant_id=made["GrantId"])
    kms.create_grant(**asked)


def test_encryption_contexts_have_a_size(kms: Any) -> None:
    key = create(kms)["KeyId"]
    kms.encrypt(key_id=key, plaintext=b"x", encryption_context={"a": "x" * 8_191})
    refused("ValidationException", kms.encrypt, key_id=key, plaintext=b"x", encryption_context={"a": "x" * 8_192})
    constraint = {"EncryptionContextEquals": {"a": "x" * 384}}
    asked = {"key_id": key, "grantee_principal": "arn:aws:iam::111122223333:root", "operations": ["Decrypt"]}
    refused("ValidationException", kms.create_grant, **asked, constraints=constraint)


def test_aliases_lead_to_keys_of_one_kind(kms: Any) -> None:
    key, mac = create(kms)["KeyId"], create(kms, key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")["KeyId"]
    kms.create_alias(alias_name="alias/a", target_key_id=key)
    refused("ValidationException", kms.update_alias, alias_name="alias/a", target_key_id=mac)
    refused("ValidationException", kms.create_alias, alias_name="alias/b", target_key_id="alias/a")
    refused("ValidationException", kms.create_alias, alias_name="b", target_key_id=key)
    refused("InvalidAliasNameException", kms.create_alias, alias_name="alias/b:c", target_key_id=key)
    kms.delete_alias(alias_name="alias/a")
    refused("NotFoundException", kms.delete_alias, alias_name="alias/a")
