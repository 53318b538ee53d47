"""Parameter Store's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class ParameterNotFound(AWSError):
    code = "ParameterNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"Parameter {name} not found.")


class ParameterVersionNotFound(AWSError):
    code = "ParameterVersionNotFound"

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"Systems Manager could not find {what} of {name}. Verify the version and try again.")


class ParameterAlreadyExists(AWSError):
    code = "ParameterAlreadyExists"
    sentence = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."


class ParameterPatternMismatchException(AWSError):
    code = "ParameterPatternMismatchException"

    def __init__(self, pattern: str) -> None:
        super().__init__(f"Parameter value, cannot be validated against allowedPattern: {pattern}")


class InvalidAllowedPatternException(AWSError):
    code = "InvalidAllowedPatternException"
    sentence = "The request does not meet the regular expression requirement."


class HierarchyLevelLimitExceededException(AWSError):
    code = "HierarchyLevelLimitExceededException"
    sentence = "A hierarchy can have a maximum of 15 levels."


class ParameterLimitExceeded(AWSError):
    code = "ParameterLimitExceeded"
    sentence = (
        "You have exceeded the number of parameters for this AWS account. Delete one or more parameters and try again."
    )


class ParameterMaxVersionLimitExceeded(AWSError):
    code = "ParameterMaxVersionLimitExceeded"

    def __init__(self, name: str, version: int) -> None:
        super().__init__(
            f"You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. "
            f"Version {version}, the oldest version, can't be deleted because it has a label associated with it. "
            "Move the label to another version of the parameter, and try again."
        )


class ParameterVersionLabelLimitExceeded(AWSError):
    code = "ParameterVersionLabelLimitExceeded"
    sentence = (
        "A parameter version can have maximum 10 labels. Move one or more labels to another version and try again."
    )


class InvalidFilterKey(AWSError):
    code = "InvalidFilterKey"


class InvalidFilterOption(AWSError):
    code = "InvalidFilterOption"


class InvalidFilterValue(AWSError):
    code = "InvalidFilterValue"


class InvalidKeyId(AWSError):
    code = "InvalidKeyId"


class InvalidNextToken(AWSError):
    code = "InvalidNextToken"
    sentence = "The specified token is not valid."


class InvalidResourceId(AWSError):
    code = "InvalidResourceId"
    sentence = "The resource ID is not valid. Verify that you entered the correct ID and try again."


class TooManyTagsError(AWSError):
    code = "TooManyTagsError"
    sentence = "The Targets parameter includes too many tags. Remove one or more tags and try the command again."


class InvalidPolicyTypeException(AWSError):
    code = "InvalidPolicyTypeException"
    sentence = (
        "The policy type isn't supported. Parameter Store supports the following policy types: Expiration, "
        "ExpirationNotification, and NoChangeNotification."
    )


class InvalidPolicyAttributeException(AWSError):
    code = "InvalidPolicyAttributeException"
    sentence = "A policy attribute or its value is invalid."


class IncompatiblePolicyException(AWSError):
    code = "IncompatiblePolicyException"


class PoliciesLimitExceededException(AWSError):
    code = "PoliciesLimitExceededException"
    sentence = "You specified more than the maximum number of allowed policies for the parameter. The maximum is 10."


class ServiceSettingNotFound(AWSError):
    code = "ServiceSettingNotFound"
    sentence = (
        "The specified service setting wasn't found. Either the service name or the setting hasn't been provisioned by "
        "the Amazon Web Services service team."
    )


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"
    sentence = "The specified parameter to be shared could not be found."


class ResourcePolicyInvalidParameterException(AWSError):
    code = "ResourcePolicyInvalidParameterException"


class ResourcePolicyConflictException(AWSError):
    code = "ResourcePolicyConflictException"
    sentence = (
        "The hash provided in the call doesn't match the stored hash. This exception is thrown when trying to update an "
        "obsolete policy version or when multiple requests to update a policy are sent."
    )


class ResourcePolicyNotFoundException(AWSError):
    code = "ResourcePolicyNotFoundException"
    sentence = "No policies with the specified policy ID and hash could be found."


class ResourcePolicyLimitExceededException(AWSError):
    code = "ResourcePolicyLimitExceededException"


class MalformedResourcePolicyDocumentException(AWSError):
    code = "MalformedResourcePolicyDocumentException"
