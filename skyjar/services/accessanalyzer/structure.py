"""What is wrong with the build of a policy, and what makes no difference in it. Pure.

Codes and sentences are those of "Access Analyzer policy check reference" in the IAM User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from skyjar.policy.conditions import split
from skyjar.policy.errors import MalformedPolicy
from skyjar.policy.statements import ELEMENTS

from .locations import Path

ERROR, SECURITY, SUGGESTION, WARNING = "ERROR", "SECURITY_WARNING", "SUGGESTION", "WARNING"
VERSIONS = ("2012-10-17", "2008-10-17")
_TOP = ("Version", "Id", "Statement")
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_TEXTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
WITHOUT_PRINCIPAL = {"IDENTITY_POLICY": "identity policy", "SERVICE_CONTROL_POLICY": "service control policy"}


class Problem(NamedTuple):
    kind: str
    code: str
    sentence: str
    path: Path


class Type(NamedTuple):
    """What is validated: the policy's type, and for a resource policy the resource's."""

    policy: str
    resource: str = ""

    @property
    def is_trust(self) -> bool:
        return self.resource == "AWS::IAM::AssumeRolePolicyDocument"


def problems(policy: Any, of: Type) -> Iterator[Problem]:
    if not isinstance(policy, dict):
        yield _mismatch("Object", ())
        return
    for name in policy:
        if name not in _TOP:
            yield Problem(ERROR, "INVALID_POLICY_ELEMENT", f"The policy element {name} is not valid.", (name,))
    yield from _version(policy)
    if "Statement" not in policy:
        yield Problem(ERROR, "MISSING_STATEMENT", "Add a statement to the policy.", ())
        return
    found = policy["Statement"]
    if not isinstance(found, list | dict):
        yield _mismatch("Array", ("Statement",))
        return
    if not found:
        sentence = "There are no statements in the policy, so that it does not affect anything. Specify statements."
        yield Problem(SUGGESTION, "EMPTY_ARRAY_STATEMENT", sentence, ("Statement",))
        return
    for path, statement in each_statement(policy):
        yield from _statement(statement, path, of)
    yield from _sids(policy, of)


def each_statement(policy: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    found = policy["Statement"]
    if isinstance(found, dict):
        yield ("Statement",), found
    else:
        yield from ((("Statement", index), each) for index, each in enumerate(found))


def _mismatch(wanted: str, path: Path) -> Problem:
    sentence = f"The text does not match the expected JSON data type {wanted}."
    return Problem(ERROR, "DATA_TYPE_MISMATCH", sentence, path)


def _version(policy: dict[str, Any]) -> Iterator[Problem]:
    if "Version" not in policy:
        sentence = "We recommend that you specify the Version element to help you with debugging permission issues."
        yield Problem(WARNING, "MISSING_VERSION", sentence, ())
    elif policy["Version"] not in VERSIONS:
        sentence = (
            f"The version {policy['Version']} is not valid. Use one of the following versions: {', '.join(VERSIONS)}"
        )
        yield Problem(ERROR, "INVALID_VERSION", sentence, ("Version",))


def _statement(statement: Any, path: Path, of: Type) -> Iterator[Problem]:
    if not isinstance(statement, dict):
        yield _mismatch("Object", path)
        return
    for name in statement:
        if name not in ELEMENTS:
            yield Problem(ERROR, "INVALID_POLICY_ELEMENT", f"The policy element {name} is not valid.", (*path, name))
    for one, other in _PAIRS:
        if one in statement and other in statement:
            sentence = (
                f"The policy elements {one} and {other} can not be used in the same statement. Remove one of these "
                "elements."
            )
            yield Problem(ERROR, "UNSUPPORTED_ELEMENT_COMBINATION", sentence, path)
    yield from _missing(statement, path, of)
    for name in _TEXTS:
        if name in statement:
            yield from _texts(statement[name], (*path, name))
    yield from _principal(statement, path)
    if "Condition" in statement:
        yield from _condition(statement["Condition"], (*path, "Condition"))


def _missing(statement: dict[str, Any], path: Path, of: Type) -> Iterator[Problem]:
    if "Effect" not in statement:
        sentence = "Add an Effect element to the policy statement with a value of Allow or Deny."
        yield Problem(ERROR, "MISSING_EFFECT", sentence, path)
    elif statement["Effect"] not in ("Allow", "Deny"):
        sentence = f"The effect {statement['Effect']} is not valid. Use Allow or Deny."
        yield Problem(ERROR, "INVALID_EFFECT", sentence, (*path, "Effect"))
    if not {"Action", "NotAction"} & statement.keys():
        yield Problem(ERROR, "MISSING_ACTION", "Add an Action or NotAction element to the policy statement.", path)
    has_resource = bool({"Resource", "NotResource"} & statement.keys())
    if has_resource and of.is_trust:
        sentence = (
            "The policy type role trust policy does not support the Resource element. Remove the Resource element."
        )
        yield Problem(ERROR, "UNSUPPORTED_RESOURCE", sentence, path)
    if not has_resource and not of.is_trust:
        yield Problem(ERROR, "MISSING_RESOURCE", "Add a Resource or NotResource element to the policy statement.", path)
    has_principal = bool({"Principal", "NotPrincipal"} & statement.keys())
    if has_principal and of.policy in WITHOUT_PRINCIPAL:
        sentence = (
            f"The policy type {WITHOUT_PRINCIPAL[of.policy]} does not support the Principal element. Remove the Principal "
            "element."
        )
        yield Problem(ERROR, "UNSUPPORTED_PRINCIPAL", sentence, path)
    if not has_principal and of.policy not in WITHOUT_PRINCIPAL:
        yield Problem(ERROR, "MISSING_PRINCIPAL", "Add a Principal element to the policy statement.", path)


_EMPTY = {"Action": ("ACTION", "actions"), "Resource": ("RESOURCE", "resources")}


def _texts(value: Any, path: Path) -> Iterator[Problem]:
    if value == []:
        code, word = _EMPTY[str(path[-1]).removeprefix("Not")]
        sentence = f"This statement includes no {word} and does not affect the policy. Specify {word}."
        yield Problem(SUGGESTION, f"EMPTY_ARRAY_{code}", sentence, path)
    elif isinstance(value, list):
        yield from (_mismatch("String", (*path, at)) for at, each in enumerate(value) if not isinstance(each, str))
    elif not isinstance(value, str):
        yield _mismatch("String", path)


def _principal(statement: dict[str, Any], path: Path) -> Iterator[Problem]:
    for name in ("Principal", "NotPrincipal"):
        value = statement.get(name, "*")
        if isinstance(value, dict):
            for kind, names in value.items():
                if kind not in _PRINCIPALS:
                    sentence = f"The principal element {kind} is not valid. Use one of {', '.join(_PRINCIPALS)}."
                    yield Problem(ERROR, "INVALID_PRINCIPAL_KEY", sentence, (*path, name, kind))
                elif names == []:
                    sentence = (
                        "This statement includes no principals and does not affect the policy. Specify principals."
                    )
                    yield Problem(SUGGESTION, "EMPTY_ARRAY_PRINCIPAL", sentence, (*path, name, kind))
        elif value != "*":
            yield _mismatch("Object", (*path, name))


def _condition(value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _mismatch("Object", path)
        return
    if not value:
        sentence = "This condition block is empty and it does not affect the policy. Specify conditions."
        yield Problem(SUGGESTION, "EMPTY_OBJECT_CONDITION", sentence, path)
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            yield _mismatch("Object", (*path, operator))
            continue
        try:
            split(operator)
        except MalformedPolicy:
            sentence = f"The condition operator {operator} is not valid. Use a valid condition operator."
            yield Problem(ERROR, "INVALID_CONDITION_OPERATOR", sentence, (*path, operator))
        for key, values in keys.items():
            if values == []:
                sentence = (
                    f"There are no values for the condition key {key} and it does not affect the policy. Specify "
                    "conditions."
                )
                yield Problem(SUGGESTION, "EMPTY_ARRAY_CONDITION", sentence, (*path, operator, key))


def _sids(policy: dict[str, Any], of: Type) -> Iterator[Problem]:
    seen: set[Any] = set()
    for path, statement in each_statement(policy):
        sid = statement.get("Sid") if isinstance(statement, dict) else None
        if isinstance(sid, str) and sid:
            if sid in seen and (of.policy != "RESOURCE_POLICY" or of.is_trust):
                sentence = "Duplicate statement IDs are not supported for this policy type. Update the Sid value."
                yield Problem(ERROR, "UNIQUE_SIDS_REQUIRED", sentence, (*path, "Sid"))
            seen.add(sid)
