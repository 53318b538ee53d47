"""What an event says: a call of the history in CloudTrail's words. Pure.

Source: CloudTrail User Guide, "CloudTrail record contents", "CloudTrail userIdentity element".
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from skyjar.kernel.history import DATA, Seen, is_reading
from skyjar.kernel.principals import Principal

VERSION = "1.11"
# Services whose event source is not the name of their model.
_SOURCES = {"cloudwatch": "monitoring", "stepfunctions": "states", "dynamodbstreams": "dynamodb", "elbv2": "elasticloadbalancing",
            "cognito-idp": "cognito-idp", "application-autoscaling": "autoscaling", "apigatewayv2": "apigateway"}  # fmt: skip
# Lambda's event names carry the versions of its API.
_LAMBDA = {
    "20150331": "CreateFunction DeleteFunction ListFunctions PublishVersion ListVersionsByFunction CreateAlias DeleteAlias "
    "CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping ListEventSourceMappings",
    "20150331v2": "GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration AddPermission "
    "RemovePermission GetPolicy",
    "20160819": "GetAccountSettings",
    "20170331": "ListTags",
    "20170331v2": "TagResource UntagResource",
    "20171031": "PutFunctionConcurrency DeleteFunctionConcurrency",
    "20181031": "PublishLayerVersion DeleteLayerVersion",
}
_LAMBDA_NAMES = {each: each + version for version, names in _LAMBDA.items() for each in names.split()}
GLOBAL = ("iam", "sts", "organizations", "cloudfront", "route53")
_SERVICES = {"iam": "IAM", "sts": "STS", "sqs": "SQS", "sns": "SNS", "s3": "S3", "kms": "KMS", "ssm": "SSM", "ec2": "EC2",
             "ecr": "ECR", "ecs": "ECS", "rds": "RDS", "dynamodb": "DynamoDB", "lambda": "Lambda", "logs": "Logs",
             "secretsmanager": "SecretsManager", "cloudformation": "CloudFormation", "cloudtrail": "CloudTrail",
             "apigateway": "ApiGateway", "kinesis": "Kinesis"}  # fmt: skip
_NAMING = ("Name", "Arn", "ARN", "Id", "Url")
DATA_TYPES = {"s3": "AWS::S3::Object", "lambda": "AWS::Lambda::Function", "dynamodb": "AWS::DynamoDB::Table",
              "sqs": "AWS::SQS::Queue", "sns": "AWS::SNS::Topic", "kinesis": "AWS::Kinesis::Stream"}  # fmt: skip


def source(seen: Seen) -> str:
    return f"{_SOURCES.get(seen.service, seen.service)}.amazonaws.com"


def name(seen: Seen) -> str:
    if seen.service == "lambda":
        return _LAMBDA_NAMES.get(seen.operation, seen.operation)
    return "ListObjects" if seen.operation == "ListObjectsV2" else seen.operation


def is_read(seen: Seen) -> bool:
    snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in seen.operation).lstrip("_")
    return is_reading(snake)


def event_id(seen: Seen) -> str:
    """The same event has the same id wherever it is shown."""
    digest = hashlib.sha256(seen.request_id.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def username(principal: Principal) -> str:
    if principal.kind == "root":
        return "root"
    return principal.session if principal.kind == "role" else principal.name


def parameters(seen: Seen) -> dict[str, Any] | None:
    found: dict[str, Any] | None = msgspec.msgpack.decode(seen.parameters) if seen.parameters else None
    if found is not None and seen.service == "s3" and "bucket" in found:
        found["bucketName"] = found.pop("bucket")
    return found


def event(seen: Seen) -> dict[str, Any]:
    """The whole record, as it stands in a log file."""
    found: dict[str, Any] = {
        "eventVersion": VERSION,
        "userIdentity": identity(seen.principal, seen.via),
        "eventTime": iso(seen.at),
        "eventSource": source(seen),
        "eventName": name(seen),
        "awsRegion": seen.region,
        "sourceIPAddress": seen.source_ip,
        "userAgent": seen.user_agent,
    }
    if seen.error:
        found |= {"errorCode": seen.error, "errorMessage": seen.message}
    found |= {
        "requestParameters": parameters(seen),
        "responseElements": msgspec.msgpack.decode(seen.answer) if seen.answer else None,
        "requestID": seen.request_id,
        "eventID": event_id(seen),
        "readOnly": is_read(seen),
        "resources": [
            {"accountId": seen.account, "type": kind, "ARN": arn} for kind, arn in resources(seen) if arn[:4] == "arn:"
        ],
        "eventType": "AwsApiCall",
        "managementEvent": not seen.is_data,
        "recipientAccountId": seen.account,
        "eventCategory": "Data" if seen.is_data else "Management",
    }
    if not found["resources"]:
        del found["resources"]
    if seen.is_secure:
        found["tlsDetails"] = {"clientProvidedHostHeader": seen.host}
    return found


def identity(principal: Principal, via: str) -> dict[str, Any]:
    kind = principal.kind
    if kind == "service":
        return {"type": "AWSService", "invokedBy": principal.name}
    if kind == "anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    types = {"root": "Root", "user": "IAMUser", "role": "AssumedRole", "federated-user": "FederatedUser"}
    found: dict[str, Any] = {
        "type": types[kind],
        "principalId": principal.id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": principal.access_key,
    }
    if not principal.access_key:
        del found["accessKeyId"]
    if kind == "user":
        found["userName"] = principal.name
    if principal.is_temporary:
        found["sessionContext"] = _session(principal)
    if via:
        found["invokedBy"] = via
    return found


def _session(principal: Principal) -> dict[str, Any]:
    attributes = {
        "creationDate": iso(principal.issued_at),
        "mfaAuthenticated": "true" if principal.mfa_at else "false",
    }
    if principal.kind == "user":
        return {"attributes": attributes}
    issuer = "role" if principal.kind == "role" else "user"
    return {
        "sessionIssuer": {
            "type": "Role" if issuer == "role" else "IAMUser",
            "principalId": principal.id.partition(":")[0],
            "arn": f"arn:aws:iam::{principal.account}:{issuer}{principal.path}{principal.name}",
            "accountId": principal.account,
            "userName": principal.name,
        },
        "attributes": attributes,
    }


def resources(seen: Seen) -> list[tuple[str, str]]:
    """(type, name or ARN) of what the call was about: told by the names among its parameters."""
    if seen.is_data:
        return _data_resources(seen)
    prefix = f"AWS::{_SERVICES.get(seen.service, seen.service.title())}"
    found = []
    for key, value in (parameters(seen) or {}).items():
        ending = next((each for each in _NAMING if key.endswith(each) and key != each), "")
        if ending and isinstance(value, str) and value:
            what = key.removesuffix(ending)
            found.append((f"{prefix}::{what[:1].upper()}{what[1:]}", value))
    return found


def _data_resources(seen: Seen) -> list[tuple[str, str]]:
    given = parameters(seen) or {}
    kind = DATA_TYPES.get(seen.service, "")
    where = f"{seen.region}:{seen.account}"
    if seen.service == "s3":
        bucket, key = given.get("bucketName", ""), given.get("key")
        found = [("AWS::S3::Bucket", f"arn:aws:s3:::{bucket}")]
        return [(kind, f"arn:aws:s3:::{bucket}/{key}"), *found] if key else found
    named = {"lambda": ("functionName", f"arn:aws:lambda:{where}:function:"),
             "dynamodb": ("tableName", f"arn:aws:dynamodb:{where}:table/"),
             "sqs": ("queueUrl", f"arn:aws:sqs:{where}:"),
             "sns": ("topicArn", ""),
             "kinesis": ("streamName", f"arn:aws:kinesis:{where}:stream/")}.get(seen.service)  # fmt: skip
    if named is None or named[0] not in given:
        return []
    value = str(given[named[0]])
    if value.startswith("arn:"):
        return [(kind, value)]
    return [(kind, named[1] + (value.rpartition("/")[2] if seen.service == "sqs" else value))]


DATA_SERVICES = {kind: service for service, kind in DATA_TYPES.items() if service in DATA}
