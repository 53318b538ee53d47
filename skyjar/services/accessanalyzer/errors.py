"""Access Analyzer's errors."""

from skyjar.kernel.errors import AWSError


class _OfResource(AWSError):
    """Names the resource that it is about."""

    def __init__(self, sentence: str, identity: str, kind: str) -> None:
        super().__init__(sentence, resourceId=identity, resourceType=kind)


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"
    status = 403


class ConflictException(_OfResource):
    code = "ConflictException"
    status = 409


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class ResourceNotFoundException(_OfResource):
    code = "ResourceNotFoundException"
    status = 404


class ServiceQuotaExceededException(_OfResource):
    code = "ServiceQuotaExceededException"
    status = 402


class ValidationException(AWSError):
    code = "ValidationException"

    def __init__(self, sentence: str, reason: str = "fieldValidationFailed") -> None:
        super().__init__(sentence, reason=reason)
