"""Scalable targets and policies in templates, as the CDK and SAM write them."""

from __future__ import annotations

import json
from typing import Any

from .conftest import Scaled


def deploy(scaled: Scaled, operation: str, least: int, aim: Any, **more: Any) -> dict[str, Any]:
    resources = {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "dynamodb",
                "ResourceId": "table/tea",
                "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
                "MinCapacity": str(least),
                "MaxCapacity": 50,
                "RoleARN": {
                    "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/aws-service-role/"
                    "dynamodb.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
                },
                **more,
            },
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "follow",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": aim,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
                },
            },
        },
    }
    outputs = {"Target": {"Value": {"Ref": "Target"}}, "Policy": {"Value": {"Ref": "Policy"}}}
    cfn = scaled.desk.ask("cloudformation")
    getattr(cfn, operation)(stack_name="s", template_body=json.dumps({"Resources": resources, "Outputs": outputs}))
    scaled.desk.settle()
    found: dict[str, Any] = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    return found


def test_targets_and_policies_are_made_changed_and_deleted(scaled: Scaled) -> None:
    night = {
        "ScheduledActionName": "night",
        "Schedule": "cron(0 22 * * ? *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": "1"},
    }
    stack = deploy(scaled, "create_stack", 6, "50", ScheduledActions=[night], Tags=[{"Key": "a", "Value": "b"}])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["Target"] == "table/tea|dynamodb:table:WriteCapacityUnits|dynamodb"
    assert outputs["Policy"].endswith(":resource/dynamodb/table/tea:policyName/follow")
    assert scaled.units() == 6
    (target,) = scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]
    tags = scaled.scaling.list_tags_for_resource(resource_arn=target["ScalableTargetARN"])["Tags"]
    assert tags["a"] == "b"
    (action,) = scaled.scaling.describe_scheduled_actions(service_namespace="dynamodb")["ScheduledActions"]
    assert (action["Timezone"], action["ScalableTargetAction"]) == ("Europe/Berlin", {"MinCapacity": 1})
    assert deploy(scaled, "update_stack", 7, 60)["StackStatus"] == "UPDATE_COMPLETE"
    assert scaled.units() == 7
    (policy,) = scaled.scaling.describe_scaling_policies(service_namespace="dynamodb")["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 60.0
    assert scaled.scaling.describe_scheduled_actions(service_namespace="dynamodb")["ScheduledActions"] == []
    scaled.desk.ask("cloudformation").delete_stack(stack_name="s")
    scaled.desk.settle()
    assert scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"] == []
    assert scaled.cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_a_target_that_somebody_has_registered_is_not_taken_over(scaled: Scaled) -> None:
    scaled.register()
    assert deploy(scaled, "create_stack", 6, 50)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = scaled.desk.ask("cloudformation").describe_stack_events(stack_name="s")["StackEvents"]
    assert any("dynamodb already exists" in each.get("ResourceStatusReason", "") for each in events)
    assert len(scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]) == 1
