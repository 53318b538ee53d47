"""AWS managed keys: `alias/aws/<service>` is there once a service first uses it for an account.

A service asks as whoever it works for and says so: `call.ask("kms", context={"kms:ViaService":
"sqs.us-east-1.amazonaws.com"})`. Such a call, of the service that the alias names, makes the key, and so does DescribeKey of
an alias that AWS has for every account (API reference).
"""

from __future__ import annotations

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import materials, rotating, state
from .specs import ENCRYPT, SYMMETRIC
from .state import Alias, Key

_PREFIX = "alias/aws/"
# What the key protects, and the service's name in its policy, as AWS words them.
_WORDS = {
    "sqs": ("SQS messages", "Simple Queue Service (SQS)"),
    "s3": ("S3 objects", "S3"),
    "ssm": ("SSM parameters", "SSM"),
    "secretsmanager": ("Secrets Manager data", "AWS Secrets Manager"),
    "lambda": ("Lambda functions", "AWS Lambda"),
    "sns": ("SNS data", "SNS"),
    "ebs": ("EBS volumes", "EBS"),
    "rds": ("RDS database volumes", "RDS"),
    "dynamodb": ("DynamoDB tables", "Amazon DynamoDB"),
    "kinesis": ("Kinesis data", "Kinesis"),
}


def first_used(call: Call, at: At, alias: str) -> Key | None:
    """The managed key of the alias, made now, when the service that it belongs to is asking, or somebody describes it."""
    service = alias.removeprefix(_PREFIX)
    is_using = call.context.get("kms:ViaService", "").partition(".")[0] == service
    is_described = call.operation == "describe_key" and service in _WORDS
    if not alias.startswith(_PREFIX) or not (is_using or is_described):
        return None
    key = Key(
        id=call.new_id(),
        created_at=call.now,
        policy=policy(at, service),
        spec=SYMMETRIC,
        usage=ENCRYPT,
        state=state.ENABLED,
        manager="AWS",
        description=f"Default key that protects my {_words(service)[0]} when no other key is defined",
        rotates=True,
        period_days=365,
    )
    key = materials.generate(call, at, key)
    key = rotating.plan(call, at, key)
    state.aliases.add(at, Alias(name=alias, target=key.id, created_at=call.now, updated_at=call.now))
    return key


def _words(service: str) -> tuple[str, str]:
    return _WORDS.get(service, (f"{service.upper()} data", service.upper()))


def policy(at: At, service: str) -> str:
    title, via = _words(service)[1], f"{service}.{at.region}.amazonaws.com"
    document = {
        "Version": "2012-10-17",
        "Id": f"auto-{service}-1",
        "Statement": [
            {
                "Sid": f"Allow access through {title} for all principals in the account that are authorized to use "
                f"{title}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:CreateGrant",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": at.account, "kms:ViaService": via}},
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{at.account}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
