"""SlowDown: with AWS's timing, or where a quota is set, a prefix takes so many requests in a second of the machine's clock."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel import quotas
from skyjar.services.s3 import limits
from skyjar.services.s3.errors import SlowDown


class Hand:
    """The machine's clock, set by hand."""

    def __init__(self, desk: Any) -> None:
        self.now = 100.0
        self._desk = desk
        desk.pipeline.behaviour.rates.time = lambda: self.now

    def set_quota(self, name: str, value: int | None, *, account: str = "") -> None:
        self._desk.store.transact(lambda tx: quotas.change(tx, "s3", name, value, account, ""))
        self._desk.pipeline.heed_quotas()


@pytest.fixture
def hand(desk: Any) -> Hand:
    return Hand(desk)


def taken(ask: Any, most: int, **parameters: Any) -> int:
    """How many of so many requests were taken."""
    count = 0
    for _ in range(most):
        try:
            ask(**parameters)
        except SlowDown as error:
            assert (error.status, error.code, error.message) == (503, "SlowDown", "Please reduce your request rate.")
        else:
            count += 1
    return count


@pytest.mark.spec("s3-029")
def test_above_what_a_prefix_takes(desk: Any, s3: Any, hand: Hand) -> None:
    desk.pipeline.behaviour.has_aws_timing = True
    s3.put_object(bucket="first", key="a/b", body=b"x")
    assert taken(s3.head_object, limits.PREFIX_READS + 3, bucket="first", key="a/b") == limits.PREFIX_READS
    s3.put_object(bucket="first", key="a/c", body=b"x")  # writes are counted apart
    s3.list_objects_v2(bucket="first", prefix="other/")  # as is another prefix
    with pytest.raises(SlowDown):
        s3.list_objects_v2(bucket="first", prefix="a/")
    hand.now += 1
    assert s3.head_object(bucket="first", key="a/b")["ContentLength"] == 1
    assert (limits.PREFIX_WRITES, limits.PREFIX_READS) == (3_500, 5_500)


def test_nobody_is_throttled_otherwise(s3: Any, hand: Hand) -> None:
    s3.put_object(bucket="first", key="a", body=b"x")
    assert taken(s3.head_object, 6_000, bucket="first", key="a") == 6_000


@pytest.mark.spec("s3-029")
def test_a_quota_that_was_set_is_in_force_at_once(s3: Any, hand: Hand) -> None:
    hand.set_quota("prefix-writes", 3)
    assert taken(s3.put_object, 5, bucket="first", key="a/b", body=b"x") == 3
    assert taken(s3.put_object, 5, bucket="first", key="b/c", body=b"x") == 3
    assert taken(s3.delete_object, 5, bucket="first", key="a/b") == 0
    assert taken(s3.list_objects_v2, 20, bucket="first", prefix="a/") == 20  # reads have no quota
    hand.now += 1
    assert taken(s3.delete_object, 5, bucket="first", key="a/b") == 3
    hand.now += 1
    objects = {"Objects": [{"Key": "a/1"}, {"Key": "a/2"}, {"Key": "c/1"}]}
    assert taken(s3.delete_objects, 5, bucket="first", delete=objects) == 3
    hand.set_quota("prefix-writes", None)
    assert taken(s3.put_object, 5, bucket="first", key="a/b", body=b"x") == 5


def test_of_one_account_it_concerns_no_other(desk: Any, s3: Any, hand: Hand) -> None:
    hand.set_quota("prefix-writes", 1, account="999999999999")
    assert taken(s3.put_object, 5, bucket="first", key="a", body=b"x") == 5
    hand.set_quota("prefix-writes", 1, account=desk.account)
    assert taken(s3.put_object, 5, bucket="first", key="a", body=b"x") == 1


def test_through_an_access_point_a_request_counts_once(desk: Any, s3: Any, hand: Hand) -> None:
    account = desk.account
    desk.ask("s3control").create_access_point(account_id=account, name="mine", bucket="first")
    hand.set_quota("prefix-writes", 4)
    arn = f"arn:aws:s3:us-east-1:{account}:accesspoint/mine"
    assert taken(s3.put_object, 6, bucket=arn, key="a", body=b"x") == 4


def test_settings_of_a_bucket_are_on_no_prefix(s3: Any, hand: Hand) -> None:
    hand.set_quota("prefix-reads", 0)
    hand.set_quota("prefix-writes", 0)
    assert taken(s3.get_bucket_versioning, 5, bucket="first") == 5
    assert taken(s3.get_object, 5, bucket="first", key="a") == 0


def test_what_was_set_is_in_force_with_another_state_too(desk: Any, s3: Any, hand: Hand) -> None:
    hand.set_quota("prefix-writes", 2)
    desk.pipeline.behaviour.set_quotas = frozenset()  # as after a start, or in a state that was loaded
    desk.loop.run_until_complete(desk.pipeline.quiesce())
    desk.pipeline.resume()
    assert taken(s3.put_object, 5, bucket="first", key="a", body=b"x") == 2
