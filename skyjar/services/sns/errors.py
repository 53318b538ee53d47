"""SNS's errors."""

from skyjar.kernel.errors import AWSError


class AuthorizationErrorException(AWSError):
    code = "AuthorizationError"
    status = 403


class InvalidParameterException(AWSError):
    """The sentence begins with `Invalid parameter: `, which is added."""

    code = "InvalidParameter"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid parameter: {reason}")


class InvalidParameterValueException(AWSError):
    code = "ParameterValueInvalid"


class NotFoundException(AWSError):
    code = "NotFound"
    status = 404


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFound"
    status = 404


class EndpointDisabledException(AWSError):
    code = "EndpointDisabled"
    sentence = "Endpoint is disabled"


class PlatformApplicationDisabledException(AWSError):
    code = "PlatformApplicationDisabled"
    sentence = "Platform application is disabled"


class FilterPolicyLimitExceededException(AWSError):
    code = "FilterPolicyLimitExceeded"
    status = 403
    sentence = "Filter policy limit exceeded"


class SubscriptionLimitExceededException(AWSError):
    code = "SubscriptionLimitExceeded"
    status = 403
    sentence = "Subscription limit exceeded"


class TopicLimitExceededException(AWSError):
    code = "TopicLimitExceeded"
    status = 403
    sentence = "Topic limit exceeded"


class TagLimitExceededException(AWSError):
    code = "TagLimitExceeded"
    sentence = "Could not complete request: tag quota of per resource exceeded"


class EmptyBatchRequestException(AWSError):
    code = "EmptyBatchRequest"
    sentence = "The batch request doesn't contain any entries."


class TooManyEntriesInBatchRequestException(AWSError):
    code = "TooManyEntriesInBatchRequest"
    sentence = "The batch request contains more entries than permissible."


class BatchEntryIdsNotDistinctException(AWSError):
    code = "BatchEntryIdsNotDistinct"
    sentence = "Two or more batch entries in the request have the same Id."


class InvalidBatchEntryIdException(AWSError):
    code = "InvalidBatchEntryId"
    sentence = "The Id of a batch entry in a batch request doesn't abide by the specification."


class BatchRequestTooLongException(AWSError):
    code = "BatchRequestTooLong"
    sentence = "The length of all the batch messages put together is more than the limit."


class InvalidStateException(AWSError):
    code = "InvalidState"


class OptedOutException(AWSError):
    code = "OptedOut"


class UserErrorException(AWSError):
    code = "UserError"


class VerificationException(AWSError):
    code = "VerificationException"


class KMSAccessDeniedException(AWSError):
    code = "KMSAccessDenied"


class KMSDisabledException(AWSError):
    code = "KMSDisabled"


class KMSInvalidStateException(AWSError):
    code = "KMSInvalidState"


class KMSNotFoundException(AWSError):
    code = "KMSNotFound"


class KMSThrottlingException(AWSError):
    code = "KMSThrottling"
