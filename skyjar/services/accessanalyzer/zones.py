"""The zone of trust: an account, or an organization. Whom it contains, and which conditions keep everybody else out. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from skyjar.policy.conditions import Condition

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[^:]*:([0-9]{12}):.*", re.DOTALL)
_EQUAL = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
_UNEQUAL = ("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals", "ArnNotLike")
_ACCOUNTS = (
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourceowner",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
)
_ARNS = ("aws:principalarn", "aws:sourcearn")
_ORGANIZATIONS = ("aws:principalorgid", "aws:sourceorgid")


class Zone(msgspec.Struct, frozen=True):
    """`organization` is empty where only the one account is trusted."""

    accounts: frozenset[str]
    organization: str = ""

    def has_principal(self, name: str) -> bool:
        """Of an AWS principal as a policy names it: an account, an ARN. An id that names nobody any more is nobody."""
        if re.fullmatch(r"[0-9]{12}", name):
            return name in self.accounts
        return self.has_arn(name) or not (name == "*" or name.startswith("arn:"))

    def has_arn(self, arn: str) -> bool:
        found = _ARN.fullmatch(arn)
        return found is not None and found[1] in self.accounts

    def keeps_in(self, condition: Condition) -> bool:
        """Whether it only holds for what belongs to the zone."""
        return condition.quantifier in ("", "ForAnyValue") and _base(condition) in _EQUAL and self._names(condition)

    def keeps_out(self, condition: Condition) -> bool:
        """Whether it holds for everybody else, so that a Deny with it spares nobody outside."""
        base = _base(condition).removesuffix("IfExists")
        return condition.quantifier == "" and base in _UNEQUAL and self._names(condition)

    def _names(self, condition: Condition) -> bool:
        test = self._tests().get(condition.key)
        return test is not None and bool(condition.values) and all(test(value) for value in condition.values)

    def _tests(self) -> dict[str, Callable[[str], bool]]:
        def is_organization(value: str) -> bool:
            return bool(self.organization) and value == self.organization

        def is_path(value: str) -> bool:
            return bool(self.organization) and value.startswith(f"{self.organization}/")

        return {
            **dict.fromkeys(_ACCOUNTS, self.accounts.__contains__),
            **dict.fromkeys(_ARNS, self.has_arn),
            **dict.fromkeys(_ORGANIZATIONS, is_organization),
            "aws:principalorgpaths": is_path,
        }


def _base(condition: Condition) -> str:
    return condition.operator.rpartition(":")[2]
