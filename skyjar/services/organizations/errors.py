"""Organizations' errors. Where AWS gives a reason beside the code, it is the member `Reason`."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"
    sentence = "You don't have permissions to access this resource."


class AWSOrganizationsNotInUseException(AWSError):
    code = "AWSOrganizationsNotInUseException"
    sentence = "Your account is not a member of an organization."


class AlreadyInOrganizationException(AWSError):
    code = "AlreadyInOrganizationException"
    sentence = "The AWS account is already a member of an organization."


class OrganizationNotEmptyException(AWSError):
    code = "OrganizationNotEmptyException"
    sentence = "To delete an organization you must first remove all member accounts (except the master)."


class MasterCannotLeaveOrganizationException(AWSError):
    code = "MasterCannotLeaveOrganizationException"
    sentence = (
        "You can't remove a management account from an organization. If you want the management account to become a "
        "member account in another organization, you must first delete the current organization of the management "
        "account."
    )


class AccountNotFoundException(AWSError):
    code = "AccountNotFoundException"
    sentence = "You specified an account that doesn't exist."


class AccountAlreadyClosedException(AWSError):
    code = "AccountAlreadyClosedException"
    sentence = "You attempted to close an account that is already closed."


class AccountAlreadyRegisteredException(AWSError):
    code = "AccountAlreadyRegisteredException"
    sentence = "The provided account is already a delegated administrator for your organization."


class AccountNotRegisteredException(AWSError):
    code = "AccountNotRegisteredException"
    sentence = "The provided account is not a registered delegated administrator for your organization."


class CreateAccountStatusNotFoundException(AWSError):
    code = "CreateAccountStatusNotFoundException"
    sentence = "You specified a create account request that doesn't exist."


class RootNotFoundException(AWSError):
    code = "RootNotFoundException"
    sentence = "You specified a root that doesn't exist."


class OrganizationalUnitNotFoundException(AWSError):
    code = "OrganizationalUnitNotFoundException"
    sentence = "You specified an organizational unit that doesn't exist."


class OrganizationalUnitNotEmptyException(AWSError):
    code = "OrganizationalUnitNotEmptyException"
    sentence = (
        "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and "
        "try the operation again."
    )


class DuplicateOrganizationalUnitException(AWSError):
    code = "DuplicateOrganizationalUnitException"
    sentence = "An OU with the same name already exists."


class ParentNotFoundException(AWSError):
    code = "ParentNotFoundException"
    sentence = "You specified a parent that doesn't exist."


class SourceParentNotFoundException(AWSError):
    code = "SourceParentNotFoundException"
    sentence = "You specified a source parent that doesn't exist."


class DestinationParentNotFoundException(AWSError):
    code = "DestinationParentNotFoundException"
    sentence = "You specified a destination parent that doesn't exist."


class DuplicateAccountException(AWSError):
    code = "DuplicateAccountException"
    sentence = "That account is already present in the specified destination."


class ChildNotFoundException(AWSError):
    code = "ChildNotFoundException"
    sentence = "You specified a child that doesn't exist."


class TargetNotFoundException(AWSError):
    code = "TargetNotFoundException"
    sentence = "You specified a target that doesn't exist."


class PolicyNotFoundException(AWSError):
    code = "PolicyNotFoundException"
    sentence = "You specified a policy that doesn't exist."


class PolicyNotAttachedException(AWSError):
    code = "PolicyNotAttachedException"
    sentence = "The policy isn't attached to the specified target in the specified root."


class PolicyInUseException(AWSError):
    code = "PolicyInUseException"
    sentence = (
        "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before "
        "performing this operation."
    )


class DuplicatePolicyException(AWSError):
    code = "DuplicatePolicyException"
    sentence = "A policy with the same name already exists."


class DuplicatePolicyAttachmentException(AWSError):
    code = "DuplicatePolicyAttachmentException"
    sentence = "The selected policy is already attached to the specified target."


class MalformedPolicyDocumentException(AWSError):
    code = "MalformedPolicyDocumentException"
    sentence = "The provided policy document does not meet the requirements of the specified policy type."


class PolicyTypeAlreadyEnabledException(AWSError):
    code = "PolicyTypeAlreadyEnabledException"
    sentence = "The specified policy type is already enabled."


class PolicyTypeNotEnabledException(AWSError):
    code = "PolicyTypeNotEnabledException"
    sentence = "This operation can be performed only for enabled policy types."


class PolicyTypeNotAvailableForOrganizationException(AWSError):
    code = "PolicyTypeNotAvailableForOrganizationException"
    sentence = "You can't use the specified policy type with the feature set currently enabled for this organization."


class EffectivePolicyNotFoundException(AWSError):
    code = "EffectivePolicyNotFoundException"
    sentence = "The account doesn't have an effective policy of this type."


class ResourcePolicyNotFoundException(AWSError):
    code = "ResourcePolicyNotFoundException"
    sentence = "You specified a resource policy that doesn't exist."


class HandshakeNotFoundException(AWSError):
    code = "HandshakeNotFoundException"
    sentence = "You specified a handshake that doesn't exist."


class HandshakeAlreadyInStateException(AWSError):
    code = "HandshakeAlreadyInStateException"
    sentence = "The specified handshake is already in the requested state."


class InvalidHandshakeTransitionException(AWSError):
    code = "InvalidHandshakeTransitionException"
    sentence = "You can't perform the operation on the handshake in its current state."


class DuplicateHandshakeException(AWSError):
    code = "DuplicateHandshakeException"
    sentence = "A handshake with the same action and target already exists."


class Reasoned(AWSError):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, Reason=reason)


class HandshakeConstraintViolationException(Reasoned):
    code = "HandshakeConstraintViolationException"


class ConstraintViolationException(Reasoned):
    code = "ConstraintViolationException"


class InvalidInputException(Reasoned):
    code = "InvalidInputException"


def only_all_features() -> ConstraintViolationException:
    return ConstraintViolationException(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "The operation can be performed only when the organization is in all features mode.",
    )
