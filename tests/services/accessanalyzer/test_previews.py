"""Access previews: what would be found, against what is found."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.services.accessanalyzer.errors import ConflictException, ResourceNotFoundException, ValidationException

OTHER = "444455556666"
BUCKET = "arn:aws:s3:::photos"


def allow(principal: Any, action: Any, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


@pytest.fixture
def previewed(desk: Any, analyzer: Any, made: Any) -> Any:
    arn = made()

    def preview(resource: str, configuration: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        identity = analyzer.create_access_preview(analyzer_arn=arn, configurations={resource: configuration})["id"]
        desk.settle()
        status = analyzer.get_access_preview(access_preview_id=identity, analyzer_arn=arn)["accessPreview"]["status"]
        assert status == "COMPLETED"
        found: list[dict[str, Any]] = analyzer.list_access_preview_findings(
            access_preview_id=identity, analyzer_arn=arn, **more
        )["findings"]
        return found

    return preview


def test_a_new_resource(desk: Any, previewed: Any, document: Any) -> None:
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:new"
    policy = document(allow({"AWS": OTHER}, "sqs:SendMessage", queue), allow({"AWS": desk.account}, "sqs:*", queue))
    [found] = previewed(queue, {"sqsQueue": {"queuePolicy": policy}})
    assert (found["changeType"], found["action"], found["principal"]) == ("NEW", ["sqs:SendMessage"], {"AWS": OTHER})
    assert "existingFindingId" not in found
    assert previewed(queue, {"sqsQueue": {}}) == []


def test_a_change_of_what_is_there(desk: Any, analyzer: Any, document: Any, made: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="photos")
    both = [
        allow({"AWS": OTHER}, "s3:GetObject", f"{BUCKET}/*"),
        allow({"AWS": "777788889999"}, "s3:GetObject", f"{BUCKET}/*"),
    ]
    s3.put_bucket_policy(bucket="photos", policy=document(*both))
    arn = made()
    more = document(allow({"AWS": OTHER}, ["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*"))
    request = {BUCKET: {"s3Bucket": {"bucketPolicy": more}}}
    identity = analyzer.create_access_preview(analyzer_arn=arn, configurations=request, client_token="t")["id"]
    assert analyzer.create_access_preview(analyzer_arn=arn, configurations=request, client_token="t") == {
        "id": identity
    }
    with pytest.raises(ConflictException):
        analyzer.list_access_preview_findings(access_preview_id=identity, analyzer_arn=arn)
    desk.settle()
    found = analyzer.list_access_preview_findings(access_preview_id=identity, analyzer_arn=arn)["findings"]
    assert {(each["principal"]["AWS"], each["changeType"], each["status"]) for each in found} == {
        (OTHER, "CHANGED", "ACTIVE"),
        ("777788889999", "CHANGED", "RESOLVED"),
    }
    assert all(each["existingFindingStatus"] == "ACTIVE" for each in found)
    assert len(analyzer.list_findings(analyzer_arn=arn)["findings"]) == 2
    filtered = analyzer.list_access_preview_findings(
        access_preview_id=identity, analyzer_arn=arn, filter={"status": {"eq": ["RESOLVED"]}}
    )["findings"]
    assert len(filtered) == 1
    assert len(analyzer.list_access_previews(analyzer_arn=arn)["accessPreviews"]) == 1


def test_blocks_grants_and_trust(desk: Any, previewed: Any, document: Any) -> None:
    public = document(allow("*", "s3:GetObject", f"{BUCKET}/*"))
    blocks = {"ignorePublicAcls": True, "restrictPublicBuckets": True}
    assert previewed(BUCKET, {"s3Bucket": {"bucketPolicy": public, "bucketPublicAccessBlock": blocks}}) == []
    [found] = previewed(BUCKET, {"s3Bucket": {"bucketPolicy": public}})
    assert found["isPublic"]
    key = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    grant = {
        "granteePrincipal": f"arn:aws:iam::{OTHER}:root",
        "operations": ["Decrypt"],
        "issuingAccount": desk.account,
    }
    [found] = previewed(key, {"kmsKey": {"grants": [grant]}})
    assert (found["action"], found["resourceType"]) == (["kms:Decrypt"], "AWS::KMS::Key")
    trust = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole"}
    [found] = previewed(f"arn:aws:iam::{desk.account}:role/r", {"iamRole": {"trustPolicy": document(trust)}})
    assert found["action"] == ["sts:AssumeRole"]


def test_what_cannot_be_previewed(desk: Any, analyzer: Any, made: Any) -> None:
    arn = made()
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:q"

    def create(**configurations: Any) -> Any:
        return analyzer.create_access_preview(analyzer_arn=arn, configurations=configurations)

    for wrong in ({}, {queue: {}}, {f"arn:aws:sqs:us-east-1:{OTHER}:q": {"sqsQueue": {}}}):
        with pytest.raises(ValidationException):
            analyzer.create_access_preview(analyzer_arn=arn, configurations=wrong)
    with pytest.raises(NotImplementedHere, match="snsTopic"):
        create(**{queue: {"snsTopic": {}}})
    with pytest.raises(ResourceNotFoundException):
        analyzer.get_access_preview(access_preview_id="x", analyzer_arn=arn)
    identity = create(**{queue: {"sqsQueue": {"queuePolicy": "{"}}})["id"]
    desk.settle()
    failed = analyzer.get_access_preview(access_preview_id=identity, analyzer_arn=arn)["accessPreview"]
    assert (failed["status"], failed["statusReason"]) == ("FAILED", {"code": "INVALID_CONFIGURATION"})
