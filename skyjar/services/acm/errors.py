"""ACM's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ConflictException(AWSError):
    code = "ConflictException"


class InvalidArgsException(AWSError):
    code = "InvalidArgsException"


class InvalidArnException(AWSError):
    code = "InvalidArnException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"The ARN {arn} refers to an invalid resource.")


class InvalidDomainValidationOptionsException(AWSError):
    code = "InvalidDomainValidationOptionsException"


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class InvalidStateException(AWSError):
    code = "InvalidStateException"


class InvalidTagException(AWSError):
    code = "InvalidTagException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class RequestInProgressException(AWSError):
    code = "RequestInProgressException"
    sentence = "The certificate request is in process and the certificate in your account has not yet been issued."


class ResourceInUseException(AWSError):
    code = "ResourceInUseException"

    def __init__(self, arn: str, account: str) -> None:
        super().__init__(f"Certificate {arn} in account {account} is in use.")


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Could not find certificate {arn}.")


class TooManyTagsException(AWSError):
    code = "TooManyTagsException"


class ValidationException(AWSError):
    code = "ValidationException"
