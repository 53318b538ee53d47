"""KMS's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class NotAuthorizedException(AWSError):
    code = "NotAuthorizedException"
    sentence = ""


class NotFoundException(AWSError):
    code = "NotFoundException"


class InvalidArnException(AWSError):
    code = "InvalidArnException"


class InvalidAliasNameException(AWSError):
    code = "InvalidAliasNameException"


class AlreadyExistsException(AWSError):
    code = "AlreadyExistsException"


class DisabledException(AWSError):
    code = "DisabledException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"{arn} is disabled.")


class KMSInvalidStateException(AWSError):
    code = "KMSInvalidStateException"


class InvalidKeyUsageException(AWSError):
    code = "InvalidKeyUsageException"


class UnsupportedOperationException(AWSError):
    code = "UnsupportedOperationException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class MalformedPolicyDocumentException(AWSError):
    code = "MalformedPolicyDocumentException"


class TagException(AWSError):
    code = "TagException"


class InvalidMarkerException(AWSError):
    code = "InvalidMarkerException"
    sentence = "Could not deserialize marker"


class InvalidCiphertextException(AWSError):
    """AWS gives no reason, and neither does this."""

    code = "InvalidCiphertextException"
    sentence = ""


class IncorrectKeyException(AWSError):
    code = "IncorrectKeyException"
    sentence = "The key ID in the request does not identify a CMK that can perform this operation."


class KMSInvalidSignatureException(AWSError):
    code = "KMSInvalidSignatureException"
    sentence = ""


class KMSInvalidMacException(AWSError):
    code = "KMSInvalidMacException"
    sentence = ""


class InvalidGrantTokenException(AWSError):
    code = "InvalidGrantTokenException"
    sentence = "The grant token is not valid."


class InvalidGrantIdException(AWSError):
    code = "InvalidGrantIdException"
    sentence = "The grant ID is not valid."


class InvalidImportTokenException(AWSError):
    code = "InvalidImportTokenException"
    sentence = "The import token is not valid for this key."


class ExpiredImportTokenException(AWSError):
    code = "ExpiredImportTokenException"
    sentence = "The import token has expired. Use GetParametersForImport to get a new import token and public key."


class IncorrectKeyMaterialException(AWSError):
    code = "IncorrectKeyMaterialException"
    sentence = "The key material in the request is not the expected key material for this key."


class DryRunOperationException(AWSError):
    code = "DryRunOperationException"
    status = 412
    sentence = "The request would have succeeded, but the DryRun option is set."
