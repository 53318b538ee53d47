"""What S3 costs, against bills worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from skyjar.kernel import usage
from skyjar.kernel.tables import Place
from skyjar.services.s3 import object_state, state

from .conftest import DAY, FEBRUARY, MARCH, Bill, at

S3 = "Amazon Simple Storage Service"
GIB = 1024**3
CENT = Decimal("0.01")
BY_CLASS = {  # dollars a GB and month
    "STANDARD": ("TimedStorage-ByteHrs", "0.023"),
    "STANDARD_IA": ("TimedStorage-SIA-ByteHrs", "0.0125"),
    "ONEZONE_IA": ("TimedStorage-ZIA-ByteHrs", "0.01"),
    "GLACIER_IR": ("TimedStorage-GIR-ByteHrs", "0.004"),
    "GLACIER": ("TimedStorage-GlacierByteHrs", "0.0036"),
    "DEEP_ARCHIVE": ("TimedStorage-GDA-ByteHrs", "0.00099"),
    "INTELLIGENT_TIERING": ("TimedStorage-INT-FA-ByteHrs", "0.023"),
    "REDUCED_REDUNDANCY": ("TimedStorage-RRS-ByteHrs", "0.024"),
}


def store(desk: Any, bucket: str, key: str, size: int, storage_class: str = "STANDARD") -> None:
    """An object of a size that no test would send."""

    def body(tx: Any) -> None:
        where = state.buckets.get(Place(tx, "", ""), bucket)
        assert where is not None
        place = Place(tx, where.account, where.region)
        made = object_state.Object(
            space=where.space, key=key, order=0, version="null", modified_s=int(desk.clock.now()), size=size,
            storage_class=storage_class,
        )  # fmt: skip
        object_state.objects.add(place, made)
        object_state.entries.add(
            place,
            object_state.Entry(
                space=where.space, key=key, order=0, etag="", size=size, modified_s=made.modified_s,
                storage_class=storage_class, algorithm="", checksum_type="",
            ),
        )  # fmt: skip

    desk.store.transact(body)


@pytest.mark.spec("s3-041")
@pytest.mark.spec("s3-043")
def test_a_month_of_each_class(february: Any, bill: Bill) -> None:
    february.ask("s3").create_bucket(bucket="first")
    for name in BY_CLASS:
        store(february, "first", name, 1000 * GIB, name)
    february.advance(28 * DAY)
    found = bill(S3)
    for usage_type, price in BY_CLASS.values():
        assert abs(found[usage_type][0] - 1000) < CENT, usage_type
        assert found[usage_type][1].quantize(CENT) == (1000 * Decimal(price)).quantize(CENT), usage_type
    costs = {name: found[usage_type][1] for name, (usage_type, _) in BY_CLASS.items()}
    in_order = [
        costs[name] for name in ("STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
    ]
    assert in_order == sorted(in_order, reverse=True)
    assert len(set(in_order)) == 6
    assert found["Monitoring-Automation-INT"] == (1, Decimal("0.0000025"))
    assert sum(each[1] for each in found.values()).quantize(CENT) == Decimal("101.09")


def test_part_of_a_month(february: Any, bill: Bill) -> None:
    february.ask("s3").create_bucket(bucket="first")
    february.advance(14 * DAY + 6 * 3600)
    store(february, "first", "half", 1000 * GIB)
    february.advance(13 * DAY + 18 * 3600)
    assert bill(S3)["TimedStorage-ByteHrs"][1].quantize(Decimal("0.0001")) == Decimal("11.2946")  # 330 of 672 hours
    february.ask("s3").delete_object(bucket="first", key="half")
    february.advance(DAY)
    assert "TimedStorage-ByteHrs" not in bill(S3, MARCH)


def test_tiers_count_over_the_month(february: Any, bill: Bill) -> None:
    february.ask("s3").create_bucket(bucket="first")
    store(february, "first", "large", 60_000 * GIB)
    february.advance(28 * DAY)
    wanted = Decimal("0.023") * 51_200 + Decimal("0.022") * 8_800
    assert bill(S3)["TimedStorage-ByteHrs"][1].quantize(CENT) == wanted.quantize(CENT)
    days = february.ask("ce").get_cost_and_usage(
        time_period={"Start": "2027-02-20", "End": "2027-03-01"},
        granularity="DAILY",
        metrics=["UnblendedCost"],
        filter={"Dimensions": {"Key": "USAGE_TYPE", "Values": ["TimedStorage-ByteHrs"]}},
    )["ResultsByTime"]
    daily = [Decimal(day["Total"]["UnblendedCost"]["Amount"]) for day in days]
    assert len(daily) == 9
    assert daily[0].quantize(CENT) == Decimal("49.29")  # 60,000 / 28 at 0.023
    assert daily[-1].quantize(CENT) == Decimal("47.14")  # and at 0.022


def test_small_and_archived_objects_take_more(february: Any, bill: Bill) -> None:
    february.ask("s3").create_bucket(bucket="first")
    store(february, "first", "small", 28 * 1024, "STANDARD_IA")
    store(february, "first", "archived", GIB, "GLACIER")
    february.advance(28 * DAY)
    found = bill(S3)
    assert found["TimedStorage-SIA-SmObjects"][0] == Decimal(str(round(100 * 1024 / GIB, 10)))
    operations = bill(S3, by="OPERATION")
    assert operations["GlacierS3ObjectOverhead"][0] == Decimal(str(round(8 * 1024 / GIB, 10)))
    assert operations["GlacierObjectOverhead"][0] == Decimal(str(round(32 * 1024 / GIB, 10)))


@pytest.mark.spec("s3-043")
def test_requests(february: Any, bill: Bill) -> None:
    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    for number in range(20):
        s3.put_object(bucket="first", key=str(number), body=b"x")
    s3.put_object(bucket="first", key="ia", body=b"x" * 1024, storage_class="STANDARD_IA")
    for _ in range(30):
        s3.get_object(bucket="first", key="0")
    for _ in range(3):
        s3.head_object(bucket="first", key="ia")
    s3.list_objects_v2(bucket="first")
    s3.delete_object(bucket="first", key="1")
    found = bill(S3)
    assert found["Requests-Tier1"] == (22, Decimal("0.00011"))  # the bucket, the puts and the list
    assert found["Requests-Tier2"] == (30, Decimal("0.000012"))
    assert found["Requests-SIA-Tier1"] == (1, Decimal("0.00001"))
    assert found["Requests-SIA-Tier2"] == (3, Decimal("0.000003"))
    assert bill(S3, by="OPERATION")["ListBucket"] == (1, Decimal("0.000005"))
    assert "DeleteObject" not in bill(S3, by="OPERATION")


@pytest.mark.spec("s3-042")
def test_cheap_classes_cost_to_retrieve(february: Any, bill: Bill) -> None:
    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    body = b"x" * 1024 * 1024
    for name in ("STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR"):
        s3.put_object(bucket="first", key=name, body=body, storage_class=name)
        for _ in range(1024):
            s3.get_object(bucket="first", key=name)
    found = bill(S3)
    assert found["Retrieval-SIA"] == (1, Decimal("0.01"))
    assert found["Retrieval-ZIA"] == (1, Decimal("0.01"))
    assert found["Retrieval-GIR"] == (1, Decimal("0.03"))
    assert "DataTransfer-Out-Bytes" not in found  # nothing has left the cloud
    stored = {name: Decimal(price) for name, (_, price) in BY_CLASS.items()}
    assert stored["STANDARD_IA"] < stored["STANDARD"]


@pytest.mark.spec("s3-042")
def test_archives_cost_to_restore(february: Any, bill: Bill) -> None:
    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    for name in ("GLACIER", "DEEP_ARCHIVE"):
        store(february, "first", name, 100 * GIB, name)
    s3.restore_object(bucket="first", key="GLACIER", restore_request={"Days": 7})
    s3.restore_object(
        bucket="first", key="DEEP_ARCHIVE", restore_request={"Days": 7, "GlacierJobParameters": {"Tier": "Bulk"}}
    )
    assert bill(S3)["Standard-Retrieval-Bytes"] == (100, Decimal(1))
    assert bill(S3)["Bulk-Retrieval-Bytes"] == (100, Decimal("0.25"))
    assert bill(S3)["Requests-Tier3"] == (1, Decimal("0.00005"))
    assert bill(S3)["Requests-GDA-Tier5"] == (1, Decimal("0.000025"))
    february.advance(28 * DAY)
    restored = bill(S3, by="OPERATION")["RestoreObject"]
    hours = 7 * 24 + 19  # of the first copy, from 5 o'clock to midnight of the eighth day
    assert abs(restored[1] - 1 - Decimal("0.023") * 100 * hours / 672) < Decimal("0.001")


def test_a_transition_costs_a_request(february: Any, bill: Bill) -> None:
    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    rule = {"ID": "1", "Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 10, "StorageClass": "GLACIER"}]}
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": [rule]})
    store(february, "first", "old", 100 * GIB)
    february.advance(28 * DAY)
    found = bill(S3)
    assert found["Requests-Tier3"] == (1, Decimal("0.00003"))
    assert round(found["TimedStorage-ByteHrs"][0] + found["TimedStorage-GlacierByteHrs"][0], 2) == 100
    days = round(found["TimedStorage-GlacierByteHrs"][0] * 28 / 100, 1)
    assert days in (18, 19)  # whether the day is measured before or after the objects of its midnight are moved


def test_what_goes_early_costs_the_rest(february: Any, bill: Bill) -> None:
    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    store(february, "first", "ia", 100 * GIB, "STANDARD_IA")
    store(february, "first", "archived", 100 * GIB, "GLACIER")
    s3.put_object(bucket="first", key="small", body=b"x" * 28 * 1024, storage_class="STANDARD_IA")
    february.advance(16 * DAY)
    s3.delete_object(bucket="first", key="ia")
    s3.put_object(bucket="first", key="archived", body=b"x")  # which takes its place
    s3.put_object(bucket="first", key="small", body=b"x")
    found = bill(S3)
    assert abs(found["EarlyDelete-SIA"][0] - 50) < Decimal("0.001")  # 14 days of the 28 that February has
    assert found["EarlyDelete-SIA"][1].quantize(Decimal("0.001")) == Decimal("0.625")
    assert found["EarlyDelete-ByteHrs"][1].quantize(CENT) == Decimal("0.95")  # 74 days
    assert found["EarlyDelete-SIA-SmObjects"][0] == Decimal(str(round(50 * 1024 / GIB, 10)))


def test_what_stays_long_enough_goes_for_nothing(february: Any, bill: Bill) -> None:
    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    store(february, "first", "ia", 100 * GIB, "STANDARD_IA")
    store(february, "first", "plain", 100 * GIB)
    february.advance(31 * DAY)
    s3.delete_objects(bucket="first", delete={"Objects": [{"Key": "ia"}, {"Key": "plain"}]})
    assert not [name for name in bill(S3, MARCH) if name.startswith("EarlyDelete")]


def test_the_requester_pays(february: Any, bill: Bill) -> None:
    from skyjar.kernel.principals import root

    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    s3.put_bucket_request_payment(bucket="first", request_payment_configuration={"Payer": "Requester"})
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::first/*"}]}'
    s3.put_public_access_block(bucket="first", public_access_block_configuration={"BlockPublicPolicy": False})
    s3.put_bucket_policy(bucket="first", policy=policy)
    other = february.ask("s3", root("999988887777"))
    other.put_object(bucket="first", key="a", body=b"x", request_payer="requester")
    asked = february.ask("ce", root("999988887777")).get_cost_and_usage(
        time_period={"Start": FEBRUARY[0], "End": FEBRUARY[1]}, granularity="MONTHLY", metrics=["UsageQuantity"],
        group_by=[{"Type": "DIMENSION", "Key": "OPERATION"}],
        filter={"Dimensions": {"Key": "SERVICE", "Values": [S3]}},
    )  # fmt: skip
    assert [group["Keys"] for group in asked["ResultsByTime"][0]["Groups"]] == [["PutObject"]]
    assert "PutObject" not in bill(S3, by="OPERATION")


def test_a_cloud_without_anything_has_no_midnights(february: Any, bill: Bill) -> None:

    s3 = february.ask("s3")
    s3.create_bucket(bucket="first")
    february.advance(3 * DAY)
    assert february.store.transact(usage.measured).is_waiting
    s3.delete_bucket(bucket="first")
    february.advance(2 * DAY)
    assert not february.store.transact(usage.measured).is_waiting
    february.advance(2 * DAY)
    s3.create_bucket(bucket="first")
    store(february, "first", "later", GIB)
    february.advance(at(2027, 3, 1) - february.clock.now())
    assert bill(S3)["TimedStorage-ByteHrs"][0].quantize(Decimal("0.001")) == Decimal("0.75")  # 21 days of 28


def test_all_that_is_counted_has_a_price() -> None:
    from skyjar.kernel import prices
    from skyjar.services.s3 import minimums
    from skyjar.services.s3 import usage as own

    classes = ("", *own._IN_REQUESTS)
    counted = {
        (own.request_type(operation, kind), "") for operation in ("put_object", "get_object") for kind in classes
    }
    counted |= {(usage_type, "") for usage_type in (*own._STORED.values(), *own._RETRIEVALS.values())}
    counted |= set(own._TRANSITIONS.values())
    for (kind, _), types in own._RESTORES.items():
        restoring = "RestoreObject" if kind == "GLACIER" else "DeepArchiveRestoreObject"
        counted |= {(each, restoring) for each in types}
    for _, usage_type, has_least_size in minimums.OF_CLASS.values():
        counted |= {(usage_type, ""), (f"{usage_type}-SmObjects" if has_least_size else usage_type, "")}
    counted |= {("DataTransfer-Out-Bytes", "GetObject"), ("Monitoring-Automation-INT", "")}
    assert [each for each in sorted(counted) if prices.product("s3", *each) is None] == []
