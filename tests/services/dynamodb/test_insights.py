"""Contributor insights: which keys are used and throttled most, as CloudWatch reports it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.services.dynamodb.errors import ProvisionedThroughputExceededException
from tests.conftest import NOON

INDEX = {
    "IndexName": "by-other",
    "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def make(desk: Any, **more: Any) -> Any:
    dynamodb = desk.ask("dynamodb")
    given = {
        "table_name": "tbl",
        "key_schema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        "attribute_definitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in (("id", "S"), ("at", "N"), ("other", "S"))
        ],
        "global_secondary_indexes": [INDEX],
        "billing_mode": "PAY_PER_REQUEST",
    }
    dynamodb.create_table(**given | more)
    return dynamodb


def enable(dynamodb: Any, action: str = "ENABLE", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = dynamodb.update_contributor_insights(
        table_name="tbl", contributor_insights_action=action, **more
    )
    return found


def rules(dynamodb: Any, **more: Any) -> dict[str, str]:
    shown = dynamodb.describe_contributor_insights(table_name="tbl", **more)
    return {each.split("-")[1]: each for each in shown.get("ContributorInsightsRuleList", ())}


def report(desk: Any, rule: str, **more: Any) -> dict[str, Any]:
    given = {"rule_name": rule, "start_time": NOON, "end_time": NOON + 36_000, "period": 60}
    found: dict[str, Any] = desk.ask("cloudwatch").get_insight_rule_report(**given | more)
    return found


def values(told: dict[str, Any]) -> dict[tuple[str, ...], float]:
    return {tuple(each["Keys"]): each["ApproximateAggregateValue"] for each in told["Contributors"]}


def item(name: str, at: int, **more: str) -> dict[str, Any]:
    return {"id": {"S": name}, "at": {"N": str(at)}, **{key: {"S": value} for key, value in more.items()}}


def test_it_is_enabled_and_disabled(desk: Any) -> None:
    dynamodb = make(desk)
    shown = dynamodb.describe_contributor_insights(table_name="tbl")
    assert shown == {"TableName": "tbl", "ContributorInsightsStatus": "DISABLED"}
    enable(dynamodb)
    shown = dynamodb.describe_contributor_insights(table_name="tbl")
    made_ms = int(desk.clock.now() * 1000)
    assert shown["ContributorInsightsRuleList"] == [
        f"DynamoDBContributorInsights-{kind}-tbl-{made_ms}" for kind in ("PKC", "SKC", "PKT", "SKT")
    ]
    assert shown["ContributorInsightsStatus"] == "ENABLED"
    assert shown["ContributorInsightsMode"] == "ACCESSED_AND_THROTTLED_KEYS"
    assert shown["LastUpdateDateTime"] == desk.clock.now()
    enable(dynamodb, index_name="by-other", contributor_insights_mode="THROTTLED_KEYS")
    assert rules(dynamodb, index_name="by-other") == {"PKT": f"DynamoDBContributorInsights-PKT-tbl-by-other-{made_ms}"}
    listed = dynamodb.list_contributor_insights(table_name="tbl", max_results=1)
    assert [each.get("IndexName") for each in listed["ContributorInsightsSummaries"]] == [None]
    rest = dynamodb.list_contributor_insights(table_name="tbl", next_token=listed["NextToken"])
    assert [each["IndexName"] for each in rest["ContributorInsightsSummaries"]] == ["by-other"]
    assert len(desk.ask("cloudwatch").describe_insight_rules()["InsightRules"]) == 5
    enable(dynamodb, contributor_insights_mode="THROTTLED_KEYS")
    assert rules(dynamodb).keys() == {"PKT", "SKT"}
    assert enable(dynamodb, "DISABLE")["ContributorInsightsStatus"] == "DISABLED"
    listed = dynamodb.list_contributor_insights()["ContributorInsightsSummaries"]
    assert [each["IndexName"] for each in listed] == ["by-other"]
    assert rules(dynamodb) == {}
    assert len(desk.ask("cloudwatch").describe_insight_rules()["InsightRules"]) == 1
    dynamodb.update_table(table_name="tbl", global_secondary_index_updates=[{"Delete": {"IndexName": "by-other"}}])
    assert desk.ask("cloudwatch").describe_insight_rules()["InsightRules"] == []


def test_what_is_not_there_is_refused(desk: Any) -> None:
    dynamodb = make(desk)
    for given in ({"table_name": "none"}, {"table_name": "tbl", "index_name": "none"}):
        with pytest.raises(AWSError) as caught:
            dynamodb.describe_contributor_insights(**given)
        assert caught.value.code == "ResourceNotFoundException"
    with pytest.raises(AWSError) as caught:
        report(desk, "none")
    assert caught.value.code == "ResourceNotFoundException"


def test_the_rules_are_shown_as_managed_and_go_with_the_table(desk: Any) -> None:
    dynamodb = make(desk)
    enable(dynamodb)
    rule = desk.ask("cloudwatch").describe_insight_rules(max_results=1)["InsightRules"][0]
    assert (rule["Name"], rule["State"], rule["ManagedRule"]) == (rules(dynamodb)["PKC"], "ENABLED", True)
    assert json.loads(rule["Schema"]) == {"Name": "ServiceLogRule", "Version": 1}
    assert json.loads(rule["Definition"])["AggregateOn"] == "Sum"
    dynamodb.delete_table(table_name="tbl")
    assert desk.ask("cloudwatch").describe_insight_rules()["InsightRules"] == []


def test_units_are_told_by_key(desk: Any) -> None:
    dynamodb = make(desk)
    dynamodb.put_item(table_name="tbl", item=item("before", 1))
    enable(dynamodb)
    for at in (1, 2):
        dynamodb.put_item(table_name="tbl", item=item("a", at))
    dynamodb.put_item(table_name="tbl", item=item("b", 1, body="x" * 3000))
    desk.advance(60)
    dynamodb.get_item(table_name="tbl", key=item("a", 1))
    dynamodb.batch_get_item(request_items={"tbl": {"Keys": [item("b", 1)], "ConsistentRead": True}})
    dynamodb.delete_item(table_name="tbl", key=item("c", 7))
    found = rules(dynamodb)
    told = report(desk, found["PKC"], metrics=["UniqueContributors", "MaxContributorValue", "Sum", "SampleCount"])
    assert (told["KeyLabels"], told["AggregationStatistic"]) == (["PartitionKey"], "SUM")
    assert values(told) == {("b",): 4.0, ("a",): 2.5, ("c",): 1.0}
    assert [tuple(each["Keys"]) for each in told["Contributors"]] == [("b",), ("a",), ("c",)]
    assert (told["AggregateValue"], told["ApproximateUniqueCount"]) == (7.5, 3)
    assert told["Contributors"][1]["Datapoints"] == [
        {"Timestamp": NOON, "ApproximateValue": 2.0},
        {"Timestamp": NOON + 60, "ApproximateValue": 0.5},
    ]
    first, second = told["MetricDatapoints"]
    assert first == {
        "Timestamp": NOON, "UniqueContributors": 2.0, "MaxContributorValue": 3.0, "Sum": 5.0, "SampleCount": 3.0
    }  # fmt: skip
    assert second["Sum"] == 2.5
    both = report(desk, found["SKC"])
    assert values(both) == {("b", "1"): 4.0, ("a", "1"): 1.5, ("a", "2"): 1.0, ("c", "7"): 1.0}
    assert both["KeyLabels"] == ["PartitionKey", "SortKey"]
    assert values(report(desk, found["PKC"], max_contributor_count=1)) == {("b",): 4.0}
    assert values(report(desk, found["PKC"], period=3600, order_by="Maximum"))[("a",)] == 2.5
    assert "MetricDatapoints" not in both


def test_pages_share_what_they_take_and_indexes_have_their_own(desk: Any) -> None:
    dynamodb = make(desk)
    enable(dynamodb, index_name="by-other")
    dynamodb.put_item(table_name="tbl", item=item("a", 1, other="x"))
    dynamodb.put_item(table_name="tbl", item=item("a", 2))
    enable(dynamodb)
    dynamodb.query(
        table_name="tbl",
        key_condition_expression="id = :a",
        expression_attribute_values={":a": {"S": "a"}},
        consistent_read=True,
    )
    dynamodb.scan(table_name="tbl", index_name="by-other")
    assert values(report(desk, rules(dynamodb)["SKC"])) == {("a", "1"): 0.5, ("a", "2"): 0.5}
    assert values(report(desk, rules(dynamodb, index_name="by-other")["PKC"])) == {("x",): 1.5}


def test_throttled_keys_are_told(desk: Any) -> None:
    dynamodb = make(
        desk,
        billing_mode="PROVISIONED",
        provisioned_throughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        global_secondary_indexes=[
            {**INDEX, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}
        ],
    )
    enable(dynamodb, contributor_insights_mode="THROTTLED_KEYS")
    big = item("hot", 1, body="x" * 310_000)
    dynamodb.put_item(table_name="tbl", item=big)
    for _ in range(2):
        with pytest.raises(ProvisionedThroughputExceededException):
            dynamodb.put_item(table_name="tbl", item=item("hot", 1))
    with pytest.raises(ProvisionedThroughputExceededException):
        dynamodb.batch_write_item(request_items={"tbl": [{"PutRequest": {"Item": item("warm", 2)}}]})
    found = rules(dynamodb)
    told = report(desk, found["PKT"])
    assert (values(told), told["AggregationStatistic"]) == ({("hot",): 2.0, ("warm",): 1.0}, "COUNT")
    assert values(report(desk, found["SKT"])) == {("hot", "1"): 2.0, ("warm", "2"): 1.0}


def test_a_transaction_that_fails_is_not_told(desk: Any) -> None:
    dynamodb = make(desk)
    enable(dynamodb)
    check = {"TableName": "tbl", "Key": item("no", 1), "ConditionExpression": "attribute_exists(id)"}
    puts = [{"Put": {"TableName": "tbl", "Item": item("a", 1)}}]
    with pytest.raises(AWSError):
        dynamodb.transact_write_items(transact_items=[*puts, {"ConditionCheck": check}])
    dynamodb.transact_write_items(transact_items=puts)
    assert values(report(desk, rules(dynamodb)["PKC"])) == {("a",): 2.0}


def test_only_the_greatest_of_many_are_kept(desk: Any) -> None:
    dynamodb = make(desk)
    enable(dynamodb)
    for _ in range(3):
        dynamodb.get_item(table_name="tbl", key=item("often", 1))
    for number in range(1_100):
        dynamodb.get_item(table_name="tbl", key=item(f"k{number}", 1))
    told = report(desk, rules(dynamodb)["PKC"])
    assert values(told)[("often",)] == 1.5
    assert (told["AggregateValue"], told["ApproximateUniqueCount"]) == (551.5, 1_101)


def test_each_operation_is_judged(desk: Any) -> None:
    dynamodb = make(desk)
    enable(dynamodb)
    iam = desk.ask("iam")
    user = iam.create_user(user_name="ann")["User"]
    ann = Principal(kind="user", account=desk.account, arn=user["Arn"], name="ann", id=user["UserId"])

    def refused(service: str, operation: str, **given: Any) -> bool:
        try:
            getattr(desk.ask(service, ann), operation)(**given)
        except AWSError as error:
            return error.code in ("AccessDenied", "AccessDeniedException")
        return False

    rule = rules(dynamodb)["PKC"]
    table = {"table_name": "tbl"}
    index = {**table, "index_name": "by-other"}
    asked = {"rule_name": rule, "start_time": NOON, "end_time": NOON + 60, "period": 60}
    update = {"contributor_insights_action": "ENABLE"}
    assert refused("dynamodb", "describe_contributor_insights", **table)
    assert refused("cloudwatch", "get_insight_rule_report", **asked)
    allowed = [
        ("dynamodb:*ContributorInsights", f"arn:aws:dynamodb:*:{desk.account}:table/tbl"),
        ("cloudwatch:GetInsightRuleReport", "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"),
    ]
    statements = [{"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in allowed]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=document)
    assert not refused("dynamodb", "update_contributor_insights", **table, **update)
    assert refused("dynamodb", "update_contributor_insights", **index, **update)
    assert refused("dynamodb", "list_contributor_insights", **table)
    assert not refused("cloudwatch", "get_insight_rule_report", **asked)
    assert refused("cloudwatch", "describe_insight_rules")
