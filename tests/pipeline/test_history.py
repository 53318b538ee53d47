"""What is kept of calls for an audit, and what is not."""

from typing import Any

import msgspec
import pytest

from skyjar.kernel.history import Row, Seen, append, backwards, everywhere, forwards, rows
from skyjar.pipeline import history as writing
from skyjar.pipeline.history import History


def kept(desk: Any) -> list[Seen]:
    desk.pipeline.history.flush()
    found: list[Seen] = desk.store.transact(lambda tx: list(forwards(tx)))
    return found


def test_calls_that_handle_data_leave_nothing(desk: Any) -> None:
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    sqs.send_message(queue_url=url, message_body="x")
    sqs.receive_message(queue_url=url)
    assert [each.operation for each in kept(desk)] == ["CreateQueue"]
    assert {each.name for each in desk.pipeline.history.skips} == {"send_message", "receive_message"}


def test_names_are_aws_and_bodies_are_left_out(desk: Any) -> None:
    desk.ask("iam").create_role(
        role_name="r",
        assume_role_policy_document='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":'
        '"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
    )
    desk.ask("secretsmanager").create_secret(name="s", secret_binary=b"body")
    role, secret = [each for each in kept(desk) if each.service != "kms"]
    assert set(msgspec.msgpack.decode(role.parameters)) == {"roleName", "assumeRolePolicyDocument"}
    assert msgspec.msgpack.decode(secret.parameters) == {
        "name": "s",
        "secretBinary": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    assert set(msgspec.msgpack.decode(secret.answer)) == {"aRN", "name", "versionId"}


def test_what_is_too_long_is_left_out(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ENCODED_BYTES", 100)
    for description in ("short", "long" * 50):
        desk.ask("ssm").put_parameter(name=description[:4], value="x", type="String", description=description)
    short, long = kept(desk)
    assert (bool(short.parameters), bool(long.parameters)) == (True, False)


@pytest.mark.parametrize("most", [3])
def test_the_oldest_go(desk: Any, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(writing, "KEPT", most)
    for number in range(5):
        desk.ask("sqs").create_queue(queue_name=f"q{number}")
        kept(desk)
    assert [each.seq for each in kept(desk)] == [2, 3, 4]


def test_rows_of_several_are_read_as_one_list_from_any_number(desk: Any) -> None:
    for number in range(4):
        desk.ask("sqs").create_queue(queue_name=f"q{number}")
    kept(desk)
    (row,) = desk.store.transact(lambda tx: rows.range(everywhere(tx)))
    for last, count in ((4, 1), (44, 40), (47, 3)):
        several = Row(last=last, origins=row.origins, calls=row.calls[:1] * count)
        desk.store.transact(lambda tx: append(tx, several))  # noqa: B023
    for number in range(49):
        onwards, back = desk.store.transact(lambda tx: (list(forwards(tx, number)), list(backwards(tx, number))))  # noqa: B023
        assert [each.seq for each in onwards] == list(range(number, 48))
        assert [each.seq for each in back] == list(range(min(number, 47), -1, -1))
    assert [each.seq for each in desk.store.transact(lambda tx: list(backwards(tx)))] == list(range(47, -1, -1))


def test_another_process_goes_on_where_it_was(desk: Any) -> None:
    desk.ask("sqs").create_queue(queue_name="a")
    assert kept(desk)[-1].seq == 0
    desk.pipeline.history = History(desk.store)
    desk.ask("sqs").create_queue(queue_name="b")
    assert [each.seq for each in kept(desk)] == [0, 1]


def test_what_calls_have_in_common_is_kept_once(desk: Any) -> None:
    for number in range(4):
        desk.ask("sqs").create_queue(queue_name=f"q{number}")
    desk.ask("sqs", region="eu-west-1").create_queue(queue_name="q")
    seen = kept(desk)
    assert [each.region for each in seen] == ["us-east-1"] * 4 + ["eu-west-1"]
    (row,) = desk.store.transact(lambda tx: rows.range(everywhere(tx)))
    assert len(row.origins) == 2


def test_rows_of_before_are_read(desk: Any) -> None:
    desk.ask("sqs").create_queue(queue_name="q")
    (seen,) = kept(desk)
    stored = [list(msgspec.structs.asdict(seen).values())]
    packed = b"\x01" + msgspec.msgpack.encode([0, stored])
    assert rows.load(packed) == desk.store.transact(lambda tx: rows.range(everywhere(tx)))[0]
