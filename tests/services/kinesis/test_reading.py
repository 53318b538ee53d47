from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.principals import Principal, root
from skyjar.services.kinesis import state

from .test_records import MIB, refused


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def texts(answer: dict[str, Any]) -> list[str]:
    return [record["Data"].decode() for record in answer["Records"]]


@pytest.mark.spec("kinesis-024")
def test_reading_begins_anywhere(kinesis: Any) -> None:
    kinesis.stream()
    puts, times = [], []
    for name in "abcd":
        puts.append(kinesis.put(name.encode())["SequenceNumber"])
        times.append(kinesis.desk.clock.now())
        kinesis.desk.advance(10)
    assert texts(kinesis.get()) == list("abcd")
    kinesis.desk.advance(1)
    assert texts(kinesis.get("AT_SEQUENCE_NUMBER", starting_sequence_number=puts[1])) == list("bcd")
    assert texts(kinesis.get("AFTER_SEQUENCE_NUMBER", starting_sequence_number=puts[1])) == list("cd")
    assert texts(kinesis.get("AT_TIMESTAMP", timestamp=times[2])) == list("cd")
    assert texts(kinesis.get("LATEST")) == []
    refused("InvalidArgumentException", lambda: kinesis.iterator("AT_SEQUENCE_NUMBER"))
    refused("InvalidArgumentException", lambda: kinesis.iterator("LATEST", starting_sequence_number=puts[0]))
    refused(
        "InvalidArgumentException",
        lambda: kinesis.iterator("AT_TIMESTAMP", timestamp=kinesis.desk.clock.now() + 60),
        like="cannot be greater than the currentTimestampInMillis",
    )
    refused(
        "InvalidArgumentException",
        lambda: kinesis.iterator("AT_SEQUENCE_NUMBER", starting_sequence_number="7"),
        like="because it did not come from this stream",
    )
    refused("ResourceNotFoundException", lambda: kinesis.iterator(shard=9), like="does not exist")


@pytest.mark.spec("kinesis-022", "kinesis-023", "kinesis-019")
def test_readers_do_not_disturb_each_other(kinesis: Any) -> None:
    kinesis.stream()
    for n in range(5):
        kinesis.put(str(n).encode())
    found = [kinesis.get()["Records"] for _ in range(3)]
    assert found[0] == found[1] == found[2] and len(found[0]) == 5


def test_pages_and_how_far_behind_they_are(kinesis: Any) -> None:
    kinesis.stream()
    kinesis.ask.put_records(stream_name="s", records=[{"Data": str(n).encode(), "PartitionKey": "k"} for n in range(7)])
    kinesis.desk.advance(2)
    iterator, seen, behind = kinesis.iterator(), [], []
    for _ in range(4):
        answer = kinesis.ask.get_records(shard_iterator=iterator, limit=2)
        seen += texts(answer)
        behind.append(answer["MillisBehindLatest"])
        iterator = answer["NextShardIterator"]
    assert seen == [str(n) for n in range(7)]
    assert behind == [2000, 2000, 2000, 0]
    assert kinesis.ask.get_records(shard_iterator=iterator)["MillisBehindLatest"] == 0


def test_an_iterator_ends_after_five_minutes(kinesis: Any) -> None:
    kinesis.stream()
    iterator = kinesis.iterator()
    kinesis.desk.advance(300)
    kinesis.ask.get_records(shard_iterator=iterator)
    kinesis.desk.advance(1)
    refused(
        "ExpiredIteratorException",
        lambda: kinesis.ask.get_records(shard_iterator=iterator),
        like="The iterator was created at time Fri Jan 15 08:00:00 UTC 2027 while right now it is Fri Jan 15 08:05:01",
    )
    refused("InvalidArgumentException", lambda: kinesis.ask.get_records(shard_iterator="AAAA"))


def test_an_iterator_of_a_stream_that_was_made_again(kinesis: Any) -> None:
    kinesis.stream()
    iterator = kinesis.iterator()
    kinesis.ask.delete_stream(stream_name="s")
    refused("ResourceNotFoundException", lambda: kinesis.ask.get_records(shard_iterator=iterator))
    kinesis.stream()
    refused("ResourceNotFoundException", lambda: kinesis.ask.get_records(shard_iterator=iterator))


@pytest.mark.spec("kinesis-025")
def test_the_sixth_read_in_a_second(kinesis: Any) -> None:
    kinesis.stream()
    for _ in range(5):
        kinesis.get()
    refused("ProvisionedThroughputExceededException", kinesis.get, like="Rate exceeded for shard")
    kinesis.desk.advance(1)
    kinesis.get()


@pytest.mark.spec("kinesis-026", "kinesis-027")
def test_who_reads_much_waits(kinesis: Any) -> None:
    kinesis.stream()
    for _ in range(12):
        kinesis.put(b"x" * (MIB - 1))
        kinesis.desk.advance(1)
    answer = kinesis.get()
    assert len(answer["Records"]) == 10 and answer["MillisBehindLatest"] > 0
    kinesis.desk.advance(4)
    refused("ProvisionedThroughputExceededException", kinesis.get)
    kinesis.desk.advance(1)
    iterator = answer["NextShardIterator"]
    assert len(kinesis.ask.get_records(shard_iterator=iterator)["Records"]) == 2
    kinesis.desk.advance(0.5)
    refused("ProvisionedThroughputExceededException", kinesis.get)


@pytest.mark.spec("kinesis-020", "kinesis-022")
def test_records_go_when_they_are_a_day_old(kinesis: Any) -> None:
    kinesis.stream()
    assert kinesis.summary()["RetentionPeriodHours"] == 24
    kinesis.put(b"old")
    kinesis.desk.advance(3600)
    kinesis.put(b"new")
    kinesis.desk.advance(23 * 3600 - 1)
    assert texts(kinesis.get()) == ["old", "new"]
    kinesis.desk.advance(1)
    assert texts(kinesis.get()) == ["new"]
    ask = kinesis.ask
    ask.increase_stream_retention_period(stream_name="s", retention_period_hours=8760)
    assert texts(kinesis.get()) == ["new"]  # what is gone does not come back
    kinesis.desk.advance(8000 * 3600)
    assert texts(kinesis.get()) == ["new"]
    ask.decrease_stream_retention_period(stream_name="s", retention_period_hours=24)
    assert texts(kinesis.get()) == []
    for wrong in (8761, 23):
        refused(
            "InvalidArgumentException",
            lambda wrong=wrong: ask.increase_stream_retention_period(stream_name="s", retention_period_hours=wrong),
        )


def test_what_is_trimmed_leaves_the_store(kinesis: Any) -> None:
    kinesis.stream()
    for _ in range(3):
        kinesis.put()
        kinesis.desk.advance(60)
    kinesis.desk.advance(25 * 3600)

    def rows(tx: Any) -> int:
        return len(list(state.chunks.anywhere(tx)))

    assert kinesis.desk.store.transact(rows) == 0
    kinesis.put()
    assert kinesis.desk.store.transact(rows) == 1
    kinesis.desk.advance(25 * 3600)
    assert kinesis.desk.store.transact(rows) == 0


@pytest.mark.spec("kinesis-036")
def test_who_may_not_is_refused(kinesis: Any) -> None:
    kinesis.stream()
    iterator = kinesis.iterator()
    nobody = Principal(
        kind="user", account=kinesis.desk.account, arn=f"arn:aws:iam::{kinesis.desk.account}:user/n", name="n", id="A"
    )
    ask = kinesis.desk.ask("kinesis", nobody)
    refused("AccessDeniedException", lambda: ask.put_record(stream_name="s", data=b"x", partition_key="k"))
    refused(
        "AccessDeniedException",
        lambda: ask.get_records(shard_iterator=iterator),
        like="kinesis:GetRecords on resource: arn:aws:kinesis:us-east-1:111122223333:stream/s",
    )


@pytest.mark.spec("kinesis-037", "kinesis-038")
def test_records_under_a_key(kinesis: Any) -> None:
    kms = kinesis.desk.ask("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kinesis.stream()
    kinesis.put(b"clear")
    kinesis.ask.start_stream_encryption(stream_name="s", encryption_type="KMS", key_id=key)
    assert kinesis.summary()["KeyId"] == key and kinesis.summary()["EncryptionType"] == "KMS"
    assert kinesis.put(b"secret text")["EncryptionType"] == "KMS"
    first, second = kinesis.get()["Records"]
    assert (first["Data"], second["Data"]) == (b"clear", b"secret text")
    assert "EncryptionType" not in first and second["EncryptionType"] == "KMS"

    def stored(tx: Any) -> list[Any]:
        return [chunk for _, _, chunk in state.chunks.anywhere(tx)]

    held = kinesis.desk.store.transact(stored)
    assert held[1].data == () and b"secret text" not in held[1].sealed
    kms.disable_key(key_id=key)
    kinesis.desk.advance(301)
    refused("KMSDisabledException", kinesis.put)
    refused("KMSDisabledException", kinesis.get)
    kms.enable_key(key_id=key)
    kinesis.ask.stop_stream_encryption(stream_name="s", encryption_type="KMS", key_id=key)
    assert kinesis.put(b"clear again")["EncryptionType"] == "NONE"
    assert texts(kinesis.get()) == ["clear", "secret text", "clear again"]


def test_the_key_is_judged_as_the_callers(kinesis: Any) -> None:
    desk = kinesis.desk
    key = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    arn = kinesis.stream()
    kinesis.ask.start_stream_encryption(stream_name="s", encryption_type="KMS", key_id=key)
    kinesis.put()
    iam = desk.ask("iam")
    user_id = iam.create_user(user_name="reader")["User"]["UserId"]
    document = policy(Action="kinesis:*", Resource=arn)
    iam.put_user_policy(user_name="reader", policy_name="p", policy_document=document)
    reader = Principal(
        kind="user", account=desk.account, arn=f"arn:aws:iam::{desk.account}:user/reader", name="reader", id=user_id
    )
    ask = desk.ask("kinesis", reader)
    iterator = kinesis.iterator()
    refused("KMSAccessDeniedException", lambda: ask.get_records(shard_iterator=iterator), like="kms:Decrypt")
    refused(
        "KMSAccessDeniedException",
        lambda: ask.put_record(stream_name="s", data=b"x", partition_key="k"),
        like="kms:GenerateDataKey",
    )


def test_another_account_by_a_policy(kinesis: Any) -> None:
    arn = kinesis.stream()
    other = kinesis.desk.ask("kinesis", root("444455556666"))
    refused("AccessDeniedException", lambda: other.put_record(stream_arn=arn, data=b"theirs", partition_key="k"))
    actions = ["kinesis:PutRecord", "kinesis:GetRecords", "kinesis:GetShardIterator"]
    document = policy(Principal={"AWS": "arn:aws:iam::444455556666:root"}, Action=actions, Resource=arn)
    kinesis.ask.put_resource_policy(resource_arn=arn, policy=document)
    assert kinesis.ask.get_resource_policy(resource_arn=arn)["Policy"] == document
    other.put_record(stream_arn=arn, data=b"theirs", partition_key="k")
    iterator = other.get_shard_iterator(
        stream_arn=arn, shard_id="shardId-000000000000", shard_iterator_type="TRIM_HORIZON"
    )["ShardIterator"]
    assert texts(other.get_records(shard_iterator=iterator, stream_arn=arn)) == ["theirs"]
    kinesis.ask.delete_resource_policy(resource_arn=arn)
    refused("ResourceNotFoundException", lambda: kinesis.ask.get_resource_policy(resource_arn=arn))
    refused("AccessDeniedException", lambda: other.get_records(shard_iterator=iterator, stream_arn=arn))
