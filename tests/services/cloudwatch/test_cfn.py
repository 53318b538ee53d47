"""Alarms and dashboards in templates."""

from __future__ import annotations

import json
from typing import Any

ALARM = {
    "Namespace": "App", "MetricName": "m", "Statistic": "Sum", "Period": "60", "EvaluationPeriods": 1, "Threshold": "5",
    "ComparisonOperator": "GreaterThanThreshold", "Dimensions": [{"Name": "a", "Value": "b"}], "OKActions": [],
}  # fmt: skip
BODY = json.dumps({"widgets": []})


def deploy(desk: Any, operation: str, resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    cfn = desk.ask("cloudformation")
    getattr(cfn, operation)(stack_name="s", template_body=json.dumps({"Resources": resources, **more}))
    desk.settle()
    found: dict[str, Any] = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    return found


def test_alarms_and_dashboards_are_made_changed_and_deleted(desk: Any) -> None:
    resources: dict[str, Any] = {
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM},
        "Whole": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {"AlarmName": "whole", "AlarmRule": {"Fn::Sub": 'ALARM("${Alarm}")'}},
        },
        "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": "d", "DashboardBody": BODY}},
    }
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Alarm", "Arn"]}}}
    stack = deploy(desk, "create_stack", resources, Outputs=outputs)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    cloudwatch = desk.ask("cloudwatch")
    alarm = cloudwatch.describe_alarms()["MetricAlarms"][0]
    assert (alarm["Threshold"], alarm["Period"], alarm["AlarmArn"]) == (5.0, 60, stack["Outputs"][0]["OutputValue"])
    assert cloudwatch.describe_alarms(alarm_types=["CompositeAlarm"])["CompositeAlarms"][0]["AlarmName"] == "whole"
    assert cloudwatch.get_dashboard(dashboard_name="d")["DashboardBody"] == BODY
    resources["Alarm"]["Properties"] = {**ALARM, "Threshold": 7, "Tags": [{"Key": "k", "Value": "v"}]}
    assert deploy(desk, "update_stack", resources)["StackStatus"] == "UPDATE_COMPLETE"
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["Threshold"] == 7.0
    tags = cloudwatch.list_tags_for_resource(resource_arn=alarm["AlarmArn"])["Tags"]
    assert {"Key": "k", "Value": "v"} in tags
    desk.ask("cloudformation").delete_stack(stack_name="s")
    desk.settle()
    assert cloudwatch.describe_alarms(alarm_types=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


def test_what_an_alarm_cannot_do_here_fails_the_stack(desk: Any) -> None:
    resources = {
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {**ALARM, "WarmUpConfiguration": {}}},
    }
    assert deploy(desk, "create_stack", resources)["StackStatus"] == "ROLLBACK_COMPLETE"
