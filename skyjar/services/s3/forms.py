"""Uploads from a browser's form (POST): its fields, the policy that its signer wrote, and the signature of that. Pure but
for the answer to what is missing.

Source: S3 API reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)".
"""

from __future__ import annotations

import hashlib
import hmac
import re
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
_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
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


def check_has(fields: dict[str, str], name: str) -> None:
    """Whether the form has a field, which it must have before its file."""
    if name.lower() not in fields:
        text = f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
        raise InvalidArgument(text, ArgumentName=name, ArgumentValue="")


def signer(fields: dict[str, str]) -> str:
    """The access key of whoever signed the policy."""
    if "awsaccesskeyid" in fields:
        check_has(fields, "Signature")
        return fields["awsaccesskeyid"]
    check_has(fields, "X-Amz-Signature")
    if fields.get("x-amz-algorithm") != ALGORITHM:
        raise InvalidArgument("Only AWS4-HMAC-SHA256 is supported", ArgumentName="x-amz-algorithm")
    return fields.get("x-amz-credential", "").partition("/")[0]


def check_policy(form: Form, bucket: str, now: float) -> None:
    """Whether the form is what its policy permits. Conditions meet the fields as they are once `${filename}` is known."""
    document = _document(form.fields["policy"])
    if _expiration(document["expiration"]) <= now:
        raise AccessDenied("Invalid according to Policy: Policy expired.")
    given = {**form.fields, "bucket": bucket}
    named: set[str] = set(_FREE)
    for condition in document["conditions"]:
        if isinstance(condition, dict):
            ((name, value),) = condition.items()
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
    extra = [name for name in given if name not in named and not name.startswith("x-ignore-")]
    if extra:
        raise AccessDenied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _document(policy: str) -> dict[str, Any]:
    try:
        document = dict(orjson.loads(b64decode(policy)))
    except (ValueError, TypeError):
        raise InvalidPolicyDocument from None
    for name in ("expiration", "conditions"):
        if name not in document:
            raise InvalidPolicyDocument(f"Invalid Policy: Policy missing {name}.")
    _expiration(document["expiration"])
    if not isinstance(document["conditions"], list):
        raise InvalidPolicyDocument
    for each in document["conditions"]:
        if isinstance(each, dict) and len(each) != 1:
            raise InvalidPolicyDocument(
                "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            )
        if not isinstance(each, dict | list) or (isinstance(each, list) and len(each) != 3):
            raise InvalidPolicyDocument
    return document


def _expiration(text: Any) -> float:
    """In epoch seconds; S3 takes no other form of it."""
    if not _EXPIRATION.fullmatch(str(text)):
        raise InvalidPolicyDocument(f"Invalid Policy: Invalid 'expiration' value: '{text}'")
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise InvalidPolicyDocument(f"Invalid Policy: Invalid 'expiration' value: '{text}'") from None


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
