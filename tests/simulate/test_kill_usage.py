"""`kill -9` while usage is counted: what a reader has seen is kept, what is stored is billed, and what was not written is a minute's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest

from .servers import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def client(server: Server, name: str) -> Any:
    return boto3.client(
        name,  # type: ignore[call-overload]
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def used(server: Server) -> dict[str, Decimal]:
    today = datetime.now(UTC).date()
    found = client(server, "ce").get_cost_and_usage(
        TimePeriod={"Start": str(today - timedelta(1)), "End": str(today + timedelta(1))},
        Granularity="MONTHLY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "OPERATION"}],
    )
    amounts: dict[str, Decimal] = {}
    for result in found["ResultsByTime"]:
        for group in result["Groups"]:
            amount = Decimal(group["Metrics"]["UsageQuantity"]["Amount"])
            amounts[group["Keys"][0]] = amounts.get(group["Keys"][0], Decimal(0)) + amount
    return amounts


def test_what_was_written_is_kept(server: Server) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="first")
    for number in range(7):
        s3.put_object(Bucket="first", Key=str(number), Body=b"x" * 2**20)
    assert used(server)["PutObject"] == 7
    s3.put_object(Bucket="first", Key="more", Body=b"x")
    server.kill()
    server.start()
    after = used(server)
    assert after["PutObject"] in (7, 8)  # the last may be lost
    assert after["CreateBucket"] == 1
    assert after["StandardStorage"] > 0  # what is held is state, and worked out anew
