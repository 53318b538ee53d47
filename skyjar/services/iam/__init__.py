"""AWS Identity and Access Management."""

import msgspec

from skyjar.kernel.service import Service

service = Service("iam", is_global=True)


class RoleChanged(msgspec.Struct, frozen=True):
    """A role was made or changed; `sts` keeps what it needs to judge who may assume it."""

    id: str
    name: str
    path: str
    trust: str
    max_session_s: int


class RoleDeleted(msgspec.Struct, frozen=True):
    id: str
    name: str


class OutboundFederationChanged(msgspec.Struct, frozen=True):
    """The account became an issuer of web identity tokens, or ceased to be one."""

    issuer: str
    is_enabled: bool


class SamlProviderChanged(msgspec.Struct, frozen=True):
    """How the assertions of a SAML provider are encrypted: `keys` are private keys, as PEM; none when it is gone."""

    name: str
    keys: tuple[str, ...]
    is_required: bool


class UserDeleted(msgspec.Struct, frozen=True):
    id: str
    name: str
