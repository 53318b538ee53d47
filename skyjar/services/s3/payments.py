"""Requester pays: whose the costs are, and who may ask without saying so."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state
from .errors import AccessDenied, MalformedXML
from .state import Bucket

REQUESTER = "requester"


@operation
def get_bucket_request_payment(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    return {"Payer": "Requester" if where.requester_pays else "BucketOwner"}


@operation
def put_bucket_request_payment(
    call: Call,
    *,
    bucket: str,
    request_payment_configuration: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    payer = request_payment_configuration["Payer"]
    if payer not in ("Requester", "BucketOwner"):
        raise MalformedXML
    state.buckets.replace(call, where, state.replace(where, requester_pays=payer == "Requester"))


def check(call: Call, bucket: Bucket, parameters: dict[str, Any]) -> None:
    """Somebody else must say that it pays, which nobody anonymous can."""
    if call.caller.account == bucket.account or call.caller.kind == "service":
        return
    if call.caller.kind == "anonymous" or parameters.get("request_payer") != REQUESTER:
        raise AccessDenied


def shown(call: Call, bucket: Bucket) -> dict[str, str]:
    return {"RequestCharged": REQUESTER} if call.caller.account != bucket.account else {}
