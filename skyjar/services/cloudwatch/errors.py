"""CloudWatch's errors. Codes are those of the query protocol; the other protocols' names follow from the service model."""

from skyjar.kernel.errors import AWSError


class InvalidParameterValueException(AWSError):
    code = "InvalidParameterValue"


class InvalidParameterCombinationException(AWSError):
    code = "InvalidParameterCombination"


class MissingRequiredParameterException(AWSError):
    code = "MissingParameter"


class ValidationException(AWSError):
    code = "ValidationError"


class InvalidNextToken(AWSError):
    code = "InvalidNextToken"
    sentence = "Invalid nextToken"


class LimitExceededFault(AWSError):
    code = "LimitExceeded"


class ResourceNotFound(AWSError):
    code = "ResourceNotFound"
    status = 404


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"
    status = 404


class InvalidFormatFault(AWSError):
    code = "InvalidFormat"


class DashboardInvalidInputError(AWSError):
    code = "InvalidParameterInput"


class DashboardNotFoundError(AWSError):
    code = "ResourceNotFound"
    status = 404
