"""Organizations' say on a call, as the pipeline holds it."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.memberships import Membership, everywhere, memberships
from skyjar.kernel.principals import root

MEMBER = "444455556666"
DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:List*", "Resource": "*"}]})
ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def write(desk: Any, *documents: str) -> None:
    """A membership, as `organizations` would write it: these policies at the root."""
    level = tuple(("p", text) for text in documents)
    row = Membership(account=MEMBER, organization="o-1", path="o-1/r-1/", scp=(level,))
    desk.store.transact(lambda tx: memberships.put(everywhere(tx), row))


def test_an_account_outside_is_not_looked_for(desk: Any) -> None:
    desk.ask("sqs").list_queues()
    assert desk.pipeline.memberships.limited == {}
    assert desk.pipeline.memberships.known == {}


def test_a_change_holds_when_memory_is_void(desk: Any) -> None:
    sqs = desk.ask("sqs", root(MEMBER))
    sqs.list_queues()
    write(desk, ALL, DENY)
    desk.pipeline.memberships.forget()
    with pytest.raises(AWSError):
        sqs.list_queues()
    sqs.create_queue(queue_name="q")
    write(desk, ALL)
    desk.pipeline.memberships.forget()
    sqs.list_queues()


def test_verdicts_do_not_outlive_a_change(desk: Any) -> None:
    """What was allowed by a queue's policy, and remembered, is denied by an organization afterwards."""
    sqs = desk.ask("sqs", root(MEMBER))
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    for _ in range(2):
        sqs.list_dead_letter_source_queues(queue_url=url)
    write(desk, DENY)
    desk.pipeline.memberships.forget()
    with pytest.raises(AWSError):
        sqs.list_dead_letter_source_queues(queue_url=url)


def test_another_state_is_read_anew(desk: Any) -> None:
    write(desk, DENY)
    with pytest.raises(AWSError):
        desk.ask("sqs", root(MEMBER)).list_queues()
    desk.loop.run_until_complete(desk.pipeline.quiesce())
    desk.store.transact(lambda tx: memberships.delete(everywhere(tx), MEMBER))
    desk.pipeline.resume()
    desk.ask("sqs", root(MEMBER)).list_queues()
