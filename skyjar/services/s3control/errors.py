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


class InvalidTag(AWSError):
    code = "InvalidTag"
    sentence = (
        "This request contains a tag key or value that isn't valid. Valid characters include the following: "
        "[a-zA-Z+-=._:/]. Tag keys can contain up to 128 characters. Tag values can contain up to 256 characters."
    )


class TooManyTags(AWSError):
    code = "TooManyTags"
    sentence = "The number of tags exceeds the limit of 50 tags. Remove some tags and try again."


class TooManyTagsException(AWSError):
    code = "TooManyTagsException"
    sentence = "The number of tags exceeds the limit of 50 tags. Remove some tags and try again."


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


# Multi-Region access points. Source: S3 API reference, "Error responses": "List of error codes", "asynchronous error codes".


class PermanentRedirect(AWSError):
    code = "PermanentRedirect"
    status = 301


class NoSuchMultiRegionAccessPoint(AWSError):
    code = "NoSuchMultiRegionAccessPoint"
    status = 404
    sentence = "The specified Multi-Region Access Point does not exist."


class NoSuchAsyncRequest(AWSError):
    code = "NoSuchAsyncRequest"
    status = 404
    sentence = "The specified request was not found."


class ClientTokenConflict(AWSError):
    code = "ClientTokenConflict"
    status = 409
    sentence = "Your Multi-Region Access Point idempotency token was already used for a different request."


class TooManyMultiRegionAccessPoints(AWSError):
    code = "TooManyMultiRegionAccessPoints"
    sentence = "You have attempted to create more Multi-Region Access Points than are allowed for an account."


class TooManyMultiRegionAccessPointregionsError(AWSError):
    code = "TooManyMultiRegionAccessPointregionsError"
    sentence = (
        "You have attempted to create a Multi-Region Access Point with more Regions than are allowed for an account."
    )


class MultiRegionAccessPointAlreadyOwnedByYou(AWSError):
    code = "MultiRegionAccessPointAlreadyOwnedByYou"
    status = 409
    sentence = "You already have a Multi-Region Access Point with the same name."


class MultiRegionAccessPointModifiedByAnotherRequest(AWSError):
    code = "MultiRegionAccessPointModifiedByAnotherRequest"
    status = 409
    sentence = (
        "The action failed because another request is modifying the specified resource. Try resubmitting your request "
        "after the previous request has been completed."
    )


class MultiRegionAccessPointNotReady(AWSError):
    code = "MultiRegionAccessPointNotReady"
    status = 409
    sentence = "The specified Multi-Region Access Point is not ready to be updated."


class MultiRegionAccessPointSameBucketRegion(AWSError):
    code = "MultiRegionAccessPointSameBucketRegion"
    sentence = "The buckets used to create a Multi-Region Access Point cannot be in the same Region."


class MultiRegionAccessPointUnsupportedRegion(AWSError):
    code = "MultiRegionAccessPointUnsupportedRegion"
    sentence = (
        "One of the buckets supplied to create the Multi-Region Access Point is in a Region that is not supported."
    )
