"""Scalable targets, their bounds, tags, roles and judgement."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from skyjar.kernel.principals import Principal

from .conftest import WRITE, Scaled

ACCOUNT = "111122223333"
ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)


def refused(operation: Any, **given: Any) -> str:
    with pytest.raises(Exception) as caught:
        operation(**given)
    return f"{caught.value.code}: {caught.value.message}"  # type: ignore[attr-defined]


def test_registered_described_and_deregistered(scaled: Scaled) -> None:
    arn = scaled.register(2, 9)
    (shown,) = scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"], shown["RoleARN"]) == (2, 9, ROLE)
    assert shown["ScalableTargetARN"] == arn
    assert shown["SuspendedState"] == {
        "DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False,
    }  # fmt: skip
    scaled.scaling.register_scalable_target(**WRITE, max_capacity=20)
    (shown,) = scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"], shown["ScalableTargetARN"]) == (2, 20, arn)
    scaled.track()
    scaled.scaling.deregister_scalable_target(**WRITE)
    assert scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"] == []
    assert scaled.cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert "No scalable target found for service namespace: dynamodb" in refused(
        scaled.scaling.deregister_scalable_target, **WRITE
    )


def test_capacity_comes_between_the_bounds(scaled: Scaled) -> None:
    scaled.register(8, 20)
    assert scaled.units() == 8
    assert scaled.activities()[0]["Cause"] == "minimum capacity was set to 8"
    scaled.register(1, 3)
    assert scaled.units() == 3
    assert scaled.activities()[0]["Cause"] == "maximum capacity was set to 3"
    scaled.register(7, 9, resource_id="table/tea/index/own", scalable_dimension="dynamodb:index:WriteCapacityUnits")
    assert (scaled.units(index=True), scaled.units()) == (7, 3)


def test_what_the_table_refuses_is_a_failed_activity(scaled: Scaled) -> None:
    scaled.register()
    scaled.dynamodb.update_table(table_name="tea", billing_mode="PAY_PER_REQUEST")
    scaled.desk.settle()
    scaled.register(4, 9)
    failed = scaled.activities()[0]
    assert failed["StatusCode"] == "Failed"
    assert "Error Code: ValidationException" in failed["StatusMessage"]


def test_what_cannot_be_registered(scaled: Scaled) -> None:
    register = scaled.scaling.register_scalable_target
    bounds = {"min_capacity": 1, "max_capacity": 2}
    assert refused(register, **(WRITE | {"resource_id": "table/none"}), **bounds) == (
        "ValidationException: DynamoDB table does not exist: table/none"
    )
    unsupported = "ValidationException: Unsupported service namespace, resource type or scalable dimension"
    assert refused(register, **(WRITE | {"resource_id": "tea"}), **bounds) == unsupported
    assert refused(register, **(WRITE | {"service_namespace": "ecs"}), **bounds) == unsupported
    lesser = "ValidationException: Maximum capacity cannot be less than minimum capacity"
    assert refused(register, **WRITE, min_capacity=3, max_capacity=2) == lesser
    assert refused(register, **WRITE, min_capacity=3).startswith("ValidationException: Minimum capacity and maximum")
    other = {
        "service_namespace": "ecs",
        "resource_id": "service/a/b",
        "scalable_dimension": "ecs:service:DesiredCount",
    }
    assert refused(register, **other, **bounds).startswith("NotImplemented")


def test_tags(scaled: Scaled) -> None:
    arn = scaled.scaling.register_scalable_target(**WRITE, min_capacity=1, max_capacity=9, tags={"team": "a"})[
        "ScalableTargetARN"
    ]
    scaled.scaling.tag_resource(resource_arn=arn, tags={"cost": "b"})
    scaled.scaling.untag_resource(resource_arn=arn, tag_keys=["team"])
    assert scaled.scaling.list_tags_for_resource(resource_arn=arn)["Tags"] == {"cost": "b"}
    assert refused(scaled.scaling.list_tags_for_resource, resource_arn=arn[:-3]).startswith("ResourceNotFoundException")


def test_the_linked_role_is_made_on_first_use(scaled: Scaled) -> None:
    iam = scaled.desk.ask("iam")
    name = ROLE.rpartition("/")[2]
    assert refused(iam.get_role, role_name=name).startswith("NoSuchEntity")
    scaled.register()
    assert iam.get_role(role_name=name)["Role"]["Arn"] == ROLE


def user(desk: Any, *statements: dict[str, Any]) -> Principal:
    iam = desk.ask("iam")
    made = iam.create_user(user_name="u")["User"]
    document = orjson.dumps({"Version": "2012-10-17", "Statement": list(statements)}).decode()
    iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)
    return Principal(kind="user", account=ACCOUNT, arn=made["Arn"], id=made["UserId"], name="u")


def test_the_caller_must_be_able_to_scale_by_itself(scaled: Scaled) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": ["application-autoscaling:RegisterScalableTarget", "iam:CreateServiceLinkedRole"],
        "Resource": "*",
    }
    caller = user(scaled.desk, allowed)
    asked = scaled.desk.ask("application-autoscaling", caller)
    given = {**WRITE, "min_capacity": 1, "max_capacity": 2}
    assert refused(asked.register_scalable_target, **given) == (
        "ValidationException: User is missing the following permissions: dynamodb:DescribeTable, dynamodb:UpdateTable"
    )
    assert refused(asked.put_scaling_policy, **WRITE, policy_name="p").startswith("AccessDeniedException")


def test_a_policy_may_name_the_dimension(scaled: Scaled) -> None:
    dimension = {"application-autoscaling:scalable-dimension": "dynamodb:table:ReadCapacityUnits"}
    allowed = {
        "Effect": "Allow",
        "Action": ["application-autoscaling:*"],
        "Resource": "*",
        "Condition": {"StringEquals": dimension},
    }
    rest = {"Effect": "Allow", "Action": ["dynamodb:*", "iam:CreateServiceLinkedRole"], "Resource": "*"}
    asked = scaled.desk.ask("application-autoscaling", user(scaled.desk, allowed, rest))
    bounds = {"min_capacity": 1, "max_capacity": 9}
    assert refused(asked.register_scalable_target, **WRITE, **bounds).startswith("AccessDeniedException")
    read = WRITE | {"scalable_dimension": "dynamodb:table:ReadCapacityUnits"}
    assert asked.register_scalable_target(**read, **bounds)["ScalableTargetARN"]


def test_a_role_that_may_no_more_fails_the_activity(scaled: Scaled) -> None:
    """The linked role is judged: a denial by the table stops it."""
    scaled.register()
    arn = scaled.dynamodb.describe_table(table_name="tea")["Table"]["TableArn"]
    denied = {
        "Effect": "Deny", "Principal": "*", "Action": "dynamodb:UpdateTable", "Resource": arn,
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-service-role/*"}},
    }  # fmt: skip
    document = orjson.dumps({"Version": "2012-10-17", "Statement": [denied]}).decode()
    scaled.dynamodb.put_resource_policy(resource_arn=arn, policy=document)
    scaled.register(9, 10)
    failed = scaled.activities()[0]
    assert (failed["StatusCode"], scaled.units()) == ("Failed", 5)
    assert "AccessDeniedException" in failed["StatusMessage"]


def test_a_role_of_ones_own_must_be_passed(scaled: Scaled) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": ["application-autoscaling:*", "dynamodb:*", "iam:CreateServiceLinkedRole"],
        "Resource": "*",
    }
    asked = scaled.desk.ask("application-autoscaling", user(scaled.desk, allowed))
    given = {**WRITE, "min_capacity": 1, "max_capacity": 9}
    own = f"arn:aws:iam::{ACCOUNT}:role/own"
    assert "iam:PassRole" in refused(asked.register_scalable_target, **given, role_arn=own)
    foreign = refused(scaled.scaling.register_scalable_target, **given, role_arn=own.replace(ACCOUNT, "999999999999"))
    assert foreign == "AccessDeniedException: Cross-account pass role is not allowed."
    asked.register_scalable_target(**given, role_arn=ROLE)
    (shown,) = scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]
    assert shown["RoleARN"] == ROLE


def test_pages(scaled: Scaled) -> None:
    scaled.register()
    scaled.register(scalable_dimension="dynamodb:table:ReadCapacityUnits")
    first = scaled.scaling.describe_scalable_targets(service_namespace="dynamodb", max_results=1)
    rest = scaled.scaling.describe_scalable_targets(
        service_namespace="dynamodb", max_results=1, next_token=first["NextToken"]
    )
    assert len(first["ScalableTargets"]) == len(rest["ScalableTargets"]) == 1
    assert "NextToken" not in rest
    assert refused(
        scaled.scaling.describe_scalable_targets, service_namespace="dynamodb", next_token="nonsense"
    ).startswith("InvalidNextTokenException")


def test_an_activity_is_in_progress_while_the_table_takes_its_time(scaled: Scaled) -> None:
    scaled.desk.pipeline.behaviour.has_aws_timing = True
    scaled.register(9, 20)
    (activity,) = scaled.activities()
    assert (activity["StatusCode"], activity["StatusMessage"]) == (
        "InProgress",
        "Successfully set write capacity units to 9. Waiting for change to be fulfilled by dynamodb.",
    )
    assert "EndTime" not in activity
    scaled.desk.advance(30)
    (activity,) = scaled.activities()
    assert activity["StatusCode"] == "Successful"
    assert activity["EndTime"] - activity["StartTime"] >= 10


def test_a_table_that_is_gone_costs_nothing_more(scaled: Scaled) -> None:
    scaled.register()
    scaled.track()
    scaled.write(280, 1)
    scaled.dynamodb.delete_table(table_name="tea")
    scaled.desk.settle()
    scaled.desk.pipeline.metrics.flush()
    runner, now = scaled.desk.pipeline.runner, scaled.desk.clock.now()
    moments = scaled.desk.loop.run_until_complete(runner.advance(now + 30 * 86_400))
    assert moments < 400
    assert scaled.scaling.describe_scaling_policies(service_namespace="dynamodb")["ScalingPolicies"]
