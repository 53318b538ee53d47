"""How requests of S3 say what they are about by their host names: buckets, access points, and the services that share S3's signing name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skyjar.wire.http import Request

if TYPE_CHECKING:
    from .exchange import Exchange

_S3_HOST = re.compile(
    r"^(?P<bucket>.+)\.s3(?:-accelerate(?:\.dualstack)?|[.-](?:dualstack\.)?(?:[a-z]{2}(?:-[a-z]+)+-\d))?"
    r"(?:\.amazonaws\.com|\.localhost(?:\.localstack\.cloud)?)(?::\d+)?$"
)
CONTROL = "/v20180820/"
_POINT_HOST = re.compile(
    r"^(?P<name>[a-z0-9-]+)-(?P<account>\d{12})\.s3-accesspoint(?:-fips)?\.(?:dualstack\.)?"
    r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com|localhost(?:\.localstack\.cloud)?)(?::\d+)?$"
)
OBJECT_LAMBDA = "s3-object-lambda"
_OBJECT_LAMBDA_HOST = re.compile(r"^(?P<name>[a-z0-9-]+)-(?P<account>\d{12})\.")
ABSENT = {
    "s3express": "S3's directory buckets (S3 Express One Zone)",
    "s3-outposts": "S3 on Outposts",
}  # by what they sign for
_MULTI_REGION_HOST = re.compile(
    r"^(?P<alias>[a-z0-9]+\.mrap)\.accesspoint\.s3-global\.(?:amazonaws\.com|localhost(?:\.localstack\.cloud)?)(?::\d+)?$"
)
MULTI_REGION = "s3-multi-region"  # the label of a request to a Multi-Region access point, which S3 finds a Region for
_BUCKET_HOST = re.compile(r"^(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.(?:localhost|127\.0\.0\.1)(?::\d+)?$")


def is_control(request: Request) -> bool:
    """S3 Control shares S3's signing name; its requests name the account in a header, and in the host on AWS."""
    return request.path.startswith(CONTROL) and "x-amz-account-id" in request.headers


def addressed(x: Exchange, name: str) -> Request:
    """The request, with a bucket in the host name moved into the path (virtual-host style)."""
    request = x.request
    if name == "s3" and "s3-bucket" not in x.labels:
        bucket = _object_lambda_of(x) if _is_object_lambda(x) else _bucket_of(request.host)
        if bucket is not None:
            x.labels = {**x.labels, "s3-bucket": bucket}
            if bucket.startswith("arn:aws:s3:::"):
                x.labels[MULTI_REGION] = bucket
            x.is_accelerated = ".s3-accelerate." in request.host
            x.addressed = Request(
                request.method,
                f"/{bucket}{request.path}",
                request.query,
                request.headers,
                request.body,
                scheme=request.scheme,
                peer=request.peer,
                version=request.version,
            )
    return x.addressed


def _is_object_lambda(x: Exchange) -> bool:
    return x.credential is not None and x.credential.service == OBJECT_LAMBDA


def _object_lambda_of(x: Exchange) -> str | None:
    """The ARN of an Object Lambda access point, whose host name may be like an access point's: the signature tells them
    apart. A function's answer to one has a host name of its own, which names nothing."""
    match = _OBJECT_LAMBDA_HOST.match(x.request.host)
    if match is None or x.request.path == "/WriteGetObjectResponse":
        return None
    assert x.credential is not None
    return f"arn:aws:s3-object-lambda:{x.credential.region}:{match['account']}:accesspoint:{match['name']}"


def _bucket_of(host: str) -> str | None:
    """The bucket that a host name names, or the ARN of an access point, in the form without a slash."""
    point = _POINT_HOST.match(host)
    if point is not None:
        return f"arn:aws:s3:{point['region']}:{point['account']}:accesspoint:{point['name']}"
    multi = _MULTI_REGION_HOST.match(host)
    if multi is not None:
        return f"arn:aws:s3:::accesspoint:{multi['alias']}"
    match = _S3_HOST.match(host) or _BUCKET_HOST.match(host)
    return match["bucket"] if match is not None and match["bucket"] != "s3" else None
