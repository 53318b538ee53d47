"""Who asks, for what, on what, and what is known of the circumstances."""

from collections.abc import Callable, Mapping
from typing import Literal

Kind = Literal["root", "user", "role", "assumed-role", "federated-user", "service", "federated", "anonymous"]
Value = str | list[str] | tuple[str, ...]
Context = Mapping[str, Value | Callable[[], Value | None]] | Callable[[str], Value | None]


class Principal:
    """Who asks. `federated` is somebody who shows an identity provider's token; its `arn` is the provider's.

    `parent_arn` is the role of an assumed-role session, or the user whose keys made a federated-user session.
    `user_id` is what `aws:userid` holds, e.g. `AROAEXAMPLE:session`. A service has `service_names`, the first its own.
    """

    __slots__ = (
        "_values",
        "account",
        "arn",
        "canonical_id",
        "kind",
        "parent_arn",
        "service_names",
        "session_name",
        "tags",
        "user_id",
    )

    def __init__(
        self,
        kind: Kind,
        *,
        arn: str = "",
        account: str = "",
        user_id: str = "",
        session_name: str = "",
        parent_arn: str = "",
        tags: Mapping[str, str] | None = None,
        service_names: tuple[str, ...] = (),
        canonical_id: str = "",
    ) -> None:
        self.kind: Kind = kind
        self.arn = arn
        self.account = account
        self.user_id = user_id
        self.session_name = session_name
        self.parent_arn = parent_arn
        self.tags = tags or {}
        self.service_names = service_names
        self.canonical_id = canonical_id
        self._values: dict[str, str | tuple[str, ...]] | None = None

    def value(self, key: str) -> str | tuple[str, ...] | None:
        """The global condition key (lower case) that follows from who asks; see AWS's table of principal key values."""
        if self._values is None:
            self._values = {key: value for key, value in self._known() if value}
        return self._values.get(key)

    def _known(self) -> list[tuple[str, str | tuple[str, ...]]]:
        kind = self.kind
        known: list[tuple[str, str | tuple[str, ...]]] = [
            (f"aws:principaltag/{key.lower()}", value) for key, value in self.tags.items()
        ]
        known.append(("aws:principalisawsservice", "true" if kind == "service" else "false"))
        if kind == "service":
            known.append(("aws:principalservicename", self.service_names[0] if self.service_names else ""))
            known.append(("aws:principalservicenameslist", self.service_names))
            return known
        known.append(("aws:principaltype", _TYPES.get(kind, "")))
        known.append(("aws:userid", "anonymous" if kind == "anonymous" else self.user_id))
        known.append(("aws:principalaccount", self.account))
        if kind == "user":
            known.append(("aws:username", self.arn.rpartition("/")[2]))
        if kind in ("assumed-role", "role"):
            known.append(("aws:principalarn", self.parent_arn or self.arn))
        elif kind != "federated":
            known.append(("aws:principalarn", self.arn))
        return known


class Request:
    """One question. `context` maps condition keys, in any case, to a string or, for a multivalued key, a list.

    A value may be a function of nothing, and the whole context a function of the lower-case key: then it is asked at most
    once per key, and only for keys that a policy mentions. A key that the context lacks is taken from the principal.
    """

    __slots__ = ("_context", "_folded", "_seen", "action", "action_key", "principal", "resource")

    def __init__(self, principal: Principal, action: str, resource: str = "*", context: Context | None = None) -> None:
        self.principal = principal
        self.action = action
        self.action_key = action.lower()
        self.resource = resource
        self._context = context
        self._folded: dict[str, Value | Callable[[], Value | None]] | None = None
        self._seen: dict[str, str | tuple[str, ...] | None] | None = None

    def lookup(self, key: str) -> str | tuple[str, ...] | None:
        """The value of a lower-case key: a string, a tuple of at least one for a multivalued key, None when absent."""
        seen = self._seen
        if seen is None:
            seen = self._seen = {}
        elif key in seen:
            return seen[key]
        value = self._given(key)
        if value is None:
            value = self.principal.value(key)
        if isinstance(value, list | tuple):
            value = tuple(value) or None
        seen[key] = value
        return value

    def _given(self, key: str) -> Value | None:
        context = self._context
        if context is None:
            return None
        if callable(context):
            return context(key)
        if self._folded is None:
            self._folded = {name.lower(): value for name, value in context.items()}
        value = self._folded.get(key)
        return value() if callable(value) else value


_TYPES = {
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "assumed-role": "AssumedRole",
    "federated-user": "FederatedUser",
    "anonymous": "Anonymous",
}
