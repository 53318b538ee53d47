"""DynamoDB's errors."""

from skyjar.kernel.errors import AWSError


class AccessDenied(AWSError):
    code = "AccessDeniedException"


class ValidationException(AWSError):
    code = "ValidationException"


class RewordedException(ValidationException):
    """What PutItem, UpdateItem and DeleteItem say in other words than all other operations (see `detected`)."""

    def __init__(self, message: str, anew: str) -> None:
        super().__init__(message)
        self.anew = anew


class NestingException(ValidationException):
    sentence = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"


class WrongRequestException(ValidationException):
    """What is wrong whatever the table holds: of one item of a transaction it refuses the whole, before anything is judged."""


def detected(error: ValidationException) -> ValidationException:
    """What PutItem, UpdateItem and DeleteItem say of a request that is wrong whatever its table is, since 2026 and by now in most
    Regions. Source: AWS's answers of August to October 2026, recorded by the project dynamodb-conformance; the size of an item is not among them."""
    if isinstance(error, WrongRequestException):
        return error
    said = error.anew if isinstance(error, RewordedException) else error.message
    return ValidationException(f"1 validation error detected: {said}")


class ResourceNotFoundException(AWSError):
    code = "ResourceNotFoundException"
    sentence = "Requested resource not found"


class ResourceInUseException(AWSError):
    code = "ResourceInUseException"


class LimitExceededException(AWSError):
    code = "LimitExceededException"


class ConditionalCheckFailedException(AWSError):
    """`Item` is the item as it was, where the caller asked for it."""

    code = "ConditionalCheckFailedException"
    sentence = "The conditional request failed"


class Throttled(AWSError):
    """What clients may try again later: each has its ThrottlingReasons. `index`: by which index, empty for the table."""

    index = ""


class ProvisionedThroughputExceededException(Throttled):
    code = "ProvisionedThroughputExceededException"
    sentence = (
        "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
        "provisioning level with the UpdateTable API."
    )


class IndexThroughputExceeded(ProvisionedThroughputExceededException):
    sentence = (
        "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
        "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with "
        "the UpdateTable API"
    )


class ThrottlingException(Throttled):
    """Of on-demand tables."""

    code = "ThrottlingException"


class RequestLimitExceeded(Throttled):
    code = "RequestLimitExceeded"


class TransactionCanceledException(AWSError):
    """`CancellationReasons` has one entry for each of the request's items."""

    code = "TransactionCanceledException"


class TransactionConflictException(AWSError):
    """Of a single write."""

    code = "TransactionConflictException"
    sentence = "Transaction is ongoing for the item"


class TransactionInProgressException(AWSError):
    code = "TransactionInProgressException"
    sentence = "The transaction with the given request token is already in progress."


class IdempotentParameterMismatchException(AWSError):
    code = "IdempotentParameterMismatchException"
    sentence = (
        "An error occurred (IdempotentParameterMismatchException): The request uses the same client token as a "
        "previous, but non-identical request."
    )


class ItemCollectionSizeLimitExceededException(AWSError):
    code = "ItemCollectionSizeLimitExceededException"
    sentence = "Item collection size limit of 10 gigabytes exceeded."


class PolicyNotFoundException(AWSError):
    code = "PolicyNotFoundException"
    sentence = "Resource-based policy not found for the provided ResourceArn."


class DuplicateItemException(AWSError):
    code = "DuplicateItemException"
    sentence = "Duplicate primary key exists in table"


class TableNotFoundException(AWSError):
    code = "TableNotFoundException"


class TableAlreadyExistsException(AWSError):
    code = "TableAlreadyExistsException"


class TableInUseException(AWSError):
    code = "TableInUseException"


class BackupNotFoundException(AWSError):
    code = "BackupNotFoundException"


class BackupInUseException(AWSError):
    code = "BackupInUseException"


class PointInTimeRecoveryUnavailableException(AWSError):
    code = "PointInTimeRecoveryUnavailableException"


class InvalidRestoreTimeException(AWSError):
    code = "InvalidRestoreTimeException"


class ExportConflictException(AWSError):
    code = "ExportConflictException"


class ExportNotFoundException(AWSError):
    code = "ExportNotFoundException"


class InvalidExportTimeException(AWSError):
    code = "InvalidExportTimeException"


class ImportConflictException(AWSError):
    code = "ImportConflictException"


class ImportNotFoundException(AWSError):
    code = "ImportNotFoundException"
