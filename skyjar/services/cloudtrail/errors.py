"""CloudTrail's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class TrailNotFoundException(AWSError):
    code = "TrailNotFoundException"

    def __init__(self, name: str, account: str) -> None:
        super().__init__(f"Unknown trail: {name} for the user: {account}")


class TrailAlreadyExistsException(AWSError):
    code = "TrailAlreadyExistsException"

    def __init__(self, name: str, account: str) -> None:
        super().__init__(f"Trail {name} already exists for customer: {account}")


class MaximumNumberOfTrailsExceededException(AWSError):
    code = "MaximumNumberOfTrailsExceededException"

    def __init__(self, account: str, limit: int) -> None:
        super().__init__(f"User: {account} already has {limit} trails in this region.")


class InvalidTrailNameException(AWSError):
    code = "InvalidTrailNameException"


class CloudTrailARNInvalidException(AWSError):
    code = "CloudTrailARNInvalidException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Trail ARN {arn} is not valid.")


class InvalidHomeRegionException(AWSError):
    code = "InvalidHomeRegionException"

    def __init__(self, name: str, region: str) -> None:
        super().__init__(f"The trail {name} can be changed only in its home Region, {region}.")


class S3BucketDoesNotExistException(AWSError):
    code = "S3BucketDoesNotExistException"

    def __init__(self, bucket: str) -> None:
        super().__init__(f"S3 bucket {bucket} does not exist!")


class InsufficientS3BucketPolicyException(AWSError):
    code = "InsufficientS3BucketPolicyException"

    def __init__(self, bucket: str) -> None:
        super().__init__(f"Incorrect S3 bucket policy is detected for bucket: {bucket}")


class InvalidS3PrefixException(AWSError):
    code = "InvalidS3PrefixException"


class InvalidCloudWatchLogsLogGroupArnException(AWSError):
    code = "InvalidCloudWatchLogsLogGroupArnException"
    sentence = "CloudTrail cannot validate the specified log group ARN."


class InvalidCloudWatchLogsRoleArnException(AWSError):
    code = "InvalidCloudWatchLogsRoleArnException"
    sentence = "Access denied. Check the trust relationships for your role."


class InvalidParameterCombinationException(AWSError):
    code = "InvalidParameterCombinationException"


class InvalidEventSelectorsException(AWSError):
    code = "InvalidEventSelectorsException"


class InvalidLookupAttributesException(AWSError):
    code = "InvalidLookupAttributesException"


class InvalidTimeRangeException(AWSError):
    code = "InvalidTimeRangeException"
    sentence = "The start time must be before the end time."


class InvalidNextTokenException(AWSError):
    code = "InvalidNextTokenException"
    sentence = "The token is not valid."


class InvalidTokenException(AWSError):
    code = "InvalidTokenException"
    sentence = "The token is not valid."


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"The resource {arn} was not found.")


class TagsLimitExceededException(AWSError):
    code = "TagsLimitExceededException"
    sentence = "A trail can have at most 50 tags."


class InvalidTagParameterException(AWSError):
    code = "InvalidTagParameterException"


class OrganizationsNotInUseException(AWSError):
    code = "OrganizationsNotInUseException"
    sentence = "The account is not a member of an organization."


class NotOrganizationMasterAccountException(AWSError):
    code = "NotOrganizationMasterAccountException"
    sentence = "The account is not the management account of the organization."


class OrganizationNotInAllFeaturesModeException(AWSError):
    code = "OrganizationNotInAllFeaturesModeException"
    sentence = "The organization must have all features enabled."


class CloudTrailAccessNotEnabledException(AWSError):
    code = "CloudTrailAccessNotEnabledException"
    sentence = "Trusted access of cloudtrail.amazonaws.com is not enabled in the organization."
