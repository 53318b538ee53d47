"""Deployment packages on their way in: from the request or from S3 to a blob, then checked and unpacked outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.outside import Failed, Outside
from skyjar.runtime.invocations import Package, PackageRefused, Unpack

from . import limits
from .errors import InvalidParameterValueException, RequestEntityTooLargeException, ServiceException

Code = dict[str, Any]


def unpacked(call: Call, code: Code, operation: str, then: Callable[[Call, dict[str, Any]], Any]) -> Outside:
    """`then` gets the fields of a record that the package sets."""
    blob = _blob_of(call, code, operation)

    def finish(call: Call, package: Package | PackageRefused | Failed) -> Any:
        if isinstance(package, Failed):
            raise ServiceException(str(package))
        if isinstance(package, PackageRefused):
            raise InvalidParameterValueException(str(package))
        return then(
            call,
            {
                "code_blob": blob,
                "code_sha256": package.sha256,
                "code_size": package.size,
                "code_unzipped": package.unzipped,
                "download": call.chance.hex(32),
            },
        )

    return Outside(Unpack(blob), finish)


def _blob_of(call: Call, code: Code, operation: str) -> str:
    if code.get("ImageUri"):
        raise NotImplementedHere(
            "Skyjar does not implement functions from container images (PackageType=Image, Code.ImageUri). Use a ZIP."
        )
    zipped = code.get("ZipFile")
    if zipped is not None:
        if len(zipped) * 4 // 3 > limits.REQUEST_BYTES:
            raise RequestEntityTooLargeException(
                f"Request must be smaller than {limits.REQUEST_BYTES} bytes for the {operation} operation"
            )
        if len(zipped) > limits.ZIPPED_BYTES:
            raise RequestEntityTooLargeException(f"Zip file must be smaller than {limits.ZIPPED_BYTES} bytes")
        return call.blobs.put(zipped).name
    if not code.get("S3Bucket") or not code.get("S3Key"):
        raise InvalidParameterValueException("Please provide a source for function code.")
    return _from_s3(call, code)


def _from_s3(call: Call, code: Code) -> str:
    wanted = {"bucket": code["S3Bucket"], "key": code["S3Key"]}
    if code.get("S3ObjectVersion"):
        wanted["version_id"] = code["S3ObjectVersion"]
    try:
        body = call.ask("s3").get_object(**wanted)["Body"]
    except NotImplementedHere:
        raise
    except AWSError as error:
        raise InvalidParameterValueException(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        ) from error
    if isinstance(body, bytes):
        return call.blobs.put(body).name
    name: str = getattr(body, "name", "")
    return name or call.blobs.put(body.read()).name
