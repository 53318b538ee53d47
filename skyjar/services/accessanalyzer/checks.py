"""Custom policy checks: is there new access, is this access granted, is it public?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation
from skyjar.policy.documents import Document, compile_document
from skyjar.policy.errors import MalformedPolicy
from skyjar.policy.statements import Statement

from . import comparisons, external, limits
from .errors import InvalidParameterException, ValidationException
from .zones import Zone

_NEW = "New access in the statement with"
_LISTED = "One or more of the listed actions or resources in the statement with"
_PUBLIC = "Public access granted in the following statement with"


def _read(text: str, member: str, kind: str) -> Document:
    if len(text) > limits.POLICY_CHARS:
        raise ValidationException(f"The {member} is longer than {limits.POLICY_CHARS} characters.")
    try:
        document = compile_document(text)
    except MalformedPolicy as error:
        raise InvalidParameterException(f"The {member} is not valid: {error.message}") from None
    for statement in document.statements:
        if (statement.principal is None) is (kind == "RESOURCE_POLICY"):
            more = "no" if statement.principal is None else "a"
            raise InvalidParameterException(
                f"The {member} is not valid: the statement {statement.label} has {more} Principal, in a policy of the "
                f"type {kind}."
            )
    return document


def _answer(found: Sequence[tuple[int, str]] | Failed, words: str, passed: str, failed: str) -> dict[str, Any]:
    if isinstance(found, Failed):
        raise ValidationException(f"The policy could not be checked: {found}", "other")
    if not found:
        return {"result": "PASS", "message": passed}
    return {"result": "FAIL", "message": failed, "reasons": [_reason(words, *each) for each in found]}


def _reason(words: str, index: int, sid: str) -> dict[str, Any]:
    if sid:
        return {"description": f"{words} sid: {sid}.", "statementIndex": index, "statementId": sid}
    return {"description": f"{words} index: {index}.", "statementIndex": index}


def _named(statements: Sequence[Statement]) -> list[tuple[int, str]]:
    return [(each.index, each.sid) for each in statements]


@operation
def check_no_new_access(
    call: Call, *, new_policy_document: str, existing_policy_document: str, policy_type: str
) -> Outside:
    new = _read(new_policy_document, "new policy document", policy_type)
    existing = _read(existing_policy_document, "existing policy document", policy_type)
    return Outside(
        Compute(lambda: _named(comparisons.new_access(new, existing))),
        lambda call, found: _answer(
            found,
            _NEW,
            "The modified permissions do not grant new access compared to your existing policy.",
            "The modified permissions grant new access compared to your existing policy.",
        ),
    )


@operation
def check_access_not_granted(
    call: Call, *, policy_document: str, access: list[dict[str, list[str]]], policy_type: str
) -> Outside:
    document = _read(policy_document, "policy document", policy_type)
    if not access or not any(each.get("actions") or each.get("resources") for each in access):
        raise InvalidParameterException("At least one action or resource must be given.")
    actions, resources = access[0].get("actions") or [], access[0].get("resources") or []
    for action in actions:
        if ":" not in action and action != "*":
            raise InvalidParameterException(f"The action {action} is not valid.")
    for resource in resources:
        if not resource.startswith("arn:") and resource != "*":
            raise InvalidParameterException(f"The resource {resource} is not valid.")
    return Outside(
        Compute(lambda: _named(comparisons.granting(document, actions, resources))),
        lambda call, found: _answer(
            found,
            _LISTED,
            "The policy document does not grant access to perform one or more of the listed actions or resources.",
            "The policy document grants access to perform one or more of the listed actions or resources.",
        ),
    )


@operation
def check_no_public_access(call: Call, *, policy_document: str, resource_type: str) -> dict[str, Any]:
    """Public is what is granted to everybody and narrowed down by nothing, as external access analyzers see it."""
    document = _read(policy_document, "resource policy document", "RESOURCE_POLICY")
    arn = _ARNS.get(resource_type, f"arn:aws:{_service(resource_type)}:::")
    found = [each for each in external.accesses(document, Zone(frozenset()), arn) if each.is_public]
    named = sorted({(each.statement, document.statements[each.statement].sid) for each in found})
    return _answer(
        named,
        _PUBLIC,
        "The resource policy does not grant public access for the given resource type.",
        "The resource policy grants public access for the given resource type.",
    )


_SERVICES = {
    "efs": "elasticfilesystem",
    "opensearchservice": "es",
    "s3outposts": "s3-outposts",
    "s3tables": "s3tables",
    "apigateway": "execute-api",
    "codeartifact": "codeartifact",
}
_ARNS = {
    "AWS::IAM::AssumeRolePolicyDocument": "arn:aws:iam::111122223333:role/r",
    "AWS::S3::Glacier": "arn:aws:glacier:::",
}


def _service(kind: str) -> str:
    """The prefix of the actions on resources of a type, such as `AWS::SQS::Queue`."""
    name = kind.split("::")[1].lower()
    return _SERVICES.get(name, name)
