"""The errors of Kinesis Data Streams, with AWS's sentences."""

from skyjar.kernel.errors import AWSError


class AccessDenied(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class InvalidArgumentException(AWSError):
    code = "InvalidArgumentException"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"


class ResourceInUseException(AWSError):
    code = "ResourceInUseException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class ProvisionedThroughputExceededException(AWSError):
    code = "ProvisionedThroughputExceededException"


class ExpiredIteratorException(AWSError):
    code = "ExpiredIteratorException"


class ExpiredNextTokenException(AWSError):
    code = "ExpiredNextTokenException"


class DryRunOperationException(AWSError):
    code = "DryRunOperationException"
    sentence = "Request would have succeeded, but DryRun flag is set."


class KMSAccessDeniedException(AWSError):
    code = "KMSAccessDeniedException"


class KMSDisabledException(AWSError):
    code = "KMSDisabledException"


class KMSInvalidStateException(AWSError):
    code = "KMSInvalidStateException"


class KMSNotFoundException(AWSError):
    code = "KMSNotFoundException"


class KMSThrottlingException(AWSError):
    code = "KMSThrottlingException"
