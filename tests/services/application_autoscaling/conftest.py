"""A provisioned table that can be scaled."""

from __future__ import annotations

from typing import Any

import pytest

WRITE = {
    "service_namespace": "dynamodb",
    "resource_id": "table/tea",
    "scalable_dimension": "dynamodb:table:WriteCapacityUnits",
}
UTILIZATION = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}}


class Scaled:
    """The table `t` with an index `i`, and how it stands."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.dynamodb = desk.ask("dynamodb")
        self.scaling = desk.ask("application-autoscaling")
        self.cloudwatch = desk.ask("cloudwatch")
        units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
        self.dynamodb.create_table(
            table_name="tea",
            key_schema=[{"AttributeName": "k", "KeyType": "HASH"}],
            attribute_definitions=[
                {"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "o", "AttributeType": "S"},
            ],
            provisioned_throughput=units,
            global_secondary_indexes=[
                {
                    "IndexName": "own",
                    "KeySchema": [{"AttributeName": "o", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                    "ProvisionedThroughput": units,
                }
            ],
        )  # fmt: skip
        desk.settle()

    def register(self, least: int = 2, most: int = 50, **more: Any) -> str:
        found = self.scaling.register_scalable_target(**(WRITE | more), min_capacity=least, max_capacity=most)
        self.desk.settle()
        return str(found["ScalableTargetARN"])

    def track(self, aim: float = 70.0, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.scaling.put_scaling_policy(
            policy_name="follow",
            policy_type="TargetTrackingScaling",
            **WRITE,
            target_tracking_scaling_policy_configuration={"TargetValue": aim, **UTILIZATION, **more},
        )
        return found

    def units(self, index: bool = False) -> int:
        table = self.dynamodb.describe_table(table_name="tea")["Table"]
        what = table["GlobalSecondaryIndexes"][0] if index else table
        return int(what["ProvisionedThroughput"]["WriteCapacityUnits"])

    def write(self, per_minute: int, minutes: int) -> None:
        """This many units in each minute."""
        for _ in range(minutes):
            for number in range(per_minute):
                self.dynamodb.put_item(table_name="tea", item={"k": {"S": str(number)}})
            self.desk.advance(60)

    def activities(self, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.scaling.describe_scaling_activities(service_namespace="dynamodb", **more)[
            "ScalingActivities"
        ]
        return found


@pytest.fixture
def scaled(desk: Any) -> Scaled:
    return Scaled(desk)
