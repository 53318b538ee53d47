"""EventBridge's errors."""

from skyjar.kernel.errors import AccessDenied, AWSError


class AccessDeniedException(AccessDenied):
    code = "AccessDeniedException"
    status = 400


class ValidationException(AWSError):
    code = "ValidationException"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"


class ResourceAlreadyExistsException(AWSError):
    code = "ResourceAlreadyExistsException"


class InvalidEventPatternException(AWSError):
    code = "InvalidEventPatternException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}")


class LimitExceededException(AWSError):
    code = "LimitExceededException"
    sentence = "The requested resource exceeds the maximum number allowed."


class PolicyLengthExceededException(AWSError):
    code = "PolicyLengthExceededException"
    sentence = "The event bus policy is too long."


class IllegalStatusException(AWSError):
    code = "IllegalStatusException"


class ManagedRuleException(AWSError):
    code = "ManagedRuleException"
