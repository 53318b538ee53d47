"""What one UpdateTable may change, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    LimitExceededException,
    ResourceNotFoundException,
    ValidationException,
)

from .conftest import Make, index, types

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
DAY_S = 86_400
CHANGES: dict[str, Any] = {
    "replica": {"replica_updates": [{"Create": {"RegionName": "eu-west-1"}}]},
    "sse": {"sse_specification": {"Enabled": True, "SSEType": "KMS"}},
    "class": {"table_class": "STANDARD_INFREQUENT_ACCESS"},
    "protection": {"deletion_protection_enabled": True},
    "warm": {"warm_throughput": {"WriteUnitsPerSecond": 9_000}},
    "maximum": {"on_demand_throughput": {"MaxReadRequestUnits": 5}},
    "stream": {"stream_specification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
    "units": {"provisioned_throughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 6}},
    "on-demand": {"billing_mode": "PAY_PER_REQUEST"},
    "provisioned": {"billing_mode": "PROVISIONED"},
    "index": {
        "attribute_definitions": types(pk="S", g="S"),
        "global_secondary_index_updates": [{"Create": index("gsi", "g", ProvisionedThroughput=UNITS)}],
    },
}
_ALONE = "must be the only operation in the request"


def asked(*names: str) -> dict[str, Any]:
    return {member: value for name in names for member, value in CHANGES[name].items()}


@pytest.fixture
def provisioned(table: Make) -> Any:
    return table(billing_mode="PROVISIONED", provisioned_throughput=UNITS)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("replica", "protection"), f"Replica modification {_ALONE}"),
        (("sse", "class"), f"Server-Side Encryption modification {_ALONE}"),
        (("sse", "protection"), f"Server-Side Encryption modification {_ALONE}"),
        (("class", "protection"), f"TableClass modification {_ALONE}"),
        (("protection", "warm"), f"DeletionProtection modification {_ALONE}"),
        (("protection", "index"), f"DeletionProtection modification {_ALONE}"),
        (("warm", "units"), f"WarmThroughput {_ALONE}"),
        (("warm", "index"), "Create global secondary index cannot be specified when updating WarmThroughput"),
        (("maximum", "stream"), "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
        (("maximum", "warm"), "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
        (("stream", "units"), "You cannot modify stream status while updating table IOPS"),
        (("stream", "provisioned"), "You cannot modify stream status while updating table IOPS"),
        (("index", "units"), "You cannot create or delete index while updating table IOPS"),
        (("index", "stream"), "You cannot create or delete index while changing stream status"),
    ],
)
def test_changes_that_do_not_go_together(provisioned: Any, names: tuple[str, ...], sentence: str) -> None:
    before = provisioned.describe_table(table_name="tab")
    with pytest.raises(ValidationException) as refused:
        provisioned.update_table(table_name="tab", **asked(*names))
    assert refused.value.message == f"One or more parameter values were invalid: {sentence}"
    assert provisioned.describe_table(table_name="tab") == before


@pytest.mark.parametrize("names", [("on-demand", "stream"), ("on-demand", "maximum")])
def test_a_switch_takes_others_along(provisioned: Any, names: tuple[str, ...]) -> None:
    shown = provisioned.update_table(table_name="tab", **asked(*names))["TableDescription"]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "StreamSpecification" in shown or shown["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}


def test_nothing_to_change(provisioned: Any) -> None:
    with pytest.raises(
        ValidationException, match=r"MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThrough.*"
    ):
        provisioned.update_table(table_name="tab")


def test_a_table_goes_to_on_demand_four_times_in_a_day(desk: Any, provisioned: Any) -> None:
    for _ in range(4):
        provisioned.update_table(table_name="tab", billing_mode="PAY_PER_REQUEST")
        desk.advance(3_600)
        provisioned.update_table(table_name="tab", billing_mode="PROVISIONED", provisioned_throughput=UNITS)
    with pytest.raises(LimitExceededException) as refused:
        provisioned.update_table(table_name="tab", billing_mode="PAY_PER_REQUEST")
    assert refused.value.message == (
        "Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 times in 1 day(s). Last update at Fri Jan "
        "15 11:00:00 UTC 2027. Next update can be made at Sat Jan 16 08:00:00 UTC 2027"
    )
    desk.advance(DAY_S - 4 * 3_600)
    provisioned.update_table(table_name="tab", billing_mode="PAY_PER_REQUEST")


def test_a_table_changes_its_class_twice_in_thirty_days(desk: Any, provisioned: Any) -> None:
    for name in ("STANDARD_INFREQUENT_ACCESS", "STANDARD", "STANDARD"):
        provisioned.update_table(table_name="tab", table_class=name)
    with pytest.raises(LimitExceededException) as refused:
        provisioned.update_table(table_name="tab", table_class="STANDARD_INFREQUENT_ACCESS")
    assert (
        refused.value.message == "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s)."
    )
    desk.advance(30 * DAY_S)
    provisioned.update_table(table_name="tab", table_class="STANDARD_INFREQUENT_ACCESS")


def test_what_becomes_provisioned_is_given_all_its_units(table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g"), index("gsi2", "g")])

    def refusal(**given: Any) -> str:
        with pytest.raises(ValidationException) as refused:
            db.update_table(table_name="tab", billing_mode="PROVISIONED", **given)
        return refused.value.message.removeprefix("One or more parameter values were invalid: ")

    assert refusal() == "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    assert refusal(provisioned_throughput=UNITS) == "ProvisionedThroughput must be specified for index: gsi,gsi2"
    updates = [{"Update": {"IndexName": name, "ProvisionedThroughput": UNITS}} for name in ("gsi", "gsi2")]
    db.update_table(
        table_name="tab",
        billing_mode="PROVISIONED",
        provisioned_throughput=UNITS,
        global_secondary_index_updates=updates,
    )
    shown = db.describe_table(table_name="tab")["Table"]["GlobalSecondaryIndexes"]
    assert [each["ProvisionedThroughput"]["WriteCapacityUnits"] for each in shown] == [5, 5]
    with pytest.raises(ValidationException, match="provisioned throughput for the index gsi will not change"):
        db.update_table(table_name="tab", global_secondary_index_updates=updates[:1])


@pytest.mark.parametrize(
    ("updates", "sentence"),
    [
        ([], "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification"),
        ([{}], "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"),
        ([{"Delete": {"IndexName": "gsi"}, "Update": {"IndexName": "gsi"}}],
         "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"),
        ([{"Update": {"IndexName": "gsi"}}] * 2,
         "Only one global secondary index update per index is allowed simultaneously. Index: gsi"),
        ([{"Create": index("gsi", "g")}], "Attempting to create an index which already exists"),
        ([{"Create": index("more", "q")}],
         "One or more parameter values were invalid: AttributeDefinitions is not specified for index: more"),
        ([{"Delete": {"IndexName": "lsi"}}], "Cannot delete an index that is not a GlobalSecondaryIndex: lsi"),
    ],
)  # fmt: skip
def test_changes_of_indexes_that_are_refused(table: Make, updates: list[dict[str, Any]], sentence: str) -> None:
    db = table(
        sk="S",
        types={"g": "S"},
        global_secondary_indexes=[index("gsi", "g")],
        local_secondary_indexes=[index("lsi", "pk", "g")],
    )
    with pytest.raises(ValidationException) as refused:
        db.update_table(table_name="tab", global_secondary_index_updates=updates)
    assert sentence in refused.value.message


def test_an_index_that_is_not_there_and_one_too_many(table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index(f"gsi{n}", "g") for n in range(20)])
    with pytest.raises(ResourceNotFoundException, match="Requested resource not found: Index nope for table tab"):
        db.update_table(table_name="tab", global_secondary_index_updates=[{"Delete": {"IndexName": "nope"}}])
    with pytest.raises(
        LimitExceededException, match="Number of global secondary indexes exceeds per-table limit of 20"
    ):
        db.update_table(table_name="tab", global_secondary_index_updates=[{"Create": index("more", "g")}])


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ([], "Atleast one Tag needs to be provided as Input."),
        ([("a%", "b")], "The Tag Key provided is invalid, Key: a%"),
        ([("a", "b,c")], "The Tag Value provided is invalid, Value: b,c"),
        ([("aws:x", "b")], "Tag Key cannot be prefixed with aws:, Key: aws:x"),
        ([("a", "b"), ("a", "c")], "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"),
        ([(f"a{n}", "b") for n in range(51)], "Number of Tags exceed the current limit for the provided ResourceArn"),
    ],
)
def test_tags_that_are_refused(provisioned: Any, tags: list[tuple[str, str]], sentence: str) -> None:
    arn = provisioned.describe_table(table_name="tab")["Table"]["TableArn"]
    with pytest.raises(ValidationException) as refused:
        provisioned.tag_resource(resource_arn=arn, tags=[{"Key": key, "Value": value} for key, value in tags])
    assert refused.value.message == sentence
    provisioned.tag_resource(resource_arn=arn, tags=[{"Key": "ключ 表", "Value": "a+b-c=d.e_f:g/h@i"}])


def test_names_of_what_is_tagged(provisioned: Any) -> None:
    arn = provisioned.describe_table(table_name="tab")["Table"]["TableArn"]
    for name, sentence in {
        "tab": "ARNs must start with 'arn:': tab",
        "arn:aws:sqs:us-east-1:111122223333:tab": "Provided Arn is not a DynamoDB resource arn",
        f"{arn}/index/gsi": "only table or stream is accepted",
        arn.replace("us-east-1", "us-west-2"): "Invalid TableArn: Invalid ResourceArn provided as input",
    }.items():
        with pytest.raises(ValidationException) as refused:
            provisioned.list_tags_of_resource(resource_arn=name)
        assert sentence in refused.value.message


def test_names_of_tables_that_cannot_be(table: Make) -> None:
    db = table()
    arn = "arn:aws:dynamodb:us-east-1:111122223333:table/tab"
    for name, sentence in {
        "ab": "Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
        "a" * 256: "Member must have length less than or equal to 255",
        "a;b": "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        arn.replace("us-east-1", "us-west-2"): "1 validation error detected: Invalid AWS region in 'arn:aws:",
        f"{arn}/index/gsi": "1 validation error detected: Invalid resource type in 'arn:aws:",
    }.items():
        for ask in (db.describe_table, db.scan):
            with pytest.raises(ValidationException) as refused:
                ask(table_name=name)
            assert sentence in refused.value.message
