"""IAM's errors."""

from skyjar.kernel.errors import AccessDenied, AWSError, ValidationError

__all__ = ["AccessDenied", "ValidationError"]


class NoSuchEntityException(AWSError):
    code = "NoSuchEntity"
    status = 404


class EntityAlreadyExistsException(AWSError):
    code = "EntityAlreadyExists"
    status = 409


class DeleteConflictException(AWSError):
    code = "DeleteConflict"
    status = 409


class LimitExceededException(AWSError):
    code = "LimitExceeded"
    status = 409


class MalformedPolicyDocumentException(AWSError):
    code = "MalformedPolicyDocument"


class InvalidInputException(AWSError):
    code = "InvalidInput"


class PolicyNotAttachableException(AWSError):
    code = "PolicyNotAttachable"


class UnmodifiableEntityException(AWSError):
    code = "UnmodifiableEntity"


class FeatureEnabledException(AWSError):
    code = "FeatureEnabled"
    status = 409


class FeatureDisabledException(AWSError):
    code = "FeatureDisabled"
    status = 404


class InvalidAuthenticationCodeException(AWSError):
    code = "InvalidAuthenticationCode"
    status = 403


class PasswordPolicyViolationException(AWSError):
    code = "PasswordPolicyViolation"
    sentence = "Password does not conform to the account password policy."


class InvalidUserTypeException(AWSError):
    code = "InvalidUserType"


class MalformedCertificateException(AWSError):
    code = "MalformedCertificate"


class KeyPairMismatchException(AWSError):
    code = "KeyPairMismatch"


class InvalidCertificateException(AWSError):
    code = "InvalidCertificate"


class DuplicateCertificateException(AWSError):
    code = "DuplicateCertificate"
    status = 409


class InvalidPublicKeyException(AWSError):
    code = "InvalidPublicKey"


class DuplicateSSHPublicKeyException(AWSError):
    code = "DuplicateSSHPublicKey"


class UnrecognizedPublicKeyEncodingException(AWSError):
    code = "UnrecognizedPublicKeyEncoding"


class ServiceNotSupportedException(AWSError):
    code = "NotSupportedService"
    status = 404


class CredentialReportNotPresentException(AWSError):
    code = "ReportNotPresent"
    status = 410


class CredentialReportExpiredException(AWSError):
    code = "ReportExpired"
    status = 410


class CredentialReportNotReadyException(AWSError):
    code = "ReportInProgress"
    status = 404


class InvalidClientTokenId(AWSError):
    """What a session that may not use IAM gets."""

    code = "InvalidClientTokenId"
    status = 403
    sentence = "The security token included in the request is invalid"


def no_user(name: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"The user with name {name} cannot be found.")


def no_group(name: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"The group with name {name} cannot be found.")


def no_role(name: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"The role with name {name} cannot be found.")


def no_policy(arn: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"Policy {arn} was not found.")


def no_profile(name: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"Instance Profile {name} cannot be found.")


def over_quota(quota: str, limit: int) -> LimitExceededException:
    return LimitExceededException(f"Cannot exceed quota for {quota}: {limit}")
