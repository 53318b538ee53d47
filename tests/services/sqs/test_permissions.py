"""What calls need: batches, move tasks, tags as conditions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

from .conftest import Make, Queue, refusal


def ann(desk: Any, *actions: str, **condition: Any) -> Any:
    """SQS as asked by a user who may do these."""
    iam = desk.ask("iam")
    try:
        identity = iam.get_user(user_name="ann")["User"]["UserId"]
    except AWSError:
        identity = iam.create_user(user_name="ann")["User"]["UserId"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=document)
    return desk.ask("sqs", Principal(kind="user", account=desk.account, name="ann", id=identity,
                                     arn=f"arn:aws:iam::{desk.account}:user/ann"))  # fmt: skip


def test_a_batch_needs_what_its_single_form_needs(queue: Make, desk: Any) -> None:
    made = queue()
    entries = [{"Id": "a", "MessageBody": "x"}]
    ann(desk, "sqs:SendMessage").send_message_batch(queue_url=made.url, entries=entries)
    asked = ann(desk, "sqs:SendMessageBatch")
    assert refusal(asked.send_message_batch, queue_url=made.url, entries=entries)[0].startswith("AccessDenied")


MOVING = ("sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def dead_queue(queue: Make) -> Queue:
    dead = queue("dead")
    queue().dies_into(dead)
    return dead


@pytest.mark.parametrize("missing", MOVING)
def test_a_move_task_needs_what_it_does(queue: Make, desk: Any, missing: str) -> None:
    dead = dead_queue(queue)
    asked = ann(desk, *(set(MOVING) - {missing}))
    assert missing in refusal(asked.start_message_move_task, source_arn=dead.arn)[1]
    ann(desk, *MOVING).start_message_move_task(source_arn=dead.arn)


def test_a_queue_s_tags_are_conditions(queue: Make, desk: Any) -> None:
    made = queue()
    asked = ann(desk, "sqs:*", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
    assert refusal(asked.send_message, queue_url=made.url, message_body="x")[0].startswith("AccessDenied")
    made.sqs.tag_queue(queue_url=made.url, tags={"team": "blue"})
    asked.send_message(queue_url=made.url, message_body="x")
