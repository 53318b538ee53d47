"""CloudFormation's errors."""

from skyjar.kernel.errors import AWSError, NotImplementedHere


class ValidationError(AWSError):
    code = "ValidationError"


class AlreadyExistsException(AWSError):
    code = "AlreadyExistsException"


class ChangeSetNotFoundException(AWSError):
    code = "ChangeSetNotFound"
    status = 404


class InvalidChangeSetStatusException(AWSError):
    code = "InvalidChangeSetStatus"


class InsufficientCapabilitiesException(AWSError):
    code = "InsufficientCapabilitiesException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class TokenAlreadyExistsException(AWSError):
    code = "TokenAlreadyExistsException"


# Words in an error's code, and what CloudFormation's resource handlers make of it.
_HANDLER_CODES = (
    (("AccessDenied", "NotAuthorized", "UnauthorizedOperation"), "AccessDenied"),
    (("AlreadyExist", "AlreadyOwned", "ResourceInUse", "ResourceConflict", "QueueNameExists"), "AlreadyExists"),
    (("NotFound", "NoSuch", "NonExistent", "DoesNotExist"), "NotFound"),
    (("Throttl", "TooManyRequests"), "Throttling"),
    (("LimitExceeded", "TooManyBuckets"), "ServiceLimitExceeded"),
    (("NotEmpty", "DeleteConflict"), "GeneralServiceException"),
)


def reason_of(error: Exception) -> str:
    """The reason that an event shows for what failed."""
    if isinstance(error, ValidationError | NotImplementedHere):
        return error.message
    if not isinstance(error, AWSError):
        return f"Internal failure: {type(error).__name__}: {error}"
    shown = f"{error.message} (Status Code: {error.status}, Error Code: {error.code})"
    return f'Resource handler returned message: "{shown}" (HandlerErrorCode: {_handler_code(error)})'


def _handler_code(error: AWSError) -> str:
    for words, code in _HANDLER_CODES:
        if any(word in error.code for word in words):
            return code
    return "InvalidRequest" if error.sender else "ServiceInternalError"
