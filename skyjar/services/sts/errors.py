"""STS's errors."""

from skyjar.kernel.errors import AccessDenied, AWSError, ValidationError

__all__ = ["AccessDenied", "ValidationError"]


class MalformedPolicyDocumentException(AWSError):
    code = "MalformedPolicyDocument"


class PackedPolicyTooLargeException(AWSError):
    code = "PackedPolicyTooLarge"

    def __init__(self, percent: int) -> None:
        super().__init__(f"Packed policy consumes {percent}% of allotted space, please use smaller policy.")


class InvalidParameterValue(AWSError):
    code = "InvalidParameterValue"


class MultiFactorFailed(AccessDenied):
    sentence = (
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is "
        "valid and associated with this user."
    )


class InvalidIdentityTokenException(AWSError):
    code = "InvalidIdentityToken"


class ExpiredTokenException(AWSError):
    code = "ExpiredTokenException"


class IDPCommunicationErrorException(AWSError):
    code = "IDPCommunicationError"


class InvalidAuthorizationMessageException(AWSError):
    code = "InvalidAuthorizationMessageException"


class OutboundWebIdentityFederationDisabledException(AWSError):
    code = "OutboundWebIdentityFederationDisabledException"
    status = 403


class SessionDurationEscalationException(AWSError):
    code = "SessionDurationEscalationException"
    status = 403
