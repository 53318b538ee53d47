"""AWS::S3::AccessPoint, MultiRegionAccessPoint and MultiRegionAccessPointPolicy in a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest


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


def multi_region(policy_effect: str = "", **more: Any) -> str:
    resources: dict[str, Any] = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "first"}},
        "Point": {
            "Type": "AWS::S3::MultiRegionAccessPoint",
            "Properties": {"Name": "everywhere", "Regions": [{"Bucket": {"Ref": "Bucket"}}], **more},
        },
    }
    if policy_effect:
        alias = {"Fn::GetAtt": ["Point", "Alias"]}
        arn = {"Fn::Sub": ["arn:aws:s3::${AWS::AccountId}:accesspoint/${Alias}/object/*", {"Alias": alias}]}
        statement = {"Effect": policy_effect, "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "s3:GetObject",
                     "Resource": arn}  # fmt: skip
        document = {"Version": "2012-10-17", "Statement": [statement]}
        resources["Policy"] = {
            "Type": "AWS::S3::MultiRegionAccessPointPolicy",
            "Properties": {"MrapName": {"Ref": "Point"}, "Policy": document},
        }
    outputs = {
        "Name": {"Value": {"Ref": "Point"}},
        "Alias": {"Value": {"Fn::GetAtt": ["Point", "Alias"]}},
        "CreatedAt": {"Value": {"Fn::GetAtt": ["Point", "CreatedAt"]}},
    }
    if policy_effect:
        outputs["Public"] = {"Value": {"Fn::GetAtt": ["Policy", "PolicyStatus.IsPublic"]}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.mark.parametrize("has_aws_timing", [False, True])
def test_a_multi_region_access_point_and_its_policy(desk: Any, has_aws_timing: bool) -> None:
    desk.pipeline.inside.behaviour.has_aws_timing = has_aws_timing
    cfn, control = desk.ask("cloudformation"), desk.ask("s3control", region="us-west-2")

    def status() -> str:
        desk.settle()
        if has_aws_timing:
            assert control.list_multi_region_access_points(account_id=desk.account)["AccessPoints"]
            desk.advance(700)
        (stack,) = cfn.describe_stacks(stack_name="s")["Stacks"]
        told.clear()
        told.update({each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})
        return str(stack["StackStatus"])

    told: dict[str, str] = {}
    cfn.create_stack(stack_name="s", template_body=multi_region("Allow"))
    assert status() == "CREATE_COMPLETE"
    shown = control.get_multi_region_access_point(account_id=desk.account, name="everywhere")["AccessPoint"]
    assert (shown["Status"], all(shown["PublicAccessBlock"].values())) == ("READY", True)
    assert told == {
        "Name": "everywhere", "Alias": shown["Alias"], "CreatedAt": "2027-01-15T08:00:00Z", "Public": "false"
    }  # fmt: skip
    cfn.update_stack(stack_name="s", template_body=multi_region("Deny"))
    assert status() == "UPDATE_COMPLETE"
    held = control.get_multi_region_access_point_policy(account_id=desk.account, name="everywhere")["Policy"]
    assert json.loads(held["Established"]["Policy"])["Statement"][0]["Effect"] == "Deny"
    cfn.delete_stack(stack_name="s")
    desk.settle()
    desk.advance(700)
    assert control.list_multi_region_access_points(account_id=desk.account) == {"AccessPoints": []}


def test_what_a_request_fails_with_fails_the_stack(desk: Any) -> None:
    cfn = desk.ask("cloudformation")
    wrong = multi_region(Regions=[{"Bucket": "absent"}])
    cfn.create_stack(stack_name="s", template_body=wrong)
    desk.settle()
    (stack,) = cfn.describe_stacks(stack_name="s")["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [
        each.get("ResourceStatusReason", "") for each in cfn.describe_stack_events(stack_name="s")["StackEvents"]
    ]
    assert any("The specified bucket does not exist" in reason for reason in reasons), reasons
