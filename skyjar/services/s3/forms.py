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

from skyjar.kernel.blobs import Blob
from skyjar.kernel.web import WebForm

from .errors import (
    AccessDenied,
    EntityTooLarge,
    EntityTooSmall,
    InvalidArgument,
    InvalidPolicyDocument,
    MalformedPOSTRequest,
    MalformedXML,
    MaxPostPreDataLengthExceeded,
    SignatureDoesNotMatch,
)

_FREE = ("x-amz-signature", "file", "policy", "awsaccesskeyid", "signature")
ALGORITHM = "AWS4-HMAC-SHA256"


class Form:
    """`fields` by lower-case name; `filename` and `content` are the file's."""

    def __init__(self, fields: dict[str, str], filename: str, content: bytes | Blob) -> None:
        self.fields = fields
        self.filename = filename
        self.content = content

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.size


def read(given: WebForm | None) -> Form:
    """With the name of the file in place of `${filename}`, wherever it stands."""
    if given is None or given.is_malformed:
        raise MalformedPOSTRequest
    if given.is_long:
        raise MaxPostPreDataLengthExceeded
    if not given.has_file:
        raise InvalidArgument(
            "POST requires exactly one file upload per request.", ArgumentName="file", ArgumentValue=0
        )
    fields = {name: value.replace("${filename}", given.filename) for name, value in given.fields.items()}
    return Form(fields, given.filename, given.content)


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
    """Whether the form is what its policy permits. Conditions meet the fields as they are once `${filename}` is known."""
    document = _document(form.fields["policy"])
    if datetime.fromisoformat(document["expiration"].replace("Z", "+00:00")).timestamp() <= now:
        raise AccessDenied("Invalid according to Policy: Policy expired.")
    given = {**form.fields, "bucket": bucket}
    named: set[str] = set(_FREE)
    for condition in document["conditions"]:
        if isinstance(condition, dict):
            for name, value in condition.items():
                named.add(name.lower())
                _check(given, "eq", name, str(value))
            continue
        kind, name, value = (str(each) for each in condition)
        if kind.lower() == "content-length-range":
            if not (name.isdecimal() and value.isdecimal()):
                raise InvalidPolicyDocument
            _check_length(form.size, int(name), int(value))
            continue
        name = name.removeprefix("$")
        named.add(name.lower())
        _check(given, kind.lower(), name, value)
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


def _check(given: dict[str, str], kind: str, name: str, value: str) -> None:
    """Of a Content-Type with commas each has to begin so."""
    found = given.get(name.lower(), "")
    each = found.split(",") if name.lower() == "content-type" else [found]
    is_met = found == value if kind == "eq" else kind == "starts-with" and all(one.startswith(value) for one in each)
    if not is_met:
        told = ", ".join(orjson.dumps(word).decode() for word in (kind, f"${name}", value))
        raise AccessDenied(f"Invalid according to Policy: Policy Condition failed: [{told}]")


def _check_length(size: int, least: int, most: int) -> None:
    if size > most:
        raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=most)
    if size < least:
        raise EntityTooSmall(ProposedSize=size, MinSizeAllowed=least)


def tags(text: str) -> list[tuple[str, str]]:
    """The pairs of a form's `tagging` field, which is the document that PutObjectTagging takes."""
    from lxml import etree

    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise MalformedXML from None
    found = [
        (tag.findtext("{*}Key", default=""), tag.findtext("{*}Value", default=""))
        for tag in root.findall("{*}TagSet/{*}Tag")
    ]
    if etree.QName(root).localname != "Tagging" or not found:
        raise MalformedXML
    return found
