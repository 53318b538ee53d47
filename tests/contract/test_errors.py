"""Every error of a service is one that AWS has: its code is in botocore's model, or common to all, or excused here."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import pytest

from skyjar.kernel import service as services
from skyjar.kernel.errors import AWSError
from skyjar.wire import models

# Source: "Common errors" in every service's API reference; no model has them.
COMMON = {
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "IncompleteSignature", "InternalFailure",
    "InvalidClientTokenId", "InvalidParameterValue", "MissingParameter", "OptInRequired", "RequestExpired",
    "ServiceUnavailable", "ThrottlingException", "ValidationError", "ValidationException",
}  # fmt: skip
# Models that lack most of their service's errors.
UNMODELLED = {
    "s3": 'Amazon S3 API reference, "Error responses"',
    "s3control": 'Amazon S3 API reference, "Error responses": its access points and jobs answer with S3\'s codes',
}
EXCUSED = {
    ("kms", "NotAuthorizedException"): "what CreateAlias answers to a name that is reserved for AWS",
    ("lambda", "RequestEntityTooLargeException"): "what its front end answers to a payload over 6 MB",
    ("pricing", "InvalidSignatureException"): "what every service answers to a signature for another Region",
    **{
        ("sqs", f"KMS.{name}Exception"): "KMS's own error, handed through by the query protocol"
        for name in ("AccessDenied", "Disabled", "InvalidKeyUsage", "InvalidState", "NotFound", "Throttling")
    },
}
OTHER_STATUS: dict[tuple[str, str], str] = {}


def errors(folder: str) -> Iterator[type[AWSError]]:
    module = importlib.import_module(f"{services.PACKAGE}.{folder}.errors")
    for thing in vars(module).values():
        if inspect.isclass(thing) and issubclass(thing, AWSError) and thing.__module__ == module.__name__:
            yield thing


@pytest.mark.parametrize("folder", services.names())
def test_codes_are_those_of_aws(folder: str) -> None:
    service = services.load(folder)
    assert service is not None
    model = models.service(service.model)
    unknown = [
        f"{error.__name__}: {error.code}"
        for error in errors(folder)
        if model.error_shape(error.code) is None
        and error.code not in COMMON
        and service.name not in UNMODELLED
        and (service.name, error.code) not in EXCUSED
    ]
    assert not unknown, unknown


@pytest.mark.parametrize("folder", services.names())
def test_statuses_are_those_of_the_model(folder: str) -> None:
    service = services.load(folder)
    assert service is not None
    model = models.service(service.model)
    wrong = []
    for error in errors(folder):
        shape = model.error_shape(error.code)
        status = model.shape(shape).error.get("httpStatusCode") if shape is not None else None
        if status not in (None, error.status) and (service.name, error.code) not in OTHER_STATUS:
            wrong.append(f"{error.__name__}: {error.status}, in the model {status}")
    assert not wrong, wrong
