"""Whether a resource's policy opens it to everyone, as S3 and Secrets Manager understand it when they block that. Pure.

Source: "The meaning of 'public'", S3 user guide: an Allow to everyone that no condition narrows down to fixed values.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import orjson

_NARROWING = frozenset(
    {
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:userid",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
_OPERATORS = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike", "ipaddress")


def is_public(document: str) -> bool:
    statements = orjson.loads(document)["Statement"]
    return any(opens(each) for each in (statements if isinstance(statements, list) else [statements]))


def opens(statement: dict[str, Any]) -> bool:
    """One statement of such a policy."""
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" not in statement and not _is_everyone(statement.get("Principal")):
        return False
    return not any(
        _narrows(operator, key, values)
        for operator, pairs in statement.get("Condition", {}).items()
        for key, values in pairs.items()
    )


def _is_everyone(principal: Any) -> bool:
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    return "*" in principal if isinstance(principal, list) else principal == "*"


def _narrows(operator: str, key: str, values: Any) -> bool:
    plain = operator.lower().rpartition(":")[2]
    if plain not in _OPERATORS:
        return False
    listed = values if isinstance(values, list) else [values]
    if key.lower() == "aws:sourceip":
        return all(not _is_broad(str(value)) for value in listed)
    return key.lower() in _NARROWING and not any("*" in str(v) and _is_open(str(v)) for v in listed)


def _is_open(value: str) -> bool:
    """A pattern that fixes nothing: of an ARN, it must name an account."""
    if value.startswith("arn:"):
        account = value.split(":")[4] if value.count(":") >= 5 else "*"
        return "*" in account or not account
    return value.strip("*?") == ""


def _is_broad(address: str) -> bool:
    """Wider than a /8 (IPv6: a /32) is as good as everyone."""
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return True
    return network.prefixlen < (8 if network.version == 4 else 32)
