"""The Principal and NotPrincipal elements: whom does a statement of a resource-based policy name, and how closely?

How closely matters to AWS: naming a user, a session or everyone (`*`) grants by itself; naming a role grants within the
limits of the session's boundary and session policies; naming an account only lets that account's own policies decide.
"""

import re
from enum import IntEnum

from .errors import SYNTAX, MalformedPolicy
from .requests import Principal
from .texts import strings

KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

_ROOT = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root")
_SEES_ONE_ID = ("user", "root")


class Grant(IntEnum):
    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


class PrincipalElement:
    __slots__ = ("accounts", "canonical", "everyone", "federated", "ids", "is_not", "named", "services")

    def __init__(self, element: object, *, is_not: bool) -> None:
        by_kind = _by_kind(element)
        aws = by_kind.get("AWS", ())
        self.is_not = is_not
        self.everyone = "*" in aws
        self.accounts = frozenset(account for each in aws if (account := _account(each)))
        self.named = frozenset(each for each in aws if each.startswith("arn:"))
        self.ids = frozenset(each for each in aws if each.startswith("A") and ":" not in each)
        self.services = frozenset(by_kind.get("Service", ()))
        self.federated = frozenset(by_kind.get("Federated", ()))
        self.canonical = frozenset(by_kind.get("CanonicalUser", ()))

    def grant(self, principal: Principal) -> Grant:
        """How closely an Allow names the principal."""
        if not self.is_not:
            return self._closest(principal)
        return Grant.NONE if self._closest(principal) else Grant.DIRECT

    def denies(self, principal: Principal) -> bool:
        """Whether a Deny concerns the principal. NotPrincipal spares only whom it names wholly: session, role, account."""
        if not self.is_not:
            return self._closest(principal) > Grant.NONE
        return not self._names_wholly(principal)

    def _closest(self, principal: Principal) -> Grant:
        if self.everyone:
            return Grant.DIRECT
        if principal.kind == "service":
            return Grant.DIRECT if not self.services.isdisjoint(principal.service_names) else Grant.NONE
        if principal.kind == "federated":
            return Grant.DIRECT if principal.arn in self.federated or "*" in self.federated else Grant.NONE
        if principal.arn in self.named and principal.kind != "root":
            return Grant.ROLE if principal.kind == "role" else Grant.DIRECT
        if self.canonical and principal.canonical_id in self.canonical:
            return Grant.ACCOUNT
        if principal.parent_arn in self.named or (self.ids and principal.user_id.partition(":")[0] in self.ids):
            return Grant.DIRECT if principal.kind in _SEES_ONE_ID else Grant.ROLE
        return Grant.ACCOUNT if principal.account in self.accounts else Grant.NONE

    def _names_wholly(self, principal: Principal) -> bool:
        if self.everyone or principal.kind in ("service", "federated", "anonymous"):
            return self._closest(principal) > Grant.NONE
        if principal.account not in self.accounts:
            return False
        chain = [] if principal.kind == "root" else [principal.arn, principal.parent_arn]
        return all(arn in self.named for arn in chain if arn)


def _by_kind(element: object) -> dict[str, tuple[str, ...]]:
    if element == "*":
        return {"AWS": ("*",)}
    if not isinstance(element, dict) or not element or not set(element) <= set(KINDS):
        raise MalformedPolicy(SYNTAX)
    by_kind = {kind: strings(names) for kind, names in element.items()}
    if any(not names for names in by_kind.values()):
        raise MalformedPolicy(SYNTAX)
    return by_kind


def _account(name: str) -> str | None:
    if len(name) == 12 and name.isdecimal() and name.isascii():
        return name
    found = _ROOT.fullmatch(name)
    return found[1] if found else None
