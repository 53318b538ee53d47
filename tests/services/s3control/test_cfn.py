"""AWS::S3::AccessPoint in a stack."""

from __future__ import annotations

import json
from typing import Any


def template(policy: dict[str, Any] | None) -> str:
    point: dict[str, Any] = {"Bucket": {"Ref": "Bucket"}, "Name": "front"}
    if policy is not None:
        point["Policy"] = policy
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "first"}},
        "Point": {"Type": "AWS::S3::AccessPoint", "Properties": point},
    }
    outputs = {
        "Name": {"Value": {"Ref": "Point"}},
        "Alias": {"Value": {"Fn::GetAtt": ["Point", "Alias"]}},
        "Origin": {"Value": {"Fn::GetAtt": ["Point", "NetworkOrigin"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_made_given_a_policy_and_deleted(desk: Any) -> None:
    cfn, control = desk.ask("cloudformation"), desk.ask("s3control")
    cfn.create_stack(stack_name="s", template_body=template(None))
    desk.settle()
    (stack,) = cfn.describe_stacks(stack_name="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    told = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    shown = control.get_access_point(account_id=desk.account, name="front")
    assert told == {"Name": "front", "Alias": shown["Alias"], "Origin": "Internet"}
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:us-east-1:{desk.account}:accesspoint/front/object/*",
    }
    cfn.update_stack(stack_name="s", template_body=template({"Version": "2012-10-17", "Statement": [statement]}))
    desk.settle()
    kept = control.get_access_point_policy(account_id=desk.account, name="front")["Policy"]
    assert json.loads(kept)["Statement"] == [statement]
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert control.list_access_points(account_id=desk.account) == {"AccessPointList": []}
