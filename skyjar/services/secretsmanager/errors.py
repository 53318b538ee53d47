"""Secrets Manager's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"
    sentence = "Secrets Manager can't find the specified secret."


class ResourceExistsException(AWSError):
    code = "ResourceExistsException"


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class InvalidRequestException(AWSError):
    code = "InvalidRequestException"


class InvalidNextTokenException(AWSError):
    code = "InvalidNextTokenException"
    sentence = "The NextToken value is invalid."


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class MalformedPolicyDocumentException(AWSError):
    code = "MalformedPolicyDocumentException"
    sentence = "This resource policy contains invalid Json"


class PublicPolicyException(AWSError):
    code = "PublicPolicyException"
    sentence = "This resource policy grants broad access to the secret."


class EncryptionFailure(AWSError):
    code = "EncryptionFailure"
    sentence = "Secrets Manager can't encrypt the protected secret text using the provided KMS key."


class DecryptionFailure(AWSError):
    code = "DecryptionFailure"
    sentence = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."


def marked() -> InvalidRequestException:
    return InvalidRequestException("You can't perform this operation on the secret because it was marked for deletion.")


def is_replica() -> InvalidRequestException:
    return InvalidRequestException(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    )
