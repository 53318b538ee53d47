"""SQS's errors. Codes are those of the query protocol; the JSON protocol's names follow from the service model."""

from skyjar.kernel.errors import AWSError


class QueueDoesNotExist(AWSError):
    code = "AWS.SimpleQueueService.NonExistentQueue"
    sentence = "The specified queue does not exist."


class QueueNameExists(AWSError):
    code = "QueueAlreadyExists"


class QueueDeletedRecently(AWSError):
    code = "AWS.SimpleQueueService.QueueDeletedRecently"
    sentence = "You must wait 60 seconds after deleting a queue before you can create another with the same name."


class PurgeQueueInProgress(AWSError):
    code = "AWS.SimpleQueueService.PurgeQueueInProgress"
    status = 403


class InvalidParameterValue(AWSError):
    code = "InvalidParameterValue"


class MissingParameter(AWSError):
    code = "MissingParameter"

    def __init__(self, name: str) -> None:
        super().__init__(f"The request must contain the parameter {name}.")


class InvalidAddress(AWSError):
    code = "InvalidAddress"
    status = 404


class InvalidAttributeName(AWSError):
    code = "InvalidAttributeName"


class InvalidAttributeValue(AWSError):
    code = "InvalidAttributeValue"

    def __init__(self, name: str, reason: str = "") -> None:
        super().__init__(f"Invalid value for the parameter {name}." + (f" Reason: {reason}" if reason else ""))


class InvalidMessageContents(AWSError):
    code = "InvalidMessageContents"


class ReceiptHandleIsInvalid(AWSError):
    code = "ReceiptHandleIsInvalid"
    status = 404

    def __init__(self, handle: str) -> None:
        super().__init__(f'The input receipt handle "{handle[:1024]}" is not a valid receipt handle.')


class MessageNotInflight(AWSError):
    code = "AWS.SimpleQueueService.MessageNotInflight"


class OverLimit(AWSError):
    code = "OverLimit"
    status = 403


class RequestThrottled(AWSError):
    code = "RequestThrottled"
    status = 403
    sentence = "Request is throttled."


class UnsupportedOperation(AWSError):
    code = "AWS.SimpleQueueService.UnsupportedOperation"


class ResourceNotFound(AWSError):
    code = "ResourceNotFoundException"
    status = 404


class KmsAccessDenied(AWSError):
    code = "KMS.AccessDeniedException"


class KmsDisabled(AWSError):
    code = "KMS.DisabledException"


class KmsInvalidKeyUsage(AWSError):
    code = "KMS.InvalidKeyUsageException"


class KmsInvalidState(AWSError):
    code = "KMS.InvalidStateException"


class KmsNotFound(AWSError):
    code = "KMS.NotFoundException"


class KmsThrottled(AWSError):
    code = "KMS.ThrottlingException"


class EmptyBatchRequest(AWSError):
    code = "AWS.SimpleQueueService.EmptyBatchRequest"


class TooManyEntriesInBatchRequest(AWSError):
    code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"

    def __init__(self, sent: int) -> None:
        super().__init__(f"Maximum number of entries per request are 10. You have sent {sent}.")


class BatchEntryIdsNotDistinct(AWSError):
    code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"


class InvalidBatchEntryId(AWSError):
    code = "AWS.SimpleQueueService.InvalidBatchEntryId"
    sentence = (
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long."
    )


class BatchRequestTooLong(AWSError):
    code = "AWS.SimpleQueueService.BatchRequestTooLong"

    def __init__(self, sent: int) -> None:
        super().__init__(f"Batch requests cannot be longer than 1048576 bytes. You have sent {sent} bytes.")
