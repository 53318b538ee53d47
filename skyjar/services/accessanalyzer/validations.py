"""ValidatePolicy: everything that is wrong, dangerous or spare in a policy, with its place in the text."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation
from skyjar.policy import findings
from skyjar.policy.documents import compile_document
from skyjar.policy.errors import MalformedPolicy

from . import advice, limits, locations, paging, structure
from .errors import ValidationException
from .locations import Located, Path, Unreadable
from .structure import ERROR, Problem, Type

_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"


@operation
def validate_policy(
    call: Call,
    *,
    policy_document: str,
    policy_type: str,
    locale: str = "EN",
    max_results: int = limits.VALIDATION_PAGE,
    next_token: str = "",
    validate_policy_resource_type: str = "",
) -> Outside:
    if locale != "EN":
        raise ValidationException(f"Findings are told in English only, not in {locale}.", "notSupported")
    if validate_policy_resource_type and policy_type != "RESOURCE_POLICY":
        raise ValidationException("A resource type can only be given for a resource policy.")
    locations.check_length(policy_document, limits.POLICY_CHARS)
    of = Type(policy_type, validate_policy_resource_type)

    def then(call: Call, found: list[dict[str, Any]] | Failed) -> dict[str, Any]:
        if isinstance(found, Failed):
            raise ValidationException(f"The policy could not be validated: {found}", "other")
        return paging.page("findings", found, next_token, max_results, lambda each: each)

    return Outside(Compute(validated, policy_document, of), then)


def validated(text: str, of: Type) -> list[dict[str, Any]]:
    """All findings of a policy, as the model has them."""
    try:
        located = Located(text)
    except Unreadable as error:
        return [_syntax(text, error.offset)]
    found = list(structure.problems(located.value, of))
    if not any(each.kind == ERROR for each in found):
        found += _of_meaning(located, of)
    return [_shown(located, each) for each in found]


def _of_meaning(located: Located, of: Type) -> list[Problem]:
    """What can be said of a policy that is well built."""
    try:
        document = compile_document(located.text)
    except MalformedPolicy as error:
        if any(each == [] for each in _values(located.value)):
            return []  # what is empty has been told
        return [Problem(ERROR, "POLICY_SYNTAX", error.message, ())]
    paths = [path for path, _ in structure.each_statement(located.value)]
    found = [
        Problem(ERROR, each.code, each.sentence, _path(located, paths, each.path))
        for each in findings.findings(document)
    ]
    return [*found, *advice.problems(document, paths, of)]


def _values(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(each for one in inner for each in _values(one))]


def _path(located: Located, paths: list[Path], given: tuple[int | str, ...]) -> Path:
    """From a statement's index, an element and what is written in it, to its place in the text."""
    index, element, *rest = given
    path: Path = (*paths[int(index)], element)
    value = located.value
    for part in path:
        value = value[part]
    if element == "Condition":
        return (*path, *rest)
    return (*path, value.index(rest[0])) if isinstance(value, list) and rest else path


def _syntax(text: str, offset: int) -> dict[str, Any]:
    at = locations.position(text, offset)
    sentence = f"Fix the JSON syntax error at index {offset} line {at['line']} column {at['column']}."
    end = locations.position(text, min(offset + 1, len(text)))
    return {
        "findingType": ERROR,
        "issueCode": "JSON_SYNTAX_ERROR",
        "findingDetails": sentence,
        "learnMoreLink": _link(ERROR, "JSON_SYNTAX_ERROR"),
        "locations": [{"path": [], "span": {"start": at, "end": end}}],
    }


def _shown(located: Located, found: Problem) -> dict[str, Any]:
    return {
        "findingType": found.kind,
        "issueCode": found.code,
        "findingDetails": found.sentence,
        "learnMoreLink": _link(found.kind, found.code),
        "locations": [located.location(found.path)],
    }


def _link(kind: str, code: str) -> str:
    name = f"{kind}-{code}".lower().replace("_", "-")
    return f"{_PAGE}#access-analyzer-reference-policy-checks-{name}"
