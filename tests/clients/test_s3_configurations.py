"""Every configuration of a bucket, as Terraform's provider sends and reads it: set, read back to the letter, set again, deleted, refused
when malformed. What of AWS's own additions comes back is written down here."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
Document = dict[str, Any]


class Generated(str):
    """Equals whatever text there is."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and bool(other)


ANY = Generated()
MALFORMED = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)


@dataclasses.dataclass
class Kind:
    """How a configuration is set and read. `shapes`: what is sent and, where that differs, what is read; `absent`: what is read when there
    is none, an error's code and sentence or a document; `wrong`: what is refused, and how. `gone`: what is read after the deletion, where
    that is not `absent`."""

    send: str
    """The operation's parameter."""
    shapes: list[tuple[Any, Any]]
    absent: Any
    wrong: list[tuple[Any, tuple[str, str]]]
    shown: str | None = ""
    """The member of the answer that holds the document: like the parameter (""), or none: the answer is the document."""
    gone: Any = None
    delete: str = ""
    get: str = ""
    more: Document = dataclasses.field(default_factory=dict)
    """Further parameters, as an id."""
    resets: Any = None
    """What sets it back, where there is no deletion."""


SAME = object()
MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
NO_CONFIGURATION = ("NoSuchConfiguration", "The specified configuration does not exist.")


class Names:
    """What the documents speak of."""

    def __init__(self, number: str) -> None:
        self.account = number
        self.bucket, self.other, self.logs = (f"{name}-{number}" for name in ("conf", "conf-other", "conf-logs"))
        self.queue, self.role = f"arn:aws:sqs:us-east-1:{number}:told", f"arn:aws:iam::{number}:role/replication"
        self.key = f"arn:aws:kms:us-east-1:{number}:key/12345678-1234-1234-1234-123456789012"

    def policy(self, action: str = "s3:GetObject", resource: str = "", **more: Any) -> str:
        statement = {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"}, "Action": action,
                     "Resource": resource or f"arn:aws:s3:::{self.bucket}/*", **more}  # fmt: skip
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def encryption(*, algorithm: str = "AES256", has_key: bool | None = None, **more: Any) -> Document:
    rule: Document = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **more}}
    return {"Rules": [rule if has_key is None else {**rule, "BucketKeyEnabled": has_key}]}


def encrypted(document: Document, blocked: str = "SSE-C") -> Document:
    """What S3 adds."""
    rule = {"BucketKeyEnabled": False, "BlockedEncryptionTypes": {"EncryptionType": [blocked]}, **document["Rules"][0]}
    return {"Rules": [rule]}


def rule(**more: Any) -> Document:
    return {"ID": "one", "Status": "Enabled", "Filter": {"Prefix": ""}, **more}


def expiring(**more: Any) -> Document:
    return {"Rules": [rule(Expiration={"Days": 30}, **more)]}


def table(n: Names) -> dict[str, Kind]:
    """By the operation that sets it."""
    replica = {"Bucket": f"arn:aws:s3:::{n.other}", "StorageClass": "STANDARD_IA"}
    replication = rule(Priority=1, DeleteMarkerReplication={"Status": "Disabled"}, Destination=replica)
    notified = {"QueueArn": n.queue, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"]}
    inventory = {"Id": "i", "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
                 "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{n.logs}", "Format": "CSV"}}}  # fmt: skip
    tierings = [{"Days": 125, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]
    both = {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}
    cors = {"AllowedMethods": ["PUT", "POST"], "AllowedOrigins": ["https://a.example"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 3000, "ID": "one"}  # fmt: skip
    pages = {"IndexDocument": {"Suffix": "index.html"}}
    moved = {"Condition": {"KeyPrefixEquals": "docs/", "HttpErrorCodeReturnedEquals": "404"},
             "Redirect": {"ReplaceKeyPrefixWith": "documents/", "HostName": "a.example", "HttpRedirectCode": "302", "Protocol": "https"}}  # fmt: skip
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    reader = {
        "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"},
        "Permission": "WRITE",
    }
    return {
        "PutBucketPolicy": Kind(
            "Policy",
            [(n.policy(), SAME), (n.policy("s3:*", f"arn:aws:s3:::{n.bucket}", Condition={"Bool": {"aws:SecureTransport": "false"}}), SAME)],
            ("NoSuchBucketPolicy", "The bucket policy does not exist"),
            [("policy.json", ("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")),
             (n.policy()[:-1], ("MalformedPolicy", "This policy contains invalid Json")),
             (n.policy(resource="arn:aws:s3:::elsewhere/*"), ("MalformedPolicy", "Policy has invalid resource")),
             (n.policy("sqs:SendMessage"), ("MalformedPolicy", "Policy has invalid action")),
             (n.policy(Principal={"AWS": "nobody"}), ("MalformedPolicy", "Invalid principal in policy"))],
            delete="delete_bucket_policy",
        ),
        "PutBucketEncryption": Kind(
            "ServerSideEncryptionConfiguration",
            [(encryption(), encrypted(encryption())),
             (encryption(algorithm="aws:kms", has_key=True), encrypted(encryption(algorithm="aws:kms", has_key=True))),
             (encryption(algorithm="aws:kms:dsse", KMSMasterKeyID=n.key), encrypted(encryption(algorithm="aws:kms:dsse", KMSMasterKeyID=n.key))),
             ({"Rules": [{**encryption()["Rules"][0], "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}, encrypted(encryption(), "NONE"))],
            {"ServerSideEncryptionConfiguration": encrypted(encryption())},
            [({"Rules": []}, MALFORMED), (encryption(algorithm="SSE-KMS"), MALFORMED),
             (encryption(KMSMasterKeyID=n.key), ("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"))],
            delete="delete_bucket_encryption",
        ),
        "PutBucketVersioning": Kind(
            "VersioningConfiguration",
            [({"Status": "Enabled"}, SAME), ({"Status": "Suspended"}, SAME)],
            {},
            [({}, ("IllegalVersioningConfigurationException", "The Versioning element must be specified")), ({"Status": "Disabled"}, MALFORMED)],
            shown=None,
        ),
        "PutBucketLifecycleConfiguration": Kind(
            "LifecycleConfiguration",
            [(expiring(), SAME),
             ({"Rules": [{"Status": "Disabled", "Filter": {}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]},
              {"Rules": [{"ID": ANY, "Status": "Disabled", "Filter": {}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}),
             ({"Rules": [{"ID": "old", "Prefix": "a/", "Status": "Enabled", "Expiration": {"Date": MIDNIGHT}}]}, SAME),
             ({"Rules": [
                 rule(Filter={"And": {**both["And"], "ObjectSizeGreaterThan": 0, "ObjectSizeLessThan": 64000}}, Expiration={"Days": 400},
                      Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
                      NoncurrentVersionTransitions=[{"NoncurrentDays": 30, "StorageClass": "GLACIER_IR", "NewerNoncurrentVersions": 2}],
                      NoncurrentVersionExpiration={"NoncurrentDays": 90, "NewerNoncurrentVersions": 3}),
                 rule(ID="two", Filter={"Tag": {"Key": "k", "Value": ""}}, NoncurrentVersionExpiration={"NoncurrentDays": 1}),
                 rule(ID="three", Filter={"ObjectSizeGreaterThan": 500}, Transitions=[{"Date": MIDNIGHT, "StorageClass": "INTELLIGENT_TIERING"}]),
                 rule(ID="four", Expiration={"ExpiredObjectDeleteMarker": True})]}, SAME)],
            ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
            [({"Rules": []}, MALFORMED),
             ({"Rules": [{"Status": "Enabled", "Expiration": {"Days": 1}}]}, MALFORMED),
             (expiring(Filter={"Prefix": "a", "Tag": {"Key": "k", "Value": "v"}}), MALFORMED),
             (expiring(Filter={"And": {"Prefix": "a"}}), MALFORMED),
             (expiring(Status="On"), MALFORMED),
             ({"Rules": [rule(Expiration={"Days": 0})]}, ("InvalidArgument", "'Days' for Expiration action must be a positive integer")),
             ({"Rules": [rule(Expiration={"Date": datetime(2030, 1, 1, 12, tzinfo=UTC)})]}, ("InvalidArgument", "'Date' must be at midnight GMT")),
             ({"Rules": [rule()]}, ("InvalidRequest", "At least one action needs to be specified in a rule")),
             ({"Rules": [rule(NoncurrentVersionExpiration={"NewerNoncurrentVersions": 1})]},
              ("InvalidArgument", "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")),
             (expiring(Filter={"ObjectSizeLessThan": 0}), ("InvalidRequest", "'ObjectSizeLessThan' should be between 1 and 1099511627776000.")),
             ({"Rules": [*expiring()["Rules"], *expiring()["Rules"]]}, ("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")),
             (expiring(Filter={"Tag": {"Key": "k", "Value": "v"}}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
              ("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")),
             (expiring(Filter={"And": {"ObjectSizeGreaterThan": 9, "ObjectSizeLessThan": 9}}),
              ("InvalidRequest", "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."))],
            shown=None,
            delete="delete_bucket_lifecycle",
        ),
        "PutBucketReplication": Kind(
            "ReplicationConfiguration",
            [({"Role": n.role, "Rules": [replication]}, SAME),
             ({"Role": n.role, "Rules": [{"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": replica["Bucket"]}}]},
              {"Role": n.role, "Rules": [{"ID": ANY, "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": replica["Bucket"]}}]}),
             ({"Role": n.role, "Rules": [{**replication, "Filter": both, "Priority": 7,
                 "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}, "ReplicaModifications": {"Status": "Enabled"}},
                 "ExistingObjectReplication": {"Status": "Disabled"},
                 "Destination": {**replica, "Account": n.account, "EncryptionConfiguration": {"ReplicaKmsKeyID": n.key},
                                 "AccessControlTranslation": {"Owner": "Destination"},
                                 "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                                 "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}}]}, SAME)],
            ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
            [({"Role": n.role, "Rules": []}, MALFORMED),
             ({"Role": "role", "Rules": [replication]}, ("InvalidArgument", "Invalid Role ARN")),
             ({"Role": n.role, "Rules": [{**replication, "Destination": {"Bucket": "arn:aws:s3:::not-there-at-all"}}]}, ("InvalidRequest", "Destination bucket must exist.")),
             ({"Role": n.role, "Rules": [replication, {**replication, "ID": "two"}]}, ("InvalidRequest", "Found duplicate priority in rules. Priority must be unique for each rule"))],
            delete="delete_bucket_replication",
        ),
        "PutBucketNotificationConfiguration": Kind(
            "NotificationConfiguration",
            [({"QueueConfigurations": [{"Id": "one", **notified}]}, SAME),
             ({"EventBridgeConfiguration": {}}, SAME),
             ({"QueueConfigurations": [{**notified, "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a/"}, {"Name": "suffix", "Value": ".jpg"}]}}}],
               "EventBridgeConfiguration": {}},
              {"QueueConfigurations": [{"Id": ANY, **notified,
                                        "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "a/"}, {"Name": "Suffix", "Value": ".jpg"}]}}}],
               "EventBridgeConfiguration": {}})],
            {},
            [({"QueueConfigurations": [{**notified, "Events": ["s3:Nothing"]}]}, ("InvalidArgument", "The event is not supported for notifications")),
             ({"QueueConfigurations": [{**notified, "QueueArn": n.queue + "-not"}]}, ("InvalidArgument", "Unable to validate the following destination configurations")),
             ({"QueueConfigurations": [{**notified, "Filter": {"Key": {"FilterRules": [{"Name": "infix", "Value": "a"}]}}}]},
              ("InvalidArgument", "filter rule name must be either prefix or suffix")),
             ({"QueueConfigurations": [notified, notified]},
              ("InvalidArgument", "Configurations overlap. Configurations on the same bucket cannot share a common event type."))],
            shown=None,
            resets={},
        ),
        "PutBucketLogging": Kind(
            "BucketLoggingStatus",
            [({"LoggingEnabled": {"TargetBucket": n.logs, "TargetPrefix": "log/"}}, SAME),
             ({"LoggingEnabled": {"TargetBucket": n.logs, "TargetPrefix": "",
                                  "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}, SAME),
             ({"LoggingEnabled": {"TargetBucket": n.logs, "TargetPrefix": "a", "TargetObjectKeyFormat": {"SimplePrefix": {}}}}, SAME)],
            {},
            [({"LoggingEnabled": {"TargetBucket": "not-there-at-all", "TargetPrefix": ""}},
              ("InvalidTargetBucketForLogging", "The target bucket for logging does not exist"))],
            shown=None,
            resets={},
        ),
        "PutBucketInventoryConfiguration": Kind(
            "InventoryConfiguration",
            [(inventory, SAME),
             ({**inventory, "Filter": {"Prefix": "a/"}, "OptionalFields": ["Size", "ETag"], "Schedule": {"Frequency": "Weekly"}}, SAME)],
            NO_CONFIGURATION,
            [({**inventory, "IncludedObjectVersions": "None"}, MALFORMED), ({**inventory, "Schedule": {"Frequency": "Hourly"}}, MALFORMED)],
            delete="delete_bucket_inventory_configuration",
            more={"Id": "i"},
        ),
        "PutBucketAnalyticsConfiguration": Kind(
            "AnalyticsConfiguration",
            [({"Id": "i", "StorageClassAnalysis": {}}, SAME), ({"Id": "i", "StorageClassAnalysis": {}, "Filter": both}, SAME)],
            NO_CONFIGURATION,
            [({"Id": "i", "StorageClassAnalysis": {}, "Filter": {"And": {"Prefix": "a"}}}, MALFORMED)],
            delete="delete_bucket_analytics_configuration",
            more={"Id": "i"},
        ),
        "PutBucketMetricsConfiguration": Kind(
            "MetricsConfiguration",
            [({"Id": "i"}, SAME), ({"Id": "i", "Filter": {"Prefix": "a/"}}, SAME), ({"Id": "i", "Filter": both}, SAME)],
            NO_CONFIGURATION,
            [({"Id": "i", "Filter": {"And": {"Prefix": "a"}}}, MALFORMED)],
            delete="delete_bucket_metrics_configuration",
            more={"Id": "i"},
        ),
        "PutBucketIntelligentTieringConfiguration": Kind(
            "IntelligentTieringConfiguration",
            [({"Id": "i", "Status": "Enabled", "Tierings": tierings}, SAME),
             ({"Id": "i", "Status": "Disabled", "Tierings": tierings[1:], "Filter": both}, SAME)],
            NO_CONFIGURATION,
            [({"Id": "i", "Status": "Enabled", "Tierings": []}, MALFORMED), ({"Id": "i", "Status": "On", "Tierings": tierings}, MALFORMED)],
            delete="delete_bucket_intelligent_tiering_configuration",
            more={"Id": "i"},
        ),
        "PutBucketAccelerateConfiguration": Kind(
            "AccelerateConfiguration",
            [({"Status": "Enabled"}, SAME), ({"Status": "Suspended"}, SAME)],
            {},
            [({"Status": "On"}, MALFORMED), ({}, MALFORMED)],
            shown=None,
        ),
        "PutBucketAbac": Kind(
            "AbacStatus",
            [({"Status": "Enabled"}, SAME)],
            {"AbacStatus": {"Status": "Disabled"}},
            [({"Status": "On"}, MALFORMED), ({}, MALFORMED)],
            resets={"Status": "Disabled"},
        ),
        "PutBucketOwnershipControls": Kind(
            "OwnershipControls",
            [({"Rules": [{"ObjectOwnership": each}]}, SAME) for each in ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced")],
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
            [({"Rules": []}, MALFORMED), ({"Rules": [{"ObjectOwnership": "Nobody"}]}, MALFORMED)],
            gone=("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
            delete="delete_bucket_ownership_controls",
        ),
        "PutPublicAccessBlock": Kind(
            "PublicAccessBlockConfiguration",
            [(dict.fromkeys(blocks, True), SAME), ({**dict.fromkeys(blocks, False), "BlockPublicPolicy": True}, SAME),
             ({"IgnorePublicAcls": True}, {**dict.fromkeys(blocks, False), "IgnorePublicAcls": True})],
            {"PublicAccessBlockConfiguration": dict.fromkeys(blocks, True)},
            [],
            gone=("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
            delete="delete_public_access_block",
        ),
        "PutBucketTagging": Kind(
            "Tagging",
            [({"TagSet": [{"Key": "a", "Value": ""}]}, SAME), ({"TagSet": [{"Key": f"ü {n}", "Value": "+-=._:/@"} for n in range(50)]}, SAME)],
            ("NoSuchTagSet", "The TagSet does not exist"),
            [({"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, ("InvalidTag", "Cannot provide multiple Tags with the same key")),
             ({"TagSet": [{"Key": "a" * 129, "Value": "1"}]}, ("InvalidTag", "The TagKey you have provided is invalid")),
             ({"TagSet": [{"Key": "a", "Value": "<>"}]}, ("InvalidTag", "The TagValue you have provided is invalid")),
             ({"TagSet": [{"Key": "aws:a", "Value": "1"}]}, ("InvalidTag", "System tags cannot be added/updated by requester"))],
            shown=None,
            delete="delete_bucket_tagging",
        ),
        "PutBucketWebsite": Kind(
            "WebsiteConfiguration",
            [(pages, SAME), ({**pages, "ErrorDocument": {"Key": "e/error.html"}, "RoutingRules": [moved, {"Redirect": {"ReplaceKeyWith": "x"}}]}, SAME),
             ({"RedirectAllRequestsTo": {"HostName": "a.example", "Protocol": "https"}}, SAME), ({"RedirectAllRequestsTo": {"HostName": "a.example"}}, SAME)],
            ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
            [({}, ("InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")),
             ({"IndexDocument": {"Suffix": "a/b"}}, ("InvalidArgument", "The IndexDocument Suffix is not well formed")),
             ({**pages, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]},
              ("InvalidRequest", "The provided HTTP redirect code (200) is not valid. Valid codes are 3XX except 300."))],
            shown=None,
            delete="delete_bucket_website",
        ),
        "PutBucketCors": Kind(
            "CORSConfiguration",
            [({"CORSRules": [cors, {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}, SAME),
             ({"CORSRules": [{"AllowedMethods": ["HEAD", "DELETE"], "AllowedOrigins": ["http://*.example"], "MaxAgeSeconds": 0}]}, SAME)],
            ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
            [({"CORSRules": []}, MALFORMED),
             ({"CORSRules": [{**cors, "AllowedMethods": ["OPTIONS"]}]}, ("InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS")),
             ({"CORSRules": [{**cors, "AllowedOrigins": ["*.*"]}]}, ("InvalidRequest", 'AllowedOrigin "*.*" can not have more than one wildcard.')),
             ({"CORSRules": [{**cors, "ExposeHeaders": ["*"]}]},
              ("InvalidRequest", 'ExposeHeader "*" contains wildcard. We currently do not support wildcard for ExposeHeader.'))],
            shown=None,
            delete="delete_bucket_cors",
        ),
        "PutBucketRequestPayment": Kind(
            "RequestPaymentConfiguration", [({"Payer": "Requester"}, SAME)], {"Payer": "BucketOwner"}, [({"Payer": "Nobody"}, MALFORMED)],
            shown=None, resets={"Payer": "BucketOwner"},
        ),
        "PutObjectLockConfiguration": Kind(
            "ObjectLockConfiguration",
            [({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 5}}}, SAME),
             ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}}, SAME), ({"ObjectLockEnabled": "Enabled"}, SAME)],
            ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
            [({}, MALFORMED), ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}}}, MALFORMED),
             ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 0}}},
              ("InvalidArgument", "Default retention period must be a positive integer value."))],
        ),
        "PutBucketAcl": Kind(
            "AccessControlPolicy",
            [({"Owner": {"ID": "OWNER"}, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "OWNER"}, "Permission": "FULL_CONTROL"}, reader]}, SAME)],
            {"Owner": {"ID": "OWNER"}, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "OWNER"}, "Permission": "FULL_CONTROL"}]},
            [({"Owner": {"ID": "OWNER"}, "Grants": [{**reader, "Permission": "ALL"}]},
              ("MalformedACLError", MALFORMED[1]))],
            shown=None,
            resets={"Owner": {"ID": "OWNER"}, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "OWNER"}, "Permission": "FULL_CONTROL"}]},
        ),
    }  # fmt: skip


OPERATIONS = sorted(table(Names("1")))
OLDER_NAMES = {"PutBucketLifecycle", "PutBucketNotification"}  # of the same requests
IN_BUCKETS_NAME = ("PutBucket", "PutPublicAccessBlock", "PutObjectLockConfiguration")


@pytest.fixture
def names(skyjar: Account) -> Names:
    found, s3 = Names(skyjar.number), skyjar.client("s3")
    for bucket in (found.bucket, found.other, found.logs):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=found.other, VersioningConfiguration={"Status": "Enabled"})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": found.queue,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    skyjar.client("sqs").create_queue(QueueName="told", Attributes={"Policy": policy})
    return found


class Setting:
    """One bucket's configuration of one kind."""

    def __init__(self, account: Account, names: Names, operation: str) -> None:
        self.kind, self._s3, self._bucket, self._put = (
            table(names)[operation],
            account.client("s3"),
            names.bucket,
            xform_name(operation),
        )
        self._owner = self._s3.get_bucket_acl(Bucket=names.bucket)["Owner"]["ID"]
        if operation in ("PutBucketReplication", "PutObjectLockConfiguration"):
            self._s3.put_bucket_versioning(Bucket=names.bucket, VersioningConfiguration={"Status": "Enabled"})
        if operation == "PutBucketAcl":
            self._s3.put_bucket_ownership_controls(
                Bucket=names.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
            )

    def filled(self, document: Any) -> Any:
        return json.loads(json.dumps(document).replace("OWNER", self._owner)) if "OWNER" in str(document) else document

    def call(self, operation: str, **parameters: Any) -> Any:
        """The answer, or the error's code and sentence."""
        try:
            answer = getattr(self._s3, operation)(Bucket=self._bucket, **self.kind.more, **parameters)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        answer.pop("ResponseMetadata")
        return answer

    def put(self, document: Any) -> Any:
        return self.call(self._put, **{self.kind.send: self.filled(document)})

    def read(self) -> Any:
        answer = self.call(self.kind.get or self._put.replace("put_", "get_", 1))
        minimum = answer.pop("TransitionDefaultMinimumObjectSize", None) if isinstance(answer, dict) else None
        assert minimum in (None, "all_storage_classes_128K")
        return answer

    def shown(self, sent: Any, expected: Any) -> Any:
        document = self.filled(sent if expected is SAME else expected)
        return document if self.kind.shown is None else {self.kind.shown or self.kind.send: document}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_it_is_read_back_as_it_was_set(skyjar: Account, names: Names, operation: str) -> None:
    setting = Setting(skyjar, names, operation)
    kind = setting.kind
    assert setting.read() == setting.filled(kind.absent)
    for sent, expected in kind.shapes:
        for _ in range(2):  # the same again changes nothing
            answer = setting.put(sent)
            assert isinstance(answer, dict), answer
            assert setting.read() == setting.shown(sent, expected)
    last = setting.read()
    for sent, error in kind.wrong:
        assert setting.put(sent) == error, sent
        assert setting.read() == last, "what was refused changed nothing"
    if kind.delete or kind.resets is not None:
        answer = setting.call(kind.delete) if kind.delete else setting.put(kind.resets)
        assert answer == {}
        assert setting.read() == setting.filled(kind.gone or kind.absent)
    if kind.delete:
        again = setting.call(kind.delete)
        assert again == (NO_CONFIGURATION if kind.more else {}), (
            "deleting nothing is done already, but of what has an id"
        )


def test_every_operation_that_sets_something_is_known() -> None:
    model = boto3.client("s3", region_name="us-east-1").meta.service_model
    assert {name for name in model.operation_names if name.startswith(IN_BUCKETS_NAME)} == {
        *OPERATIONS,
        *OLDER_NAMES,
    }


def test_the_older_names_make_the_same_requests(skyjar: Account, names: Names) -> None:
    s3 = skyjar.client("s3")
    old = {
        "ID": "one",
        "Prefix": "a/",
        "Status": "Enabled",
        "Expiration": {"Days": 3},
        "Transition": {"Days": 1, "StorageClass": "GLACIER"},
    }
    s3.put_bucket_lifecycle(Bucket=names.bucket, LifecycleConfiguration={"Rules": [old]})
    new = {**old, "Transitions": [old["Transition"]]}
    del new["Transition"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=names.bucket)["Rules"] == [new]
    assert s3.get_bucket_lifecycle(Bucket=names.bucket)["Rules"] == [old]
    queue = {"Id": "q", "Events": ["s3:ObjectCreated:*"], "Queue": names.queue}
    s3.put_bucket_notification(Bucket=names.bucket, NotificationConfiguration={"QueueConfiguration": queue})
    [found] = s3.get_bucket_notification_configuration(Bucket=names.bucket)["QueueConfigurations"]
    assert found == {"Id": "q", "Events": ["s3:ObjectCreated:*"], "QueueArn": names.queue}
    one = {"Id": "q", "Event": "s3:ObjectRemoved:Delete", "Queue": names.queue}
    s3.put_bucket_notification(Bucket=names.bucket, NotificationConfiguration={"QueueConfiguration": one})
    [found] = s3.get_bucket_notification_configuration(Bucket=names.bucket)["QueueConfigurations"]
    assert found == {"Id": "q", "Events": ["s3:ObjectRemoved:Delete"], "QueueArn": names.queue}
    told = s3.get_bucket_notification(Bucket=names.bucket)["QueueConfiguration"]
    assert told == {**one, "Events": ["s3:ObjectRemoved:Delete"]}
    function = f"arn:aws:lambda:us-east-1:{names.account}:function:absent"
    role = f"arn:aws:iam::{names.account}:role/invoking"  # with which S3 invoked functions in 2014, and no longer
    given = {"Id": "f", "Event": "s3:ObjectCreated:Put", "CloudFunction": function, "InvocationRole": role}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification(Bucket=names.bucket, NotificationConfiguration={"CloudFunctionConfiguration": given})
    s3.put_bucket_notification(Bucket=names.bucket, NotificationConfiguration={})
    assert "QueueConfiguration" not in s3.get_bucket_notification(Bucket=names.bucket)


def test_the_accounts_own_block_is_read_back(skyjar: Account, found_names: None) -> None:
    here = skyjar.running.endpoint.replace("127.0.0.1", "localhost")  # boto3 puts the account before it
    control, who = skyjar.session().client("s3control", endpoint_url=here), {"AccountId": skyjar.number}
    absent = "NoSuchPublicAccessBlockConfiguration.*The public access block configuration was not found"
    with pytest.raises(ClientError, match=absent):
        control.get_public_access_block(**who)
    for wanted in (
        dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True),
    ):
        control.put_public_access_block(**who, PublicAccessBlockConfiguration=wanted)
        assert control.get_public_access_block(**who)["PublicAccessBlockConfiguration"] == wanted
    control.delete_public_access_block(**who)
    with pytest.raises(ClientError, match=absent):
        control.get_public_access_block(**who)


def test_tags_as_terraform_reads_and_writes_them(skyjar: Account, names: Names, found_names: None) -> None:
    """Its provider asks S3 Control, from version 6.23 on."""
    s3, here = skyjar.client("s3"), skyjar.running.endpoint.replace("127.0.0.1", "localhost")
    control = skyjar.session().client("s3control", endpoint_url=here)
    tagged, made = (
        {"AccountId": skyjar.number, "ResourceArn": f"arn:aws:s3:::tagged-{names.bucket}"},
        [{"Key": "a b", "Value": "ü/+"}],
    )
    s3.create_bucket(Bucket=f"tagged-{names.bucket}", CreateBucketConfiguration={"Tags": made})
    assert control.list_tags_for_resource(**tagged)["Tags"] == made
    control.tag_resource(**tagged, Tags=[{"Key": "c", "Value": "1"}])
    control.untag_resource(**tagged, TagKeys=["a b"])
    assert s3.get_bucket_tagging(Bucket=f"tagged-{names.bucket}")["TagSet"] == [{"Key": "c", "Value": "1"}]
    assert (
        control.list_tags_for_resource(AccountId=skyjar.number, ResourceArn=f"arn:aws:s3:::{names.bucket}")["Tags"]
        == []
    )


def test_all_that_terraform_reads_of_a_plain_bucket(skyjar: Account, names: Names) -> None:
    """Its provider asks for every configuration of an aws_s3_bucket, be there one or not; only these errors tell it that there is none."""
    s3 = skyjar.client("s3")
    found = {}
    for operation in ("head_bucket", "get_bucket_location", "get_bucket_policy", "get_bucket_policy_status", "get_bucket_acl", "get_bucket_cors",
                      "get_bucket_website", "get_bucket_versioning", "get_bucket_accelerate_configuration", "get_bucket_request_payment",
                      "get_bucket_logging", "get_bucket_lifecycle_configuration", "get_bucket_replication", "get_bucket_encryption",
                      "get_object_lock_configuration", "get_bucket_tagging", "get_public_access_block", "get_bucket_ownership_controls",
                      "get_bucket_notification_configuration", "get_bucket_abac"):  # fmt: skip
        try:
            answer = getattr(s3, operation)(Bucket=names.bucket)
        except ClientError as error:
            answer = error.response
        found[operation] = answer.get("Error", {}).get("Code") or answer["ResponseMetadata"]["HTTPStatusCode"]
    assert {operation: code for operation, code in found.items() if code != 200} == {
        "get_bucket_policy": "NoSuchBucketPolicy",
        "get_bucket_policy_status": "NoSuchBucketPolicy",
        "get_bucket_cors": "NoSuchCORSConfiguration",
        "get_bucket_website": "NoSuchWebsiteConfiguration",
        "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
        "get_bucket_replication": "ReplicationConfigurationNotFoundError",
        "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
        "get_bucket_tagging": "NoSuchTagSet",
    }
    s3.put_bucket_policy(Bucket=names.bucket, Policy=names.policy())
    assert s3.get_bucket_policy_status(Bucket=names.bucket)["PolicyStatus"] == {"IsPublic": False}
    s3.put_bucket_abac(Bucket=names.bucket, AbacStatus={"Status": "Enabled"})
    with pytest.raises(ClientError, match="TagResource"):
        s3.put_bucket_tagging(Bucket=names.bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
