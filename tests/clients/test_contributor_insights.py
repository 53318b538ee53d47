"""Contributor insights of DynamoDB, read from CloudWatch with boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.client


def test_the_most_used_keys_of_a_table_are_reported(account: Any) -> None:
    dynamodb, cloudwatch = account.client("dynamodb"), account.client("cloudwatch")
    dynamodb.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.update_contributor_insights(TableName="orders", ContributorInsightsAction="ENABLE")
    for name in ("hot", "hot", "cold"):
        dynamodb.put_item(TableName="orders", Item={"id": {"S": name}})
    shown = dynamodb.describe_contributor_insights(TableName="orders")
    assert shown["ContributorInsightsStatus"] == "ENABLED"
    assert shown["LastUpdateDateTime"].tzinfo is not None
    rules = shown["ContributorInsightsRuleList"]
    assert [each.split("-")[1] for each in rules] == ["PKC", "PKT"]
    assert [each["Name"] for each in cloudwatch.describe_insight_rules()["InsightRules"]] == rules
    now = datetime.now(UTC)
    report = cloudwatch.get_insight_rule_report(
        RuleName=rules[0], StartTime=now - timedelta(minutes=10), EndTime=now + timedelta(minutes=2), Period=60,
        Metrics=["Sum"],
    )  # fmt: skip
    found = [(each["Keys"], each["ApproximateAggregateValue"]) for each in report["Contributors"]]
    assert found == [(["hot"], 2.0), (["cold"], 1.0)]
    assert sum(each["Sum"] for each in report["MetricDatapoints"]) == report["AggregateValue"] == 3.0
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.get_insight_rule_report(RuleName="none", StartTime=now - timedelta(1), EndTime=now, Period=60)
