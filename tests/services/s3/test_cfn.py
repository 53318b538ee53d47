"""AWS::S3::* in a stack: CDK's bootstrap bucket, changed, refused, deleted."""

import json
from typing import Any

import pytest

from skyjar.services.s3 import errors

BOOTSTRAP: dict[str, Any] = {
    "VersioningConfiguration": {"Status": "Enabled"},
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
    },
    "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    },
    "LifecycleConfiguration": {
        "Rules": [
            {"Id": "Old", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
            {"Id": "Parts", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        ]
    },
}


def template(**properties: Any) -> str:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NoOldTLS",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [{"Fn::Sub": "${Bucket.Arn}"}, {"Fn::Sub": "${Bucket.Arn}/*"}],
                "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
            }
        ],
    }
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document},
        },
    }
    outputs = {
        "Name": {"Value": {"Ref": "Bucket"}},
        "Domain": {"Value": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def stack(desk: Any) -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("cloudformation").describe_stacks(stack_name="s")["Stacks"][0]
    return found


def outputs(desk: Any) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack(desk)["Outputs"]}


def test_the_bootstrap_bucket(desk: Any) -> None:
    cfn, s3 = desk.ask("cloudformation"), desk.ask("s3")
    cfn.create_stack(stack_name="s", template_body=template(**BOOTSTRAP))
    desk.settle()
    name = outputs(desk)["Name"]
    assert name.startswith("s-bucket-")
    assert outputs(desk)["Domain"] == f"{name}.s3.us-east-1.amazonaws.com"
    assert s3.get_bucket_versioning(bucket=name) == {"Status": "Enabled"}
    assert [rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(bucket=name)["Rules"]] == ["Old", "Parts"]
    made = s3.put_object(bucket=name, key="asset.zip", body=b"zip", server_side_encryption="aws:kms")
    assert made["ServerSideEncryption"] == "aws:kms"
    assert "NoOldTLS" in s3.get_bucket_policy(bucket=name)["Policy"]

    changed = template(**{**BOOTSTRAP, "Tags": [{"Key": "a", "Value": "b"}]})
    cfn.update_stack(stack_name="s", template_body=changed)
    desk.settle()
    assert {"Key": "a", "Value": "b"} in s3.get_bucket_tagging(bucket=name)["TagSet"]

    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert stack(desk)["StackStatus"] == "DELETE_FAILED"
    s3.delete_object(bucket=name, key="asset.zip", version_id=made["VersionId"])
    cfn.delete_stack(stack_name="s")
    desk.settle()
    with pytest.raises(errors.NoSuchBucket):
        s3.head_bucket(bucket=name)


def test_a_property_that_is_not_there_fails_by_name(desk: Any) -> None:
    cfn = desk.ask("cloudformation")
    properties = template(WebsiteConfiguration={"IndexDocument": "index.html"})
    cfn.create_stack(stack_name="s", template_body=properties)
    desk.settle()
    reasons = [
        each.get("ResourceStatusReason", "") for each in cfn.describe_stack_events(stack_name="s")["StackEvents"]
    ]
    assert any("WebsiteConfiguration" in reason for reason in reasons)
