"""Bodies under a KMS key: what is stored, who may send and receive, how long a data key serves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel import credentials
from skyjar.kernel.principals import Principal
from skyjar.services.sqs import state

from .conftest import refusal


def allow(*actions: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})


@pytest.fixture
def user(desk: Any) -> Callable[..., Principal]:
    def make(name: str, *actions: str) -> Principal:
        iam = desk.ask("iam")
        iam.create_user(user_name=name)
        iam.put_user_policy(user_name=name, policy_name="p", policy_document=allow(*actions))
        key = iam.create_access_key(user_name=name)["AccessKey"]["AccessKeyId"]
        found: Principal = desk.store.transact(lambda tx: credentials.find(tx, key)).principal
        return found

    return make


@pytest.fixture
def key(desk: Any) -> str:
    made: str = desk.ask("kms").create_key()["KeyMetadata"]["KeyId"]
    return made


def stored(desk: Any) -> list[Any]:
    found: list[Any] = desk.store.transact(lambda tx: [message for _, _, message in state.messages.anywhere(tx)])
    return found


def test_the_body_is_not_in_the_store(desk: Any, queue: Any, key: str) -> None:
    made = queue(KmsMasterKeyId=key)
    made.send("a secret body")
    (message,) = stored(desk)
    assert message.body == ""
    assert b"secret" not in message.sealed
    assert made.take()[0]["Body"] == "a secret body"


def test_sending_and_receiving_need_the_key(desk: Any, queue: Any, key: str, user: Any) -> None:
    made = queue(KmsMasterKeyId=key)
    sender, half, reader = (
        user("sender", "sqs:*", "kms:GenerateDataKey", "kms:Decrypt"),
        user("half", "sqs:*", "kms:GenerateDataKey"),
        user("reader", "sqs:*"),
    )
    for who, action in ((reader, "kms:GenerateDataKey"), (half, "kms:Decrypt")):
        code, sentence = refusal(desk.ask("sqs", who).send_message, queue_url=made.url, message_body="x")
        assert (code, action in sentence) == ("KMS.AccessDeniedException", True)
        entries = [{"Id": "1", "MessageBody": "x"}]
        assert refusal(desk.ask("sqs", who).send_message_batch, queue_url=made.url, entries=entries)[0] == code
    desk.ask("sqs", sender).send_message(queue_url=made.url, message_body="x")
    code, sentence = refusal(desk.ask("sqs", reader).receive_message, queue_url=made.url)
    assert code == "KMS.AccessDeniedException"
    assert desk.ask("sqs", sender).receive_message(queue_url=made.url)["Messages"][0]["Body"] == "x"


def test_a_data_key_serves_its_caller_for_the_reuse_period(desk: Any, queue: Any, key: str) -> None:
    made = queue(KmsMasterKeyId=key, KmsDataKeyReusePeriodSeconds="60")
    made.send("1")
    desk.ask("kms").disable_key(key_id=key)
    desk.advance(59)
    made.send("2")
    assert [message["Body"] for message in made.take(2)] == ["1", "2"]
    desk.advance(1)
    arn = f"arn:aws:kms:us-east-1:111122223333:key/{key}"
    assert refusal(made.send, "3") == ("KMS.DisabledException", f"{arn} is disabled.")
    desk.advance(30)
    assert refusal(made.take)[0] == "KMS.DisabledException"
    desk.ask("kms").enable_key(key_id=key)
    assert len(made.take(2)) == 2


def test_a_dead_message_stays_sealed_as_it_was_sent(desk: Any, queue: Any, key: str) -> None:
    dead = queue("dead")
    made = queue("live", KmsMasterKeyId=key)
    made.dies_into(dead)
    made.send("x")
    for _ in range(3):
        made.take()
        desk.advance(31)
    (message,) = stored(desk)
    assert message.sealed
    assert dead.take()[0]["Body"] == "x"


def test_switching_the_key_off_leaves_what_was_sent(desk: Any, queue: Any, key: str) -> None:
    made = queue(KmsMasterKeyId=key)
    made.send("sealed")
    made.set(SqsManagedSseEnabled="true")
    made.send("open")
    assert {message["Body"] for message in made.take(2)} == {"sealed", "open"}
