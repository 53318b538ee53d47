"""What S3 refuses by the head of a request alone, where its model would let the request through or mean another operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.wire.errors import WireError
from skyjar.wire.routes import query_names

if TYPE_CHECKING:
    from skyjar.wire.http import Request
    from skyjar.wire.models import OperationModel

    from .exchange import Exchange

_STREAMED = ("PutObject", "UploadPart")
_SUMMED = frozenset(
    ("DeleteObjects", "PutBucketCors", "PutBucketLifecycle", "PutBucketLifecycleConfiguration", "PutBucketTagging")
)
_ALGORITHM = "x-amz-sdk-checksum-algorithm"
_NOT_ALLOWED = "The specified method is not allowed against this resource."


def check(request: Request, model: OperationModel) -> None:
    """Raises WireError."""
    headers = request.headers
    name = model.name
    if name in _STREAMED:
        if "content-length" not in headers:
            _check_length(request)
        announced = headers.get(_ALGORITHM)
        if announced is not None and f"x-amz-checksum-{announced.lower()}" not in headers:
            _check_announced(headers)
        if request.query and name == "PutObject":
            _check_plain(request.query)
    elif name in _SUMMED:
        if not any(each == "content-md5" or each.startswith(("x-amz-checksum-", "x-amz-trailer")) for each in headers):
            text = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
            raise WireError("InvalidRequest", text)
    elif name == "CompleteMultipartUpload" and "uploadId" not in request.query:
        raise not_allowed(request)
    if "versionId" in request.query and query_names(request.query).get("versionId") == "":
        fields = {"ArgumentName": "versionId", "ArgumentValue": ""}
        raise WireError("InvalidArgument", "Version id cannot be the empty string", fields=fields)


def _check_length(request: Request) -> None:
    headers = request.headers
    if "transfer-encoding" not in headers:
        if request.version[0] == "1" and not request.body:
            raise WireError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    elif "x-amz-decoded-content-length" not in headers:
        text = "A header you provided implies functionality that is not implemented"
        raise WireError("NotImplemented", text, 501, {"Header": "Transfer-Encoding"})


def _check_announced(headers: dict[str, str]) -> None:
    """That the checksum which the request announces comes with it, before the body or behind it."""
    sums = [name for name in headers if name.startswith("x-amz-checksum-")]
    sums += headers.get("x-amz-trailer", "").split(",")
    if sums == [""]:
        text = f"{_ALGORITHM} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
        raise WireError("InvalidRequest", text)
    if f"x-amz-checksum-{headers[_ALGORITHM].lower()}" not in [name.strip().lower() for name in sums]:
        raise WireError("InvalidRequest", f"Value for {_ALGORITHM} header is invalid.")


def _check_plain(query: str) -> None:
    """Half of what makes a request one to upload a part must not become an object."""
    for name in query_names(query):
        if name in ("uploadId", "partNumber"):
            fields = {"ArgumentName": "ResourceType", "ArgumentValue": name}
            raise WireError("InvalidArgument", "This operation does not accept a query-string.", fields=fields)


def unknown(x: Exchange) -> WireError:
    """A method that there is no operation for: a bucket takes POST as a browser's form alone."""
    request = x.addressed
    if request.method == "POST" and _depth(request) == 1:
        text = "At least one of the pre-conditions you specified did not hold"
        condition = "Bucket POST must be of the enclosure-type multipart/form-data"
        return WireError("PreconditionFailed", text, 412, {"Condition": condition})
    return not_allowed(request)


def not_allowed(request: Request) -> WireError:
    kind = ("SERVICE", "BUCKET", "OBJECT")[_depth(request)]
    return WireError("MethodNotAllowed", _NOT_ALLOWED, 405, {"Method": request.method, "ResourceType": kind})


def _depth(request: Request) -> int:
    """How many of bucket and key the path names."""
    bucket, _, key = request.path[1:].partition("/")
    return bool(bucket) + bool(key)
