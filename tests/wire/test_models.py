"""The service models as Skyjar reads them."""

from __future__ import annotations

import subprocess
import sys

import botocore
import pytest

from skyjar.wire import index, models


def test_the_index_is_current():
    assert index.FILE.read_bytes() == index.render(index.build()), "run python -m skyjar.wire.index"


def test_names_are_botocores():
    service = models.service
    for name in ("rds", "ec2", "s3", "waf", "iam", "dynamodb", "storagegateway", "mturk", "cloudfront", "sso-oidc"):
        for operation in service(name).operations:
            assert service(name).operation(operation).snake == botocore.xform_name(operation)
        for raw in models.load(name).shapes.values():
            for member in raw.members or ():
                assert models.snake(member) == botocore.xform_name(member)


@pytest.mark.parametrize(
    ("signing", "first"),
    [
        ("s3", "s3"),
        ("dynamodb", "dynamodb"),
        ("monitoring", "cloudwatch"),
        ("email", "ses"),
        ("apigateway", "apigateway"),
        ("states", "stepfunctions"),
        ("lambda", "lambda"),
        ("execute-api", "apigatewaymanagementapi"),
    ],
)
def test_services_are_found_by_signing_name(signing, first):
    assert index.by_signing_name()[signing][0] == first


@pytest.mark.parametrize(
    ("prefix", "service"),
    [
        ("AmazonSQS", "sqs"),
        ("DynamoDB_20120810", "dynamodb"),
        ("DynamoDBStreams_20120810", "dynamodbstreams"),
        ("AWSStepFunctions", "stepfunctions"),
        ("TrentService", "kms"),
        ("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "cloudtrail"),
        ("CloudTrail_20131101", "cloudtrail"),
        ("Nope", None),
    ],
)
def test_services_are_found_by_target(prefix, service):
    assert models.find_target(prefix) == service


def test_streams_and_anonymous_operations_are_known():
    s3 = models.service("s3")
    assert s3.operation("PutObject").streaming_input == "Body"
    assert s3.operation("GetObject").streaming_output == "Body"
    assert s3.operation("SelectObjectContent").event_stream_output == "Payload"
    assert models.service("kinesis").operation("SubscribeToShard").event_stream_output == "EventStream"
    assert models.service("sts").operation("AssumeRoleWithWebIdentity").auth == "none"


def test_few_models_are_kept():
    for name in ("sqs", "sns", "iam", "sts", "kms"):
        models.load(name)
    assert len(models._models) <= models.MODELS_KEPT


def test_the_server_path_does_not_import_botocore():
    code = (
        "import sys; from skyjar.wire import codec, sigv4; from skyjar.wire.http import Request;"
        "c = codec.codec('sqs', 'json'); r = Request('POST', '/', '', {'x-amz-target': 'AmazonSQS.ListQueues'}, b'{}');"
        "c.parse(c.route(r), r); sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
