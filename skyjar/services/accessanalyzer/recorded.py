"""What recorded calls say: whose they are, which actions they needed, and the policy that allows these. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from skyjar.policy import authorization

_VERSION = re.compile(r"20\d{6}(v\d+)?$")  # at the end of Lambda's event names
_PREFIXES = {"monitoring": "cloudwatch", "apigateway": "apigateway", "email": "ses"}
# Events that are called otherwise than the action that allows them. Source: Service Authorization Reference, "Operation".
_ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:PutBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "lambda:Invoke": "lambda:InvokeFunction",
}


def is_of(event: dict[str, Any], principal: str) -> bool:
    """Whether a user, or a session of a role, made the call, and it was not refused."""
    who = event.get("userIdentity") or {}
    issuer = ((who.get("sessionContext") or {}).get("sessionIssuer") or {}).get("arn")
    return principal in (who.get("arn"), issuer) and "errorCode" not in event


def is_between(event: dict[str, Any], begins: float, ends: float) -> bool:
    """Events know their second only."""
    try:
        at = datetime.fromisoformat(str(event.get("eventTime"))).timestamp()
    except ValueError:
        return False
    return int(begins) <= at <= ends


def action_of(event: dict[str, Any]) -> str:
    """The action that allows such a call; empty when it cannot be told."""
    source = str(event.get("eventSource", "")).partition(".")[0]
    name = f"{_PREFIXES.get(source, source)}:{_VERSION.sub('', str(event.get('eventName', '')))}"
    found = authorization.action(_ACTIONS.get(name, name))
    return found.name if found is not None else ""


def policy(actions: Iterable[str], *, has_placeholders: bool) -> dict[str, Any]:
    """A statement for each service and set of resource forms, as the resources are not recorded."""
    by_resources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in sorted(actions):
        found = authorization.action(name)
        kinds = authorization.resource_types(found) if found is not None and has_placeholders else []
        forms = tuple(sorted({kind.arn.replace("${Partition}", "aws") for kind in kinds}))
        by_resources.setdefault((name.partition(":")[0], forms), []).append(name)
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(names, forms) for (_, forms), names in sorted(by_resources.items())],
    }


def _statement(names: list[str], forms: tuple[str, ...]) -> dict[str, Any]:
    resource: Any = forms[0] if len(forms) == 1 else list(forms)
    return {"Effect": "Allow", "Action": names, "Resource": resource or "*"}
