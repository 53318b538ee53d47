"""A topic's attributes: which may be set, to what, and how they are shown. Pure, but for what KMS keys are called."""

from __future__ import annotations

import re
from typing import Any

import orjson

from skyjar.kernel.errors import NotImplementedHere
from skyjar.policy.documents import compile_document
from skyjar.policy.errors import MalformedPolicy

from . import archives, delivery_policies, letters, limits, state
from .errors import InvalidParameterException
from .state import Topic

_PROTOCOLS = ("HTTP", "SQS", "Lambda", "Firehose", "Application")
_FEEDBACK = {
    f"{protocol}{kind}"
    for protocol in _PROTOCOLS
    for kind in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
}
READ_BACK = {"DisplayName", "TracingConfig", *_FEEDBACK}
SETTABLE = {
    "DeliveryPolicy",
    "Policy",
    "KmsMasterKeyId",
    "SignatureVersion",
    "ContentBasedDeduplication",
    "FifoThroughputScope",
    "MaximumMessageSize",
    "ArchivePolicy",
    *READ_BACK,
}
CREATABLE = {*SETTABLE, "FifoTopic"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_FIFO_ONLY = ("ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy")


def check_name(name: str, *, is_fifo: bool) -> None:
    stem = name.removesuffix(".fifo")
    if name.endswith(".fifo") and not is_fifo:
        raise InvalidParameterException("Topic Name")
    if is_fifo and not name.endswith(".fifo"):
        raise InvalidParameterException(
            "Topic Name Reason: FIFO Topic names must end with .fifo and must be made up of only uppercase and "
            "lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    if not _NAME.match(stem) or len(name) > 256:
        raise InvalidParameterException("Topic Name")


def changed(topic: Topic, name: str, value: str, arn: str, now: float) -> Topic:
    """The topic with one attribute set."""
    if name == "DataProtectionPolicy":
        raise NotImplementedHere(f"Skyjar does not implement the topic attribute {name} of sns.")
    if name not in SETTABLE:
        raise InvalidParameterException("AttributeName")
    if name in _FIFO_ONLY and not topic.is_fifo:
        raise InvalidParameterException(f"{name} Reason: {name} can only be set for FIFO topics")
    if name == "ArchivePolicy":
        kept_days = archives.days(value)
        since = topic.archive_since if topic.archive_days and kept_days else now
        return state.replace(topic, archive_days=kept_days, archive_since=since if kept_days else 0.0)  # type: ignore[no-any-return]
    return state.replace(topic, **_change(topic, name, value, arn))  # type: ignore[no-any-return]


def _change(topic: Topic, name: str, value: str, arn: str) -> dict[str, Any]:
    if name == "Policy":
        return {"policy": checked_policy(value, arn) if value else ""}
    if name == "DeliveryPolicy":
        return {"delivery_policy": delivery_policies.checked(value, "DeliveryPolicy", is_topic=True) if value else ""}
    if name == "KmsMasterKeyId":
        return {"kms_key": value}
    if name == "SignatureVersion":
        if value not in ("1", "2"):
            raise InvalidParameterException(f"SignatureVersion Reason: {value} is not a valid signature version")
        return {"signature_version": value}
    if name == "ContentBasedDeduplication":
        return {"dedups_by_content": truth(name, value)}
    if name == "FifoThroughputScope":
        if value not in ("Topic", "MessageGroup"):
            raise InvalidParameterException("FifoThroughputScope Reason: must be Topic or MessageGroup")
        return {"dedups_by_group": value == "MessageGroup"}
    if name == "MaximumMessageSize":
        return {"message_bytes": _size(value)}
    return {"settings": {**topic.settings, name: _read_back(name, value)}}


def truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise InvalidParameterException(f"{name} Reason: must be true or false")
    return value.lower() == "true"


def _size(value: str) -> int:
    least, most = limits.MESSAGE_BYTES_LEAST, limits.MESSAGE_BYTES_MOST
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise InvalidParameterException(f"MaximumMessageSize Reason: must be an integer between {least} and {most}")
    return int(value)


def _read_back(name: str, value: str) -> str:
    if name == "DisplayName" and len(value) > 100:
        raise InvalidParameterException("DisplayName")
    if name == "TracingConfig" and value not in ("PassThrough", "Active"):
        raise InvalidParameterException("TracingConfig Reason: must be PassThrough or Active")
    if name.endswith("SampleRate") and value and not (value.isascii() and value.isdigit() and int(value) <= 100):
        raise InvalidParameterException(f"{name} Reason: must be an integer between 0 and 100")
    if name.endswith("RoleArn") and value and not value.startswith("arn:aws:iam::"):
        raise InvalidParameterException(f"{name} Reason: not a valid ARN")
    return value


def checked_policy(text: str, arn: str) -> str:
    """A topic's policy, which may speak of this topic alone."""
    if len(text.encode()) > limits.POLICY_BYTES:
        raise InvalidParameterException("Policy Error: the policy is too long")
    try:
        compile_document(text)
    except MalformedPolicy as error:
        raise InvalidParameterException(f"Policy Error: {error}") from None
    document = orjson.loads(text)
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise InvalidParameterException("Policy Error: Missing required field Principal")
        for action in _several(statement.get("Action", [])):
            if not action.lower().startswith("sns:") and action != "*":
                raise InvalidParameterException("Policy statement action out of service scope!")
        for resource in _several(statement.get("Resource", [])):
            if not resource.startswith(("arn:aws:sns:", "*")) and resource != arn:
                raise InvalidParameterException("Policy Error: invalid resource")
    return text


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def default_policy(arn: str) -> str:
    """What AWS gives every new topic."""
    names = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
             "Subscribe", "ListSubscriptionsByTopic", "Publish")  # fmt: skip
    document = {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{name}" for name in names],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
            }
        ],
    }
    return orjson.dumps(document).decode()


def shown(topic: Topic, arn: str, counts: dict[str, int], now: float) -> dict[str, str]:
    """As GetTopicAttributes answers; `counts` of subscriptions, by AWS's names."""
    found = {
        "TopicArn": arn,
        "Owner": arn.split(":")[4],
        "DisplayName": topic.settings.get("DisplayName", ""),
        "Policy": topic.policy or default_policy(arn),
        "EffectiveDeliveryPolicy": delivery_policies.effective_of_topic(topic.delivery_policy),
        "SubscriptionsConfirmed": str(counts["SubscriptionsConfirmed"]),
        "SubscriptionsPending": str(counts["SubscriptionsPending"]),
        "SubscriptionsDeleted": str(counts["SubscriptionsDeleted"]),
    }
    found |= {name: value for name, value in topic.settings.items() if value}
    if topic.delivery_policy:
        found["DeliveryPolicy"] = topic.delivery_policy
    if topic.kms_key:
        found["KmsMasterKeyId"] = topic.kms_key
    if topic.signature_version != "1":
        found["SignatureVersion"] = topic.signature_version
    if topic.message_bytes != limits.MESSAGE_BYTES_DEFAULT:
        found["MaximumMessageSize"] = str(topic.message_bytes)
    if topic.is_fifo:
        found["FifoTopic"] = "true"
        found["ContentBasedDeduplication"] = str(topic.dedups_by_content).lower()
        if topic.archive_days:
            found["ArchivePolicy"] = orjson.dumps({"MessageRetentionPeriod": str(topic.archive_days)}).decode()
            found["BeginningArchiveTime"] = letters.iso(int(archives.begins_at(topic, now) * 1000))
        found["FifoThroughputScope"] = "MessageGroup" if topic.dedups_by_group else "Topic"
    return found
