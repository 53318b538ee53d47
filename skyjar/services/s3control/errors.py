"""S3 Control's errors."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError


class NoSuchPublicAccessBlockConfiguration(AWSError):
    code = "NoSuchPublicAccessBlockConfiguration"
    status = 404
    sentence = "The public access block configuration was not found"


class NoSuchAccessPoint(AWSError):
    code = "NoSuchAccessPoint"
    status = 404
    sentence = "The specified accesspoint does not exist"


class NoSuchAccessPointPolicy(AWSError):
    code = "NoSuchAccessPointPolicy"
    status = 404
    sentence = "The specified accesspoint policy does not exist"


class AccessPointAlreadyOwnedByYou(AWSError):
    code = "AccessPointAlreadyOwnedByYou"
    status = 409
    sentence = "Your previous request to create the named accesspoint succeeded and you already own it."


class TooManyAccessPoints(AWSError):
    code = "TooManyAccessPoints"
    sentence = "You have attempted to create more access points than allowed"


class InvalidRequest(AWSError):
    code = "InvalidRequest"


class MalformedPolicy(AWSError):
    code = "MalformedPolicy"


class PolicyTooLarge(AWSError):
    code = "PolicyTooLarge"
    sentence = "The policy document exceeds the maximum allowed size."


class NotFoundException(AWSError):
    code = "NoSuchJob"
    status = 404
    sentence = "The specified job does not exist"


class JobStatusException(AWSError):
    code = "JobStatusException"


class IdempotencyException(AWSError):
    code = "IdempotencyException"
    sentence = "A job with this client request token and other parameters exists already."


class ManifestFailed(AWSError):
    """The manifest of a job cannot be used; told with the job."""

    code = "ManifestInvalid"
