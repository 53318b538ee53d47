"""Which constraints of the model each service checks itself, and how it says so: data, one row per service.

A service that is not listed checks everything its model says and answers ValidationException (ValidationError where
the protocol is query or ec2). `skip` names members, as "Shape.member", that AWS checks later or otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from skyjar.wire.dynamodb_constraints import ENUM_ORDERS, reword
from skyjar.wire.violation import Violation

FULL = frozenset({"length", "range", "pattern", "enum"})
NO_ENUM = frozenset({"length", "range", "pattern"})
NONE: frozenset[str] = frozenset()


class Rules(NamedTuple):
    code: str = "ValidationException"
    missing: str | None = None
    """The code for a missing required parameter, where it has its own."""
    checks: frozenset[str] = FULL
    skip: frozenset[str] = NONE
    status: int = 400
    enum_orders: Mapping[str, tuple[str, ...]] = {}
    """By shape: the order in which its values are listed, where it is not that of the alphabet."""
    reword: Callable[[str, list[Violation]], list[Violation]] | None = None
    """What an operation tells of its `Violation`s, where the service has words of its own."""


QUERY = Rules("ValidationError", "MissingParameter")

SERVICES: dict[str, Rules] = {
    "autoscaling": Rules("ValidationError", None),
    "apigateway": Rules("BadRequestException", checks=NONE),
    "apigatewayv2": Rules("BadRequestException", checks=NONE),
    "cloudformation": Rules("ValidationError", None),
    "cloudfront": Rules("InvalidArgument", "MissingBody", checks=NONE),
    "cloudwatch": Rules("ValidationError", "MissingParameter", NO_ENUM),
    "cognito-idp": Rules("InvalidParameterException", checks=NO_ENUM),
    "dynamodb": Rules(skip=frozenset({"AttributeValue.N"}), enum_orders=ENUM_ORDERS, reword=reword),
    "ec2": Rules("InvalidParameterValue", "MissingParameter", NONE),
    "ecr": Rules("InvalidParameterException"),
    "ecs": Rules("InvalidParameterException", "InvalidParameterException", NONE),
    "efs": Rules("ValidationException"),
    "elasticache": Rules("InvalidParameterValue", "MissingParameter", NONE),
    "elbv2": Rules("ValidationError", "ValidationError"),
    "events": Rules("ValidationException", checks=FULL),
    "iam": Rules("ValidationError", "ValidationError"),
    "iot": Rules("InvalidRequestException"),
    "kms": Rules("ValidationException"),
    "lambda": Rules("ValidationException", "ValidationException"),
    "logs": Rules("InvalidParameterException"),
    "organizations": Rules("InvalidInputException", "InvalidInputException"),
    "rds": Rules("InvalidParameterValue", "MissingParameter", NONE),
    "redshift": Rules("InvalidParameterValue", "MissingParameter", NONE),
    "route53": Rules("InvalidInput", "InvalidInput"),
    "s3": Rules("InvalidRequest", "MissingRequestBodyError", NONE),
    "s3control": Rules("InvalidRequest", "InvalidRequest", NONE),
    "secretsmanager": Rules("ValidationException"),
    "ses": Rules("ValidationError", "ValidationError", NO_ENUM),
    "sesv2": Rules("BadRequestException", checks=NO_ENUM),
    "sns": Rules("InvalidParameter", "InvalidParameter", NONE),
    "sqs": Rules("InvalidParameterValue", "MissingParameter", NONE),
    "ssm": Rules("ValidationException"),
    "sts": Rules("ValidationError", "ValidationError"),
}


def rules(service: str, protocol: str) -> Rules:
    found = SERVICES.get(service)
    if found is not None:
        return found
    return QUERY if protocol in ("query", "ec2") else Rules()
