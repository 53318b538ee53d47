"""The Price List API's errors."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class InvalidParameterException(AWSError):
    code = "InvalidParameterException"


class InvalidNextTokenException(AWSError):
    code = "InvalidNextTokenException"
    sentence = "The pagination token is invalid. Try again without a pagination token."


class NotFoundException(AWSError):
    code = "NotFoundException"


class InvalidSignatureException(AWSError):
    """The API has endpoints in few Regions; what is signed for another one is not for it."""

    code = "InvalidSignatureException"
    status = 403
