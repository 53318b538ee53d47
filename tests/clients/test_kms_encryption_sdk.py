"""The AWS Encryption SDK, unchanged, against KMS."""

from __future__ import annotations

import os
from typing import Any

import aws_encryption_sdk
import botocore.session
import pytest
from aws_encryption_sdk.exceptions import DecryptKeyError
from aws_encryption_sdk.identifiers import CommitmentPolicy

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

CONTEXT = {"purpose": "test"}


@pytest.fixture
def sdk() -> Any:
    return aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, account: Account) -> list[str]:
    """What KMS is asked for. The SDK makes its clients from the environment, as an application's would."""
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    return []


@pytest.fixture
def provider(account: Account, calls: list[str]) -> Any:
    session = botocore.session.Session()
    session.register("before-call.kms", lambda model, **_: calls.append(model.name))
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    return aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[key], botocore_session=session)


def test_a_message_is_sealed_and_opened(sdk: Any, provider: Any, calls: list[str]) -> None:
    plaintext = os.urandom(1_000_000)
    sealed, _ = sdk.encrypt(source=plaintext, key_provider=provider, encryption_context=CONTEXT)
    opened, header = sdk.decrypt(source=sealed, key_provider=provider)
    assert opened == plaintext
    assert header.encryption_context["purpose"] == "test"
    assert calls == ["GenerateDataKey", "Decrypt"]


def test_a_disabled_key_opens_nothing(account: Account, sdk: Any, provider: Any) -> None:
    sealed, _ = sdk.encrypt(source=b"x", key_provider=provider)
    kms = account.client("kms")
    for key in kms.list_keys()["Keys"]:
        kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(DecryptKeyError):
        sdk.decrypt(source=sealed, key_provider=provider)


@pytest.mark.spec("encryption-sdk-001")
def test_cached_data_keys_are_used_again(sdk: Any, provider: Any, calls: list[str]) -> None:
    cache = aws_encryption_sdk.LocalCryptoMaterialsCache(10)
    manager = aws_encryption_sdk.CachingCryptoMaterialsManager(
        master_key_provider=provider, cache=cache, max_age=60.0, max_messages_encrypted=100
    )
    sealed = [
        sdk.encrypt(source=bytes([number]), materials_manager=manager, encryption_context=CONTEXT)[0]
        for number in range(5)
    ]
    assert calls == ["GenerateDataKey"]
    opened = [sdk.decrypt(source=each, materials_manager=manager)[0] for each in sealed]
    assert opened == [bytes([number]) for number in range(5)]
    assert calls == ["GenerateDataKey", "Decrypt"]
    sdk.encrypt(source=b"x", materials_manager=manager, encryption_context={"purpose": "other"})
    assert calls == ["GenerateDataKey", "Decrypt", "GenerateDataKey"]
