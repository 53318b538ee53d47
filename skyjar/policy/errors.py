"""What this library raises. The sentences are IAM's; the service that asked decides under which code they are sent."""


class MalformedPolicy(ValueError):
    """The document is not a policy. `message` is IAM's sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PolicyTooLarge(MalformedPolicy):
    """The document exceeds the quota of its kind. `limit` and `size` are characters."""

    def __init__(self, limit: int, size: int) -> None:
        super().__init__(f"Cannot exceed quota for PolicySize: {limit}")
        self.limit = limit
        self.size = size


SYNTAX = "Syntax errors in policy."
