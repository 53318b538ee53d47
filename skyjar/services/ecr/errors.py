"""ECR's errors."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class InvalidTagParameterException(AWSError):
    code = "InvalidTagParameterException"


class TooManyTagsException(AWSError):
    code = "TooManyTagsException"


class RepositoryAlreadyExistsException(AWSError):
    code = "RepositoryAlreadyExistsException"

    def __init__(self, name: str, registry: str) -> None:
        super().__init__(f"The repository with name '{name}' already exists in the registry with id '{registry}'")


class RepositoryNotFoundException(AWSError):
    code = "RepositoryNotFoundException"

    def __init__(self, name: str, registry: str) -> None:
        super().__init__(f"The repository with name '{name}' does not exist in the registry with id '{registry}'")


class RepositoryPolicyNotFoundException(AWSError):
    code = "RepositoryPolicyNotFoundException"

    def __init__(self, name: str, registry: str) -> None:
        super().__init__(
            f"Repository policy does not exist for the repository with name '{name}' in the registry with id "
            f"'{registry}'"
        )


class LifecyclePolicyNotFoundException(AWSError):
    code = "LifecyclePolicyNotFoundException"

    def __init__(self, name: str, registry: str) -> None:
        super().__init__(
            f"Lifecycle policy does not exist for the repository with name '{name}' in the registry with id "
            f"'{registry}'"
        )


class ImageNotFoundException(AWSError):
    code = "ImageNotFoundException"

    def __init__(self, digest: str, tag: str, name: str, registry: str) -> None:
        super().__init__(
            f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}} does not exist "
            f"within the repository with name '{name}' in the registry with id '{registry}'"
        )
