"""Access Analyzer's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"
    status = 403


class ConflictException(AWSError):
    code = "ConflictException"
    status = 409

    def __init__(self, sentence: str, identity: str, kind: str) -> None:
        super().__init__(sentence, resourceId=identity, resourceType=kind)


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"
    status = 404

    def __init__(self, sentence: str, identity: str, kind: str) -> None:
        super().__init__(sentence, resourceId=identity, resourceType=kind)


class ServiceQuotaExceededException(AWSError):
    code = "ServiceQuotaExceededException"
    status = 402

    def __init__(self, sentence: str, identity: str, kind: str) -> None:
        super().__init__(sentence, resourceId=identity, resourceType=kind)


class ValidationException(AWSError):
    code = "ValidationException"

    def __init__(self, sentence: str, reason: str = "fieldValidationFailed") -> None:
        super().__init__(sentence, reason=reason)
