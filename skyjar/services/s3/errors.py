"""S3's errors: codes, sentences and fields as S3 writes them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.errors import AWSError


class AccessDenied(AWSError):
    """Anonymous callers are not told why."""

    code = "AccessDenied"
    status = 403
    sentence = "Access Denied"

    def __init__(self, message: str | None = None, **fields: Any) -> None:
        super().__init__(None if message is not None and message.startswith("User: * ") else message, **fields)


class NoSuchBucket(AWSError):
    code = "NoSuchBucket"
    status = 404
    sentence = "The specified bucket does not exist"


class NoSuchAccessPoint(NoSuchBucket):
    code = "NoSuchAccessPoint"
    status = 404
    sentence = "The specified accesspoint does not exist"


class NoSuchMultiRegionAccessPoint(NoSuchBucket):
    code = "NoSuchMultiRegionAccessPoint"
    status = 404
    sentence = "The specified Multi-Region Access Point does not exist."


class BucketHasAccessPointsAttached(AWSError):
    code = "BucketHasAccessPointsAttached"
    sentence = (
        "The bucket you are attempting to delete has access points attached. Delete your access points before attempting "
        "to delete the bucket."
    )


class LambdaNotFound(AWSError):
    code = "LambdaNotFound"
    status = 404
    sentence = "The AWS Lambda function was not found."


class LambdaPermissionError(AWSError):
    code = "LambdaPermissionError"
    status = 403
    sentence = "The caller is not authorized to invoke the AWS Lambda function."


class LambdaRuntimeError(AWSError):
    code = "LambdaRuntimeError"
    status = 403
    sentence = "The AWS Lambda function failed during execution."


class LambdaResponseNotReceived(AWSError):
    code = "LambdaResponseNotReceived"
    status = 403
    sentence = "The AWS Lambda function exited without successfully calling WriteGetObjectResponse."


class NoSuchKey(AWSError):
    code = "NoSuchKey"
    status = 404
    sentence = "The specified key does not exist."


class NoSuchVersion(AWSError):
    code = "NoSuchVersion"
    status = 404
    sentence = "The specified version does not exist."


class NoSuchUpload(AWSError):
    code = "NoSuchUpload"
    status = 404
    sentence = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed."
    )


class MethodNotAllowed(AWSError):
    code = "MethodNotAllowed"
    status = 405
    sentence = "The specified method is not allowed against this resource."


class BucketAlreadyExists(AWSError):
    code = "BucketAlreadyExists"
    status = 409
    sentence = (
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please "
        "select a different name and try again."
    )


class BucketAlreadyOwnedByYou(AWSError):
    code = "BucketAlreadyOwnedByYou"
    status = 409
    sentence = "Your previous request to create the named bucket succeeded and you already own it."


class BucketNotEmpty(AWSError):
    code = "BucketNotEmpty"
    status = 409
    sentence = "The bucket you tried to delete is not empty"


class VersionedBucketNotEmpty(BucketNotEmpty):
    sentence = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."


class TooManyBuckets(AWSError):
    code = "TooManyBuckets"
    sentence = "You have attempted to create more buckets than allowed"


class InvalidBucketName(AWSError):
    code = "InvalidBucketName"
    sentence = "The specified bucket is not valid."


class IllegalLocationConstraint(AWSError):
    code = "IllegalLocationConstraintException"


class InvalidLocationConstraint(AWSError):
    code = "InvalidLocationConstraint"
    sentence = "The specified location-constraint is not valid"


class AuthorizationHeaderMalformed(AWSError):
    code = "AuthorizationHeaderMalformed"


class AuthorizationQueryParametersError(AWSError):
    code = "AuthorizationQueryParametersError"


class PermanentRedirect(AWSError):
    code = "PermanentRedirect"
    status = 301
    sentence = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "
        "future requests to this endpoint."
    )


class InvalidArgument(AWSError):
    code = "InvalidArgument"


class InvalidVersion(InvalidArgument):
    sentence = "Invalid version id specified"

    def __init__(self, version: str) -> None:
        super().__init__(ArgumentName="versionId", ArgumentValue=version)


class InvalidRequest(AWSError):
    code = "InvalidRequest"


class InvalidTag(AWSError):
    code = "InvalidTag"


class BadRequest(AWSError):
    code = "BadRequest"


class AccessForbidden(AWSError):
    code = "AccessForbidden"
    status = 403
    sentence = (
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method "
        "/ Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS "
        "spec."
    )


class MalformedXML(AWSError):
    code = "MalformedXML"
    sentence = "The XML you provided was not well-formed or did not validate against our published schema"


class MalformedPolicy(AWSError):
    code = "MalformedPolicy"


class PolicyTooLarge(AWSError):
    code = "PolicyTooLarge"
    sentence = "The policy document exceeds the maximum allowed size."


class RelativeKey(AWSError):
    """A key whose `..` lead out of the bucket: S3 says nothing but 400."""

    code = "BadRequest"
    sentence = "Bad Request"
    has_body = False


class KeyTooLong(AWSError):
    code = "KeyTooLongError"
    sentence = "Your key is too long"


class MetadataTooLarge(AWSError):
    code = "MetadataTooLarge"
    sentence = "Your metadata headers exceed the maximum allowed metadata size"


class EntityTooLarge(AWSError):
    code = "EntityTooLarge"
    sentence = "Your proposed upload exceeds the maximum allowed size"


class EntityTooSmall(AWSError):
    code = "EntityTooSmall"
    sentence = "Your proposed upload is smaller than the minimum allowed size"


class InvalidPart(AWSError):
    code = "InvalidPart"
    sentence = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag."
    )


class InvalidPartOrder(AWSError):
    code = "InvalidPartOrder"
    sentence = "The list of parts was not in ascending order. Parts must be ordered by part number."


class InvalidPartNumber(AWSError):
    code = "InvalidPartNumber"
    status = 416
    sentence = "The requested partnumber is not satisfiable"


class InvalidRange(AWSError):
    code = "InvalidRange"
    status = 416
    sentence = "The requested range is not satisfiable"


class InvalidDigest(AWSError):
    code = "InvalidDigest"
    sentence = "The Content-MD5 you specified was invalid."


class BadDigest(AWSError):
    code = "BadDigest"
    sentence = "The Content-MD5 you specified did not match what we received."


class MalformedPOSTRequest(AWSError):
    code = "MalformedPOSTRequest"
    sentence = "The body of your POST request is not well-formed multipart/form-data."


class MaxPostPreDataLengthExceeded(AWSError):
    code = "MaxPostPreDataLengthExceeded"
    sentence = "Your POST request fields preceding the upload file were too large."


class InvalidPolicyDocument(AWSError):
    code = "InvalidPolicyDocument"
    sentence = "Invalid Policy: Invalid JSON."


class SignatureDoesNotMatch(AWSError):
    code = "SignatureDoesNotMatch"
    status = 403
    sentence = (
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method."
    )


class InvalidAccessKeyId(AWSError):
    code = "InvalidAccessKeyId"
    status = 403
    sentence = "The AWS Access Key Id you provided does not exist in our records."


class InvalidStorageClass(AWSError):
    code = "InvalidStorageClass"
    sentence = "The storage class you specified is not valid"


class InvalidRedirectLocation(AWSError):
    code = "InvalidRedirectLocation"
    sentence = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."


class InvalidObjectState(AWSError):
    code = "InvalidObjectState"
    status = 403
    sentence = "The operation is not valid for the object's storage class"


class RestoreNotAllowed(InvalidObjectState):
    sentence = "Restore is not allowed for the object's current storage class"


class RestoreAlreadyInProgress(AWSError):
    code = "RestoreAlreadyInProgress"
    status = 409
    sentence = "Object restore is already in progress"


class PreconditionFailed(AWSError):
    code = "PreconditionFailed"
    status = 412
    sentence = "At least one of the pre-conditions you specified did not hold"


class NotModified(AWSError):
    code = "NotModified"
    status = 304
    sentence = "Not Modified"


class NotImplementedByS3(AWSError):
    """What AWS's S3 itself does not implement."""

    code = "NotImplemented"
    status = 501
    sentence = "A header you provided implies functionality that is not implemented"


class KeyRefused(AWSError):
    """What KMS says of a key that it does not use, such as KMS.DisabledException."""

    def __init__(self, error: AWSError) -> None:
        super().__init__(error.message)
        self.code = f"KMS.{error.code}"
        self.status = error.status


class InvalidEncryptionAlgorithm(AWSError):
    code = "InvalidEncryptionAlgorithmError"
    sentence = "The encryption request you specified is not valid. The valid value is AES256."


class AccessControlListNotSupported(AWSError):
    code = "AccessControlListNotSupported"
    sentence = "The bucket does not allow ACLs"


class MissingSecurityHeader(AWSError):
    code = "MissingSecurityHeader"
    sentence = "Your request was missing a required header"


class MalformedACL(AWSError):
    code = "MalformedACLError"
    sentence = "The XML you provided was not well-formed or did not validate against our published schema"


class PublicAclsBlocked(AccessDenied):
    sentence = (
        "Access Denied because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access."
    )


class InvalidBucketAclWithBlockPublicAccess(AWSError):
    code = "InvalidBucketAclWithBlockPublicAccessError"
    sentence = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"


class InvalidBucketAclWithObjectOwnership(AWSError):
    code = "InvalidBucketAclWithObjectOwnership"
    sentence = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"


class IllegalVersioningConfiguration(AWSError):
    code = "IllegalVersioningConfigurationException"
    sentence = "The Versioning element must be specified"


class NoSuchBucketPolicy(AWSError):
    code = "NoSuchBucketPolicy"
    status = 404
    sentence = "The bucket policy does not exist"


class NoSuchTagSet(AWSError):
    code = "NoSuchTagSet"
    status = 404
    sentence = "The TagSet does not exist"


class NoSuchLifecycleConfiguration(AWSError):
    code = "NoSuchLifecycleConfiguration"
    status = 404
    sentence = "The lifecycle configuration does not exist"


class NoSuchCORSConfiguration(AWSError):
    code = "NoSuchCORSConfiguration"
    status = 404
    sentence = "The CORS configuration does not exist"


class NoSuchWebsiteConfiguration(AWSError):
    code = "NoSuchWebsiteConfiguration"
    status = 404
    sentence = "The specified bucket does not have a website configuration"


class ReplicationConfigurationNotFound(AWSError):
    code = "ReplicationConfigurationNotFoundError"
    status = 404
    sentence = "The replication configuration was not found"


class NoSuchPublicAccessBlockConfiguration(AWSError):
    code = "NoSuchPublicAccessBlockConfiguration"
    status = 404
    sentence = "The public access block configuration was not found"


class OwnershipControlsNotFound(AWSError):
    code = "OwnershipControlsNotFoundError"
    status = 404
    sentence = "The bucket ownership controls were not found"


class ObjectLockConfigurationNotFound(AWSError):
    code = "ObjectLockConfigurationNotFoundError"
    status = 404
    sentence = "Object Lock configuration does not exist for this bucket"


class NoSuchObjectLockConfiguration(AWSError):
    code = "NoSuchObjectLockConfiguration"
    status = 404
    sentence = "The specified object does not have a ObjectLock configuration"


class NoSuchConfiguration(AWSError):
    code = "NoSuchConfiguration"
    status = 404
    sentence = "The specified configuration does not exist."


class TooManyConfigurations(AWSError):
    code = "TooManyConfigurations"
    sentence = (
        "You are attempting to create a new configuration but have already reached the 1,000-configuration limit."
    )


class InvalidTargetBucketForLogging(AWSError):
    code = "InvalidTargetBucketForLogging"


class CrossLocationLoggingProhibited(AWSError):
    code = "CrossLocationLoggingProhibited"
    status = 403
    sentence = "Cross S3 location logging not allowed. "


class InvalidBucketState(AWSError):
    code = "InvalidBucketState"
    status = 409


class ObjectNotInActiveTier(AWSError):
    code = "ObjectNotInActiveTierError"
    status = 403
    sentence = "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."


class SlowDown(AWSError):
    code = "SlowDown"
    status = 503
    sentence = "Please reduce your request rate."
