"""AWS::CloudTrail::Trail in a stack."""

import json
from typing import Any


def template(account: str, **properties: Any) -> str:
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::logs", f"arn:aws:s3:::logs/AWSLogs/{account}/*"],
        }
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    return json.dumps(
        {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "logs"}},
                "Policy": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": policy},
                },
                "Trail": {
                    "Type": "AWS::CloudTrail::Trail",
                    "DependsOn": "Policy",
                    "Properties": {"S3BucketName": {"Ref": "Bucket"}, "TrailName": "audit", **properties},
                },
            },
            "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Trail", "Arn"]}}},
        }
    )


def test_a_trail_in_a_stack(desk: Any) -> None:
    cfn, cloudtrail = desk.ask("cloudformation"), desk.ask("cloudtrail")
    selectors = [
        {
            "IncludeManagementEvents": "true",
            "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
        }
    ]
    cfn.create_stack(
        stack_name="s",
        template_body=template(
            desk.account, IsLogging=True, EventSelectors=selectors, Tags=[{"Key": "a", "Value": "1"}]
        ),
    )
    desk.settle()
    stack = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    arn = f"arn:aws:cloudtrail:us-east-1:{desk.account}:trail/audit"
    assert stack["Outputs"][0]["OutputValue"] == arn
    assert cloudtrail.get_trail_status(name="audit")["IsLogging"] is True
    assert cloudtrail.get_event_selectors(trail_name="audit")["EventSelectors"][0]["IncludeManagementEvents"] is True
    cfn.update_stack(
        stack_name="s", template_body=template(desk.account, IsLogging=False, IsMultiRegionTrail=True, S3KeyPrefix="p")
    )
    desk.settle()
    assert (
        cfn.describe_stacks(stack_name="s")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    )  # no p/ in the policy
    cfn.update_stack(stack_name="s", template_body=template(desk.account, IsLogging=False, IsMultiRegionTrail=True))
    desk.settle()
    assert cloudtrail.get_trail_status(name="audit")["IsLogging"] is False
    assert cloudtrail.get_trail(name="audit")["Trail"]["IsMultiRegionTrail"] is True
    assert cloudtrail.list_tags(resource_id_list=[arn])["ResourceTagList"][0]["TagsList"] == []
