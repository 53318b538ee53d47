"""AWS::S3::* in a stack: CDK's bootstrap bucket, changed, refused, deleted."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
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
    properties = template(MetadataTableConfiguration={"S3TablesDestination": {}})
    cfn.create_stack(stack_name="s", template_body=properties)
    desk.settle()
    reasons = [
        each.get("ResourceStatusReason", "") for each in cfn.describe_stack_events(stack_name="s")["StackEvents"]
    ]
    assert any("MetadataTableConfiguration" in reason for reason in reasons)


def test_every_setting_is_made_changed_and_taken_away(desk: Any) -> None:
    cfn, s3 = desk.ask("cloudformation"), desk.ask("s3")
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:told"
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    desk.ask("sqs").create_queue(queue_name="told", attributes={"Policy": policy})
    trust = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trusted = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = desk.ask("iam").create_role(role_name="r", assume_role_policy_document=trusted)["Role"]["Arn"]
    s3.create_bucket(bucket="copies")
    s3.put_bucket_versioning(bucket="copies", versioning_configuration={"Status": "Enabled"})
    name = "every-setting"
    moved = {"StorageClass": "GLACIER", "TransitionInDays": 1}
    properties: dict[str, Any] = {
        "BucketName": name,
        "VersioningConfiguration": {"Status": "Enabled"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": False},
        "AccessControl": "PublicRead",
        "WebsiteConfiguration": {
            "IndexDocument": "index.html",
            "ErrorDocument": "error.html",
            "RoutingRules": [
                {
                    "RoutingRuleCondition": {"HttpErrorCodeReturnedEquals": 404},
                    "RedirectRule": {"HttpRedirectCode": 302, "ReplaceKeyWith": "x"},
                }
            ],
        },
        "NotificationConfiguration": {
            "QueueConfigurations": [
                {
                    "Event": "s3:ObjectCreated:*",
                    "Queue": arn,
                    "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
                }
            ]
        },
        "AccelerateConfiguration": {"AccelerationStatus": "Enabled"},
        "LoggingConfiguration": {"DestinationBucketName": "copies", "LogFilePrefix": "l/"},
        "LifecycleConfiguration": {
            "Rules": [{"Id": "a", "Status": "Enabled", "Transitions": [moved], "ExpirationInDays": 9}]
        },
        "ReplicationConfiguration": {
            "Role": role,
            "Rules": [
                {
                    "Id": "r",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"TagFilter": {"Key": "a", "Value": "b"}},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::copies"},
                }
            ],
        },
    }
    bucket = {"Type": "AWS::S3::Bucket", "Properties": properties}
    cfn.create_stack(stack_name="s", template_body=json.dumps({"Resources": {"Bucket": bucket}}))
    desk.settle()
    assert stack(desk)["StackStatus"] == "CREATE_COMPLETE"
    assert len(s3.get_bucket_acl(bucket=name)["Grants"]) == 2
    website = s3.get_bucket_website(bucket=name)
    assert website["RoutingRules"][0]["Condition"] == {"HttpErrorCodeReturnedEquals": "404"}
    (queue,) = s3.get_bucket_notification_configuration(bucket=name)["QueueConfigurations"]
    assert (queue["QueueArn"], queue["Events"]) == (arn, ["s3:ObjectCreated:*"])
    assert s3.get_bucket_accelerate_configuration(bucket=name) == {"Status": "Enabled"}
    logged = {"TargetBucket": "copies", "TargetPrefix": "l/"}
    assert s3.get_bucket_logging(bucket=name) == {"LoggingEnabled": logged}
    (rule,) = s3.get_bucket_lifecycle_configuration(bucket=name)["Rules"]
    assert rule["Transitions"] == [{"StorageClass": "GLACIER", "Days": 1}]
    (copying,) = s3.get_bucket_replication(bucket=name)["ReplicationConfiguration"]["Rules"]
    assert copying["Filter"] == {"Tag": {"Key": "a", "Value": "b"}}

    bare = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": name, "OwnershipControls": properties["OwnershipControls"]},
    }
    cfn.update_stack(stack_name="s", template_body=json.dumps({"Resources": {"Bucket": bare}}))
    desk.settle()
    assert stack(desk)["StackStatus"] == "UPDATE_COMPLETE"
    assert len(s3.get_bucket_acl(bucket=name)["Grants"]) == 1
    assert s3.get_bucket_notification_configuration(bucket=name) == {}
    assert s3.get_bucket_accelerate_configuration(bucket=name) == {"Status": "Suspended"}
    assert s3.get_bucket_versioning(bucket=name) == {"Status": "Suspended"}
    assert s3.get_bucket_logging(bucket=name) == {}
    for gone in (s3.get_bucket_website, s3.get_bucket_lifecycle_configuration, s3.get_bucket_replication):
        with pytest.raises(AWSError):
            gone(bucket=name)


def test_a_locked_bucket(desk: Any) -> None:
    properties = {
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}},
        },
    }
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=template(**properties))
    desk.settle()
    found = desk.ask("s3").get_object_lock_configuration(bucket=outputs(desk)["Name"])["ObjectLockConfiguration"]
    assert found["Rule"] == {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}


def test_configurations_with_an_id_come_change_and_go(desk: Any) -> None:
    cfn, s3 = desk.ask("cloudformation"), desk.ask("s3")
    tag = {"Key": "k", "Value": "v"}
    there = {"BucketArn": "arn:aws:s3:::reports", "Format": "CSV", "Prefix": "p", "BucketAccountId": desk.account}
    lists: dict[str, Any] = {
        "MetricsConfigurations": [{"Id": "all"}, {"Id": "in", "Prefix": "in/"}, {"Id": "both", "Prefix": "in/", "TagFilters": [tag]}],
        "AnalyticsConfigurations": [
            {"Id": "a", "TagFilters": [tag], "StorageClassAnalysis": {
                "DataExport": {"OutputSchemaVersion": "V_1", "Destination": there}}}
        ],
        "InventoryConfigurations": [
            {"Id": "i", "Enabled": "true", "IncludedObjectVersions": "Current", "ScheduleFrequency": "Weekly",
             "Prefix": "in/", "OptionalFields": ["Size"], "Destination": there}
        ],
        "IntelligentTieringConfigurations": [
            {"Id": "t", "Status": "Enabled", "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": "90"}]}
        ],
    }  # fmt: skip
    cfn.create_stack(stack_name="s", template_body=template(**lists))
    desk.settle()
    name = outputs(desk)["Name"]
    assert s3.list_bucket_metrics_configurations(bucket=name)["MetricsConfigurationList"] == [
        {"Id": "all"},
        {"Id": "both", "Filter": {"And": {"Prefix": "in/", "Tags": [tag]}}},
        {"Id": "in", "Filter": {"Prefix": "in/"}},
    ]
    target = {"Bucket": "arn:aws:s3:::reports", "Format": "CSV", "Prefix": "p"}
    analysis = s3.get_bucket_analytics_configuration(bucket=name, id="a")["AnalyticsConfiguration"]
    assert analysis["Filter"] == {"Tag": tag}
    assert analysis["StorageClassAnalysis"]["DataExport"]["Destination"] == {
        "S3BucketDestination": {**target, "BucketAccountId": desk.account}
    }
    assert s3.get_bucket_inventory_configuration(bucket=name, id="i")["InventoryConfiguration"] == {
        "Id": "i", "IsEnabled": True, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Weekly"},
        "Filter": {"Prefix": "in/"}, "OptionalFields": ["Size"],
        "Destination": {"S3BucketDestination": {**target, "AccountId": desk.account}},
    }  # fmt: skip
    tiering = s3.get_bucket_intelligent_tiering_configuration(bucket=name, id="t")["IntelligentTieringConfiguration"]
    assert tiering["Tierings"] == [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}]
    changed = {"MetricsConfigurations": [{"Id": "all"}, {"Id": "in", "Prefix": "other/"}]}
    cfn.update_stack(stack_name="s", template_body=template(**changed))
    desk.settle()
    assert s3.list_bucket_metrics_configurations(bucket=name)["MetricsConfigurationList"] == [
        {"Id": "all"},
        {"Id": "in", "Filter": {"Prefix": "other/"}},
    ]
    for noun, member in (("analytics", "Analytics"), ("inventory", "Inventory"),
                         ("intelligent_tiering", "IntelligentTiering")):  # fmt: skip
        kept = getattr(s3, f"list_bucket_{noun}_configurations")(bucket=name)
        assert kept[f"{member}ConfigurationList"] == []


@pytest.mark.parametrize(
    ("properties", "begins"),
    [
        ({"BucketNamePrefix": "data"}, "data-"),
        ({"BucketNamePrefix": "data", "BucketNamespace": "account-regional"}, "data-"),
        ({"BucketNamespace": "account-regional"}, "s-bucket-"),
        ({"BucketName": "mine-111122223333-us-east-1-an", "BucketNamespace": "account-regional"}, "mine-"),
    ],
)
def test_a_bucket_of_the_account_s_own(desk: Any, properties: dict[str, str], begins: str) -> None:
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=template(**properties))
    desk.settle()
    name = outputs(desk)["Name"]
    assert name.startswith(begins)
    assert name.endswith(f"-{desk.account}-us-east-1-an")
    assert len(name) <= 63
    assert desk.ask("s3").list_buckets()["Buckets"][0]["Name"] == name
