"""SAML providers. Their metadata is parsed, so that what is kept can verify assertions."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.planes.saml import Malformed, Metadata, read_metadata

from . import SamlProviderChanged, certificates, limits, naming
from .errors import EntityAlreadyExistsException, InvalidInputException, LimitExceededException, over_quota
from .federation_state import PrivateKey, SamlProvider, saml_of, saml_providers
from .naming import Tags
from .state import replace


def _read(document: str) -> Metadata:
    try:
        return read_metadata(document)
    except Malformed:
        raise InvalidInputException("Could not parse metadata") from None


def _valid_until(call: Call, metadata: Metadata) -> float:
    return metadata.valid_until or naming.date(call) + limits.SAML_METADATA_S


@operation
def create_saml_provider(
    call: Call,
    *,
    saml_metadata_document: str,
    name: str,
    tags: Tags | None = None,
    assertion_encryption_mode: str = "",
    add_private_key: str = "",
) -> dict[str, Any]:
    metadata = _read(saml_metadata_document)
    if saml_providers.get(call, name) is not None:
        raise EntityAlreadyExistsException(f"Provider {name} already exists.")
    if saml_providers.count(call) >= limits.SAML_PROVIDERS:
        raise over_quota("SAMLProvidersPerAccount", limits.SAML_PROVIDERS)
    made = SamlProvider(
        name=name,
        id=call.chance.base32(22),
        metadata=saml_metadata_document,
        created_at=naming.date(call),
        valid_until=_valid_until(call, metadata),
        tags=naming.checked_tags(tags),
        encryption=assertion_encryption_mode,
        keys=_with_key(call, (), add_private_key),
    )
    _check_mode(made)
    saml_providers.add(call, made)
    _tell(call, made)
    return {"SAMLProviderArn": arn_of(call.account, name), **_tags(made)}


def arn_of(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:saml-provider/{name}"


def _tags(found: SamlProvider) -> dict[str, Any]:
    return {"Tags": naming.shown_tags(dict(sorted(found.tags.items())))} if found.tags else {}


@operation
def get_saml_provider(call: Call, *, saml_provider_arn: str) -> dict[str, Any]:
    found = saml_of(call, saml_provider_arn)
    return {
        "SAMLProviderUUID": found.id,
        "SAMLMetadataDocument": found.metadata,
        "CreateDate": found.created_at,
        "ValidUntil": found.valid_until,
        **_tags(found),
        **({"AssertionEncryptionMode": found.encryption} if found.encryption else {}),
        "PrivateKeyList": [{"KeyId": key.id, "Timestamp": key.added_at} for key in found.keys],
    }


@operation
def list_saml_providers(call: Call) -> dict[str, Any]:
    return {
        "SAMLProviderList": [
            {
                "Arn": arn_of(call.account, each.name),
                "ValidUntil": each.valid_until,
                "CreateDate": each.created_at,
            }
            for each in saml_providers.each(call)
        ]
    }


def _with_key(call: Call, keys: tuple[PrivateKey, ...], text: str) -> tuple[PrivateKey, ...]:
    if not text:
        return keys
    if not certificates.is_rsa_key(text):
        raise InvalidInputException("Invalid private key.")
    if len(keys) >= limits.SAML_PRIVATE_KEYS:
        raise LimitExceededException(f"Private key limit of {limits.SAML_PRIVATE_KEYS} is reached.")
    return (*keys, PrivateKey(call.chance.base32(22), text, naming.date(call)))


def _without_key(keys: tuple[PrivateKey, ...], key_id: str) -> tuple[PrivateKey, ...]:
    left = tuple(key for key in keys if key.id != key_id)
    if key_id and len(left) == len(keys):
        raise InvalidInputException("Failed to remove private key because the Key ID does not match a private key.")
    return left


def _check_mode(found: SamlProvider) -> None:
    if found.encryption == "Required" and not found.keys:
        raise InvalidInputException(
            "Unable to set assertion encryption mode to Required because no private key is provided."
        )


def _tell(call: Call, found: SamlProvider) -> None:
    is_required = found.encryption == "Required"
    call.emit(SamlProviderChanged(found.name, tuple(key.text for key in found.keys), is_required))


@operation
def update_saml_provider(
    call: Call,
    *,
    saml_provider_arn: str,
    saml_metadata_document: str = "",
    assertion_encryption_mode: str = "",
    add_private_key: str = "",
    remove_private_key: str = "",
) -> dict[str, Any]:
    found = saml_of(call, saml_provider_arn)
    if add_private_key and remove_private_key:
        raise InvalidInputException(
            "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."
        )
    if not (saml_metadata_document or assertion_encryption_mode or add_private_key or remove_private_key):
        raise InvalidInputException(
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
        )
    changed = replace(
        found,
        encryption=assertion_encryption_mode or found.encryption,
        keys=_with_key(call, _without_key(found.keys, remove_private_key), add_private_key),
    )
    _check_mode(changed)
    if saml_metadata_document:
        valid_until = _valid_until(call, _read(saml_metadata_document))
        changed = replace(changed, metadata=saml_metadata_document, valid_until=valid_until)
    saml_providers.replace(call, found, changed)
    _tell(call, changed)
    return {"SAMLProviderArn": saml_provider_arn}


@operation
def delete_saml_provider(call: Call, *, saml_provider_arn: str) -> None:
    found = saml_of(call, saml_provider_arn)
    saml_providers.remove(call, found)
    call.emit(SamlProviderChanged(found.name, (), False))


@operation
def tag_saml_provider(call: Call, *, saml_provider_arn: str, tags: Tags) -> None:
    found = saml_of(call, saml_provider_arn)
    saml_providers.replace(call, found, replace(found, tags=naming.checked_tags(tags, found.tags)))


@operation
def untag_saml_provider(call: Call, *, saml_provider_arn: str, tag_keys: list[str]) -> None:
    found = saml_of(call, saml_provider_arn)
    saml_providers.replace(call, found, replace(found, tags=naming.without_tags(found.tags, tag_keys)))


@operation
def list_saml_provider_tags(
    call: Call, *, saml_provider_arn: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return naming.page_of_tags(saml_of(call, saml_provider_arn).tags, marker, max_items)
