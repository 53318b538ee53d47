"""Identity providers as they are stored: OpenID Connect issuers, SAML providers, and the account's own issuer."""

from __future__ import annotations

import msgspec

from skyjar.kernel.tables import At, Record, Table

from . import errors


class Issuer(Record, frozen=True):
    """An OpenID Connect provider. `name` is its address without the scheme, as in its ARN; `url` is the whole."""

    name: str
    url: str
    created_at: float
    clients: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    tags: dict[str, str] = {}


class PrivateKey(msgspec.Struct, frozen=True, array_like=True):
    id: str
    text: str
    added_at: float


class SamlProvider(Record, frozen=True):
    """`encryption`: Required, Allowed or empty; `keys` are those that assertions may be encrypted for."""

    name: str
    id: str
    metadata: str
    created_at: float
    valid_until: float
    tags: dict[str, str] = {}
    encryption: str = ""
    keys: tuple[PrivateKey, ...] = ()


issuers = Table("iam.issuers", Issuer, key=("name",), scope="account")
saml_providers = Table("iam.saml", SamlProvider, key=("name",), scope="account")


def issuer_of(at: At, arn: str) -> Issuer:
    found = issuers.get(at, _name(at, arn, "oidc-provider"))
    if found is None:
        raise errors.NoSuchEntityException(f"OpenIDConnect Provider not found for arn {arn}")
    return found


def saml_of(at: At, arn: str) -> SamlProvider:
    found = saml_providers.get(at, _name(at, arn, "saml-provider"))
    if found is None:
        raise errors.NoSuchEntityException(f"Manifest not found for arn {arn}")
    return found


def _name(at: At, arn: str, kind: str) -> str:
    """Empty for one of another account."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith(kind + "/"):
        raise errors.InvalidInputException(f"Invalid ARN: {arn}")
    return parts[5].removeprefix(kind + "/") if parts[4] == at.account else ""
