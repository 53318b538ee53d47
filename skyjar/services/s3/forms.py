"""Uploads from a browser's form (POST): its fields, the policy that its signer wrote, and the signature of that. Pure but
for the answer to what is missing.

Source: S3 API reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)".
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

import orjson

from .errors import (
    AccessDenied,
    EntityTooLarge,
    EntityTooSmall,
    InvalidArgument,
    InvalidPolicyDocument,
    MalformedPOSTRequest,
    SignatureDoesNotMatch,
)

_FREE = ("x-amz-signature", "file", "policy", "awsaccesskeyid", "signature")
ALGORITHM = "AWS4-HMAC-SHA256"


class Form:
    """`fields` by lower-case name; `filename` and `content` are the file's."""

    def __init__(self, fields: dict[str, str], filename: str, content: bytes) -> None:
        self.fields = fields
        self.filename = filename
        self.content = content


def read(body: bytes, content_type: str) -> Form:
    """The fields up to the file; what comes after that is ignored, as S3 does."""
    _, _, after = content_type.partition("boundary=")
    boundary = after.partition(";")[0].strip().strip('"').encode()
    if not boundary or not body.rstrip().endswith(b"--"):
        raise MalformedPOSTRequest
    fields: dict[str, str] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, gap, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not gap:
            continue
        name, filename = _disposition(head.decode("utf-8", "replace"))
        if name == "file":
            return Form(fields, filename, content)
        fields[name] = content.decode("utf-8", "replace")
    raise InvalidArgument("POST requires exactly one file upload per request.", ArgumentName="file", ArgumentValue=0)


def _disposition(head: str) -> tuple[str, str]:
    name = filename = ""
    for line in head.split("\r\n"):
        if line.lower().startswith("content-disposition:"):
            for piece in line.split(";")[1:]:
                key, _, value = piece.strip().partition("=")
                if key.lower() == "name":
                    name = value.strip('"').lower()
                elif key.lower() == "filename":
                    filename = value.strip('"').rpartition("/")[2].rpartition("\\")[2]
    return name, filename


def check_signature(fields: dict[str, str], secret: str) -> None:
    """Of the policy, by its signer's key: version 4, whose credential is `key/date/region/s3/aws4_request`, or version 2,
    which SDKs still use in us-east-1."""
    if "x-amz-credential" not in fields:
        digest = hmac.digest(secret.encode(), fields["policy"].encode(), hashlib.sha1)
        if not hmac.compare_digest(b64encode(digest).decode(), fields.get("signature", "")):
            raise SignatureDoesNotMatch
        return
    scope = fields.get("x-amz-credential", "").split("/")[1:]
    key = ("AWS4" + secret).encode()
    for piece in scope:
        key = hmac.digest(key, piece.encode(), hashlib.sha256)
    expected = hmac.digest(key, fields["policy"].encode(), hashlib.sha256).hex()
    if not hmac.compare_digest(expected, fields.get("x-amz-signature", "")):
        raise SignatureDoesNotMatch


def signer(fields: dict[str, str]) -> str:
    """The access key of whoever signed the policy."""
    if "awsaccesskeyid" in fields:
        return fields["awsaccesskeyid"]
    if fields.get("x-amz-algorithm") != ALGORITHM:
        raise InvalidArgument("Only AWS4-HMAC-SHA256 is supported", ArgumentName="x-amz-algorithm")
    return fields.get("x-amz-credential", "").partition("/")[0]


def check_policy(form: Form, bucket: str, now: float) -> None:
    """Whether the form is what its policy permits."""
    document = _document(form.fields["policy"])
    if datetime.fromisoformat(document["expiration"].replace("Z", "+00:00")).timestamp() <= now:
        raise AccessDenied("Invalid according to Policy: Policy expired.")
    given = {**form.fields, "bucket": bucket}
    named: set[str] = set(_FREE)
    for condition in document["conditions"]:
        if isinstance(condition, dict):
            for name, value in condition.items():
                named.add(name.lower())
                _check(given, "eq", name.lower(), str(value), condition)
            continue
        kind, name, value = (str(each) for each in condition)
        if kind.lower() == "content-length-range":
            if not (name.isdecimal() and value.isdecimal()):
                raise InvalidPolicyDocument
            _check_length(len(form.content), int(name), int(value))
            continue
        name = name.removeprefix("$").lower()
        named.add(name)
        _check(given, kind.lower(), name, value, condition)
    extra = [name for name in form.fields if name not in named and not name.startswith("x-ignore-")]
    if extra:
        raise AccessDenied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _document(policy: str) -> dict[str, Any]:
    try:
        document = orjson.loads(b64decode(policy))
        conditions = document["conditions"]
        datetime.fromisoformat(document["expiration"].replace("Z", "+00:00"))
        is_right = all(isinstance(each, dict) or (isinstance(each, list) and len(each) == 3) for each in conditions)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidPolicyDocument from None
    if not is_right:
        raise InvalidPolicyDocument
    return dict(document)


def _check(given: dict[str, str], kind: str, name: str, value: str, condition: Any) -> None:
    found = given.get(name, "")
    is_met = found == value if kind == "eq" else found.startswith(value) if kind == "starts-with" else False
    if not is_met:
        told = orjson.dumps(condition if not isinstance(condition, dict) else ["eq", f"${name}", value]).decode()
        raise AccessDenied(f"Invalid according to Policy: Policy Condition failed: {told}")


def _check_length(size: int, least: int, most: int) -> None:
    if size > most:
        raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=most)
    if size < least:
        raise EntityTooSmall(ProposedSize=size, MinSizeAllowed=least)
