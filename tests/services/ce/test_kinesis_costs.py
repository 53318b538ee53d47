"""What Kinesis costs, against bills worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import DAY, FEBRUARY, MARCH, Bill

KINESIS = "Amazon Kinesis"


def make(desk: Any, name: str, shards: int = 0) -> Any:
    given = {"shard_count": shards} if shards else {"stream_mode_details": {"StreamMode": "ON_DEMAND"}}
    kinesis = desk.ask("kinesis")
    kinesis.create_stream(stream_name=name, **given)
    desk.advance(30)
    return kinesis


def read(desk: Any, name: str) -> None:
    kinesis = desk.ask("kinesis")
    for shard in kinesis.list_shards(stream_name=name)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            stream_name=name, shard_id=shard["ShardId"], shard_iterator_type="TRIM_HORIZON"
        )["ShardIterator"]
        kinesis.get_records(shard_iterator=iterator)


@pytest.mark.spec("kinesis-008")
def test_a_provisioned_stream_costs_by_the_shard(february: Any, bill: Bill) -> None:
    kinesis = make(february, "bought", 2)
    kinesis.put_record(stream_name="bought", data=b"x" * 25_600, partition_key="a")
    kinesis.put_record(stream_name="bought", data=b"x" * 25_601, partition_key="a")
    kinesis.put_records(stream_name="bought", records=[{"Data": b"x", "PartitionKey": str(n)} for n in range(10)])
    read(february, "bought")
    february.advance(28 * DAY - 30)
    found = bill(KINESIS)
    assert found == {
        "Storage-ShardHour": (2 * 672, Decimal("20.16")),
        "PutRequestPayloadUnits": (13, Decimal("0.000000182")),
    }


@pytest.mark.spec("kinesis-008")
def test_one_on_demand_costs_by_the_hour_and_the_gigabyte(february: Any, bill: Bill) -> None:
    kinesis = make(february, "demand")
    kinesis.put_record(stream_name="demand", data=b"x" * 4600, partition_key="a")  # billed as 5 KB
    kinesis.put_record(stream_name="demand", data=b"x", partition_key="a")
    read(february, "demand")
    february.advance(28 * DAY - 30)
    found = bill(KINESIS)
    assert found["OnDemand-StreamHour"] == (672, Decimal("26.88"))
    gib = Decimal(2**30)
    assert abs(found["OnDemand-BilledIncomingBytes"][0] - 6 * 1024 / gib) < Decimal("1e-9")
    assert abs(found["OnDemand-BilledOutgoingBytes"][0] - 4601 / gib) < Decimal("1e-9")
    assert abs(found["OnDemand-BilledIncomingBytes"][1] - Decimal("0.08") * 6 * 1024 / gib) < Decimal("1e-9")
    assert set(found) == {"OnDemand-StreamHour", "OnDemand-BilledIncomingBytes", "OnDemand-BilledOutgoingBytes"}


@pytest.mark.spec("kinesis-021")
def test_a_day_of_storage_is_in_the_price_of_a_shard(february: Any, bill: Bill) -> None:
    kinesis = make(february, "stream", 1)
    kinesis.put_record(stream_name="stream", data=b"x" * 1000, partition_key="a")
    february.advance(28 * DAY - 30)
    assert set(bill(KINESIS, FEBRUARY)) == {"Storage-ShardHour", "PutRequestPayloadUnits"}
    kinesis.increase_stream_retention_period(stream_name="stream", retention_period_hours=72)
    february.advance(31 * DAY)
    found = bill(KINESIS, MARCH)
    assert found["Extended-ShardHour"][1] == Decimal("14.88")  # 744 hours at 0.02
    assert found["Storage-ShardHour"][1] == Decimal("11.16")


@pytest.mark.spec("kinesis-021")
def test_on_demand_what_is_kept_longer_costs_by_the_gigabyte(february: Any, bill: Bill) -> None:
    kinesis = make(february, "demand")
    kinesis.increase_stream_retention_period(stream_name="demand", retention_period_hours=240)
    february.advance(30)
    kinesis.put_record(stream_name="demand", data=b"x" * 1_000_000, partition_key="a")
    february.advance(20 * DAY)
    found = bill(KINESIS)
    stored = Decimal(1_000_000) / 2**30
    assert abs(found["OnDemand-ExtendedRetention-ByteHrs"][0] - stored * 144 / 672) < Decimal("1e-5")
    assert abs(found["OnDemand-LongTermRetention-ByteHrs"][0] - stored * 72 / 672) < Decimal("1e-5")


def test_a_consumer_costs_by_the_hour(february: Any, bill: Bill) -> None:
    kinesis = make(february, "stream", 3)
    arn = kinesis.describe_stream_summary(stream_name="stream")["StreamDescriptionSummary"]["StreamARN"]
    kinesis.register_stream_consumer(stream_arn=arn, consumer_name="c")
    february.advance(DAY - 30)
    assert bill(KINESIS)["EnhancedFanoutHour"] == (72, Decimal("1.08"))
