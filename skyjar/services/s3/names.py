"""What a bucket may be called, and what a key may be. Pure. Source: "General purpose bucket naming rules"."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

from . import limits
from .errors import InvalidArgument, InvalidBucketName, KeyTooLong, NoSuchKey, RelativeKey

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
OWN = "account-regional"
_NAMESPACES = ("global", OWN)
_OWN_NAME = re.compile(r".-\d{12}-[a-z]{2}(-[a-z]+)+-\d-an$")
_PAIRS = ("..", ".-", "-.")  # the last two of the older page "Bucket restrictions and limitations", still refused
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket(name: str) -> None:
    if (
        not _NAME.fullmatch(name)
        or any(pair in name for pair in _PAIRS)
        or _ADDRESS.fullmatch(name)
        or name.startswith(_PREFIXES)
        or name.endswith(_SUFFIXES)
    ):
        raise InvalidBucketName(BucketName=name)


def check_namespace(name: str, namespace: str, account: str, region: str) -> None:
    """Of an account's own names in a Region, which nobody else can take, and which end with both. Source: "Namespaces for general
    purpose buckets"."""
    if namespace not in _NAMESPACES:
        raise InvalidArgument(
            f"Invalid x-amz-bucket-namespace header: {namespace}",
            ArgumentName="x-amz-bucket-namespace",
            ArgumentValue=namespace,
        )
    if (namespace == OWN) != bool(_OWN_NAME.search(name)):
        raise InvalidBucketName(BucketName=name)
    if namespace == OWN and not name.endswith(own_suffix(account, region)):
        raise InvalidBucketName(BucketName=name)


def own_suffix(account: str, region: str) -> str:
    return f"-{account}-{region}-an"


def check_key(key: str) -> None:
    size = len(key) if key.isascii() else len(key.encode())
    if size > limits.KEY_BYTES:
        raise KeyTooLong(Size=size, MaxSizeAllowed=limits.KEY_BYTES)
    if not key:
        raise NoSuchKey(Key=key)
    if ".." in key:
        check_way(key)


def check_way(key: str) -> None:
    """Whether its `..`, from left to right, are never more than the names that they step back over. Source: S3 User Guide,
    "Naming Amazon S3 objects"."""
    depth = 0
    for part in key.split("/"):
        depth += -1 if part == ".." else 1
        if depth < 0:
            raise RelativeKey


def encode(text: str, encoding: str) -> str:
    """A key in an answer whose `encoding-type` is url, or as it is."""
    return quote_plus(text, safe="/") if encoding else text
