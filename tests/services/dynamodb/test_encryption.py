"""Tables under KMS keys."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.services.dynamodb import encryption, sealing
from skyjar.services.dynamodb.errors import LimitExceededException, ValidationException

from .conftest import Make, index, item


def refused(code: str, call: Any, **given: Any) -> str:
    with pytest.raises(AWSError) as caught:
        call(**given)
    assert caught.value.code == code
    return caught.value.message


def stored(desk: Any) -> bytes:
    """All that the store holds of items."""
    pairs = desk.store.transact(lambda tx: tx.scan(b"dynamodb.items", b"dynamodb.itemt"))
    return b"".join(value for _, value in pairs)


def forget_keys() -> None:
    sealing._ciphers.clear()
    encryption.open_keys.cache_clear()


@pytest.fixture
def key(desk: Any) -> str:
    made: str = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    return made


def test_items_are_sealed_in_the_store(desk: Any, table: Make, key: str) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")],
               sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})  # fmt: skip
    assert db.describe_table(table_name="tab")["Table"]["SSEDescription"] == {
        "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key
    }  # fmt: skip
    db.put_item(table_name="tab", item=item(pk="a", g="x", secret="hush-hush"))
    assert b"hush-hush" not in stored(desk)
    forget_keys()
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"] == item(pk="a", g="x", secret="hush-hush")
    query = {"table_name": "tab", "index_name": "gsi", "key_condition_expression": "g = :g",
             "expression_attribute_values": {":g": {"S": "x"}}}  # fmt: skip
    assert db.query(**query)["Items"][0]["secret"] == {"S": "hush-hush"}
    desk.ask("kms").disable_key(key_id=key)
    desk.advance(299)
    db.get_item(table_name="tab", key=item(pk="a"))
    desk.advance(2)
    assert "is disabled" in refused("ValidationException", db.get_item, table_name="tab", key=item(pk="a"))


def test_a_table_is_brought_under_another_key(
    desk: Any, table: Make, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encryption, "CHUNK", 2)
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    for n in range(5):
        db.put_item(table_name="tab", item=item(pk=f"k{n}", g="x", secret="hush-hush"))
    assert "SSEDescription" not in db.describe_table(table_name="tab")["Table"]
    for given, is_open in (
        ({"Enabled": True}, False),
        ({"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}, False),
        ({"Enabled": False}, True),
    ):
        db.update_table(table_name="tab", sse_specification=given)
        desk.settle()
        assert (b"hush-hush" in stored(desk)) is is_open
        forget_keys()
        assert db.scan(table_name="tab")["Count"] == db.scan(table_name="tab", index_name="gsi")["Count"] == 5
    managed = desk.ask("kms").describe_key(key_id="alias/aws/dynamodb")["KeyMetadata"]
    assert managed["KeyManager"] == "AWS"
    assert "SSEDescription" not in db.describe_table(table_name="tab")["Table"]


@pytest.mark.parametrize("is_managed", [True, False])
def test_what_dynamodb_does_by_itself_needs_no_caller(desk: Any, table: Make, key: str, is_managed: bool) -> None:
    sse = {"Enabled": True} if is_managed else {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    db = table(sse_specification=sse)
    db.update_time_to_live(table_name="tab", time_to_live_specification={"Enabled": True, "AttributeName": "ttl"})
    db.put_item(table_name="tab", item=item(pk="a", ttl=int(desk.clock.now()) + 10))
    db.put_item(table_name="tab", item=item(pk="b"))
    arn = db.create_backup(table_name="tab", backup_name="one")["BackupDetails"]["BackupArn"]
    desk.settle()
    forget_keys()
    desk.advance(200)
    assert db.scan(table_name="tab")["Items"] == [item(pk="b")]
    db.restore_table_from_backup(target_table_name="again", backup_arn=arn)
    forget_keys()
    desk.settle()
    assert db.scan(table_name="again")["Count"] == 2


def test_who_uses_the_table_uses_the_key(desk: Any, table: Make, key: str) -> None:
    table(sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    iam = desk.ask("iam")
    identity = iam.create_user(user_name="ann")["User"]["UserId"]
    ann = Principal(
        kind="user", account=desk.account, arn=f"arn:aws:iam::{desk.account}:user/ann", name="ann", id=identity
    )

    def allow(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        iam.put_user_policy(user_name="ann", policy_name="p",
                            policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))  # fmt: skip

    allow("dynamodb:*")
    db = desk.ask("dynamodb", msgspec.structs.replace(ann))
    message = refused("AccessDeniedException", db.put_item, table_name="tab", item=item(pk="a"))
    assert "kms:Decrypt" in message and key in message
    allow("dynamodb:*", "kms:Decrypt")
    db.put_item(table_name="tab", item=item(pk="a"))
    refused("AccessDeniedException", db.create_table, table_name="own", billing_mode="PAY_PER_REQUEST",
            key_schema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            attribute_definitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})  # fmt: skip


def test_what_is_refused(table: Make) -> None:
    for given in ({"Enabled": True, "SSEType": "AES256"}, {"Enabled": False, "SSEType": "KMS"}):
        refused("ValidationException", table, sse_specification=given)
    refused(
        "ValidationException",
        table,
        sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/none"},
    )


def test_a_table_whose_key_is_disabled_is_inaccessible(desk: Any, table: Make, key: str) -> None:
    db = table(sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})

    def shown() -> tuple[str, float]:
        found = db.describe_table(table_name="tab")["Table"]
        return found["TableStatus"], found["SSEDescription"].get("InaccessibleEncryptionDateTime", 0.0)

    assert shown() == ("ACTIVE", 0.0)
    desk.ask("kms").disable_key(key_id=key)
    forget_keys()
    noticed = desk.clock.now()
    assert shown() == ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", noticed)
    with pytest.raises(ValidationException, match="KMS key is not accessible"):
        db.put_item(table_name="tab", item=item(pk="a"))
    desk.advance(3600)
    assert shown() == ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", noticed)
    desk.ask("kms").enable_key(key_id=key)
    assert shown() == ("ACTIVE", 0.0)
    db.put_item(table_name="tab", item=item(pk="a"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"Enabled": False}, "Table is already encrypted by default"),
        ({}, "Table is already encrypted by default"),
        ({"Enabled": False, "SSEType": "KMS"}, "SSEType can not be specified if Enabled is false"),
        ({"Enabled": False, "KMSMasterKeyId": "x"}, "KMSMasterKeyId can not be specified if Enabled is false"),
        ({"Enabled": True, "KMSMasterKeyId": "x"}, "SSEType KMS is required if KMSMasterKeyId is specified"),
        ({"Enabled": True, "SSEType": "AES256"}, "SSEType AES256 is not supported"),
    ],
)
def test_specifications_that_are_refused(table: Make, given: dict[str, Any], sentence: str) -> None:
    db = table()
    message = f"One or more parameter values were invalid: {sentence}"
    assert refused("ValidationException", db.update_table, table_name="tab", sse_specification=given) == message


def test_a_table_is_not_brought_under_its_own_key(table: Make, key: str) -> None:
    db = table()
    for given in ({"Enabled": True}, {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}):
        db.update_table(table_name="tab", sse_specification=given)
        words = refused("ValidationException", db.update_table, table_name="tab", sse_specification=given)
        assert "Table is already encrypted with given KMSMasterKeyId" in words


def test_encryption_is_changed_four_times_a_day(desk: Any, table: Make) -> None:
    db = table()

    def change(is_enabled: bool) -> None:
        db.update_table(table_name="tab", sse_specification={"Enabled": is_enabled})
        desk.settle()

    for n in range(4):
        change(n % 2 == 0)
    ending = "2027-01-16T08:00:00.000Z"
    with pytest.raises(LimitExceededException) as caught:
        change(True)
    assert caught.value.message == (
        f"Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {ending}. After the first 4 "
        "change, each subsequent change in the same window can be performed at most once every 21600 seconds. Number of updates "
        "today: 4"
    )
    assert "SSEDescription" not in db.describe_table(table_name="tab")["Table"]
    desk.advance(21_600)
    change(True)
    with pytest.raises(LimitExceededException, match="updates today: 5"):
        change(False)
    desk.advance(86_400)
    for n in range(4):
        change(n % 2 == 1)
