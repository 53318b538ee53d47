"""What keys and secrets cost, against bills worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .conftest import DAY, MARCH, Bill

KMS, SECRETS = "AWS Key Management Service", "AWS Secrets Manager"


def test_keys_and_requests(february: Any, bill: Bill) -> None:
    kms = february.ask("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    february.settle()
    for _ in range(9):
        kms.encrypt(key_id=key, plaintext=b"x")
    kms.disable_key(key_id=key)
    february.advance(28 * DAY)
    assert bill(KMS) == {"us-east-1-KMS-Keys": (1, Decimal(1)), "us-east-1-KMS-Requests": (11, Decimal("0.000033"))}
    kms.schedule_key_deletion(key_id=key, pending_window_in_days=30)
    february.advance(DAY)
    assert "us-east-1-KMS-Keys" not in bill(KMS, MARCH)


def test_a_rotation_costs_as_much_as_a_key(february: Any, bill: Bill) -> None:
    kms = february.ask("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(3):
        kms.rotate_key_on_demand(key_id=key)
        february.settle()
    february.advance(28 * DAY)
    assert bill(KMS)["us-east-1-KMS-Keys"] == (3, Decimal(3))  # the third is free


def test_secrets(february: Any, bill: Bill) -> None:
    secrets = february.ask("secretsmanager")
    for name in ("a", "b"):
        secrets.create_secret(name=name, secret_string="x")
    for _ in range(10):
        secrets.get_secret_value(secret_id="a")
    february.advance(14 * DAY)
    secrets.delete_secret(secret_id="b", recovery_window_in_days=30)
    february.advance(14 * DAY)
    found = bill(SECRETS)
    assert found["USE1-AWSSecretsManager-Secrets"][1].quantize(Decimal("0.0001")) == Decimal("0.6000")
    assert found["USE1-AWSSecretsManagerAPIRequest"] == (13, Decimal("0.000065"))
