"""What an endpoint of each protocol looks like, and whether a topic may have it. Pure."""

from __future__ import annotations

import re

from skyjar.kernel.errors import NotImplementedHere

from .errors import InvalidParameterException
from .state import Topic

PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
CONFIRMED_BY_TOKEN = ("http", "https", "email", "email-json")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,24}\Z")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_URL = re.compile(r"(https?)://[^\s/?#]+(?:[/?#]\S*)?\Z")


def check(topic: Topic, protocol: str, endpoint: str) -> None:
    if protocol not in PROTOCOLS:
        raise InvalidParameterException(f"Amazon SNS does not support this protocol string: {protocol}")
    if protocol == "firehose":
        raise NotImplementedHere("Skyjar does not implement the protocol firehose of sns:Subscribe.")
    if topic.is_fifo and protocol != "sqs":
        raise InvalidParameterException(f"Invalid protocol type: {protocol}")
    if protocol in ("http", "https"):
        found = _URL.match(endpoint)
        if found is None or found[1] != protocol:
            raise InvalidParameterException("Endpoint must match the specified protocol")
    elif protocol.startswith("email"):
        if not _MAIL.match(endpoint):
            raise InvalidParameterException("Email address")
    elif protocol == "sms":
        if not is_phone(endpoint):
            raise InvalidParameterException(f"Invalid SMS endpoint: {endpoint}")
    else:
        _check_arn(topic, protocol, endpoint)


def is_phone(text: str) -> bool:
    return _PHONE.match(text) is not None and sum(char.isdigit() for char in text) >= 5


def _check_arn(topic: Topic, protocol: str, endpoint: str) -> None:
    parts = endpoint.split(":")
    is_right = len(parts) > 5 and parts[:2] == ["arn", "aws"] and len(parts[4]) == 12 and all(parts[3:6])
    if protocol == "sqs":
        if not is_right or len(parts) != 6 or parts[2] != "sqs":
            raise InvalidParameterException("SQS endpoint ARN")
        if endpoint.endswith(".fifo") and not topic.is_fifo:
            raise InvalidParameterException(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
            )
    elif protocol == "lambda":
        if not is_right or parts[2] != "lambda" or parts[5] != "function" or len(parts) not in (7, 8):
            raise InvalidParameterException("Lambda endpoint ARN")
    elif not is_right or parts[2] != "sns" or not parts[5].startswith("endpoint/"):
        raise InvalidParameterException(f"Application endpoint arn invalid:{endpoint}")
