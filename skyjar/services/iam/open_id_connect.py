"""OpenID Connect providers. Their keys are fetched by `sts` when a token is shown; nothing is fetched here.

AWS takes `https` addresses without a port alone. Here `http` and ports are taken too where the host is this machine, because
a provider that runs beside Skyjar has no public certificate.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, naming
from .errors import EntityAlreadyExistsException, InvalidInputException, NoSuchEntityException, over_quota
from .federation_state import Issuer, issuer_of, issuers
from .naming import Tags
from .state import replace

_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_LOOPBACK = re.compile(r"localhost|.+\.localhost|127(\.\d{1,3}){3}|::1")


def checked_address(url: str) -> str:
    """The provider's name: its address without the scheme."""
    try:
        parts = urlsplit(url)
        is_right = _is_right(parts)
    except ValueError:
        is_right = False
    if not is_right:
        raise InvalidInputException("Invalid Open ID Connect Provider URL")
    return url.partition("://")[2]


def _is_right(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    is_local = _LOOPBACK.fullmatch(host) is not None
    if parts.scheme not in ("https", "http") or parts.query or parts.fragment or parts.username is not None:
        return False
    return is_local or (parts.scheme == "https" and parts.port is None and _HOST.fullmatch(host) is not None)


def _checked_clients(clients: list[str]) -> tuple[str, ...]:
    different = tuple(dict.fromkeys(clients))
    if len(different) > limits.CLIENTS_PER_ISSUER:
        raise over_quota("ClientIdsPerOpenIdConnectProvider", limits.CLIENTS_PER_ISSUER)
    return different


def _checked_thumbprints(thumbprints: list[str]) -> tuple[str, ...]:
    if len(thumbprints) > limits.THUMBPRINTS:
        raise InvalidInputException(f"Thumbprint list must contain fewer than {limits.THUMBPRINTS} entries.")
    for each in thumbprints:
        if _THUMBPRINT.fullmatch(each) is None:
            raise InvalidInputException(f"Invalid thumbprint: {each}")
    return tuple(each.lower() for each in thumbprints)


@operation
def create_open_id_connect_provider(
    call: Call,
    *,
    url: str,
    client_id_list: list[str] | None = None,
    thumbprint_list: list[str] | None = None,
    tags: Tags | None = None,
) -> dict[str, Any]:
    name = checked_address(url)
    if issuers.get(call, name) is not None:
        raise EntityAlreadyExistsException(f"Provider with url {url} already exists.")
    if issuers.count(call) >= limits.ISSUERS:
        raise over_quota("OpenIdConnectProvidersPerAccount", limits.ISSUERS)
    issuer = Issuer(
        name=name,
        url=url,
        created_at=naming.date(call),
        clients=_checked_clients(client_id_list or []),
        thumbprints=_checked_thumbprints(thumbprint_list or []),
        tags=naming.checked_tags(tags),
    )
    issuers.add(call, issuer)
    return {"OpenIDConnectProviderArn": arn_of(call.account, name), **_tags(issuer)}


def arn_of(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{name}"


def _tags(issuer: Issuer) -> dict[str, Any]:
    return {"Tags": naming.shown_tags(dict(sorted(issuer.tags.items())))} if issuer.tags else {}


@operation
def get_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str) -> dict[str, Any]:
    """`Url` is without its scheme, as on AWS; but one that is `http` says so."""
    issuer = issuer_of(call, open_id_connect_provider_arn)
    return {
        "Url": issuer.url.removeprefix("https://"),
        "ClientIDList": list(issuer.clients),
        "ThumbprintList": list(issuer.thumbprints),
        "CreateDate": issuer.created_at,
        **_tags(issuer),
    }


@operation
def list_open_id_connect_providers(call: Call) -> dict[str, Any]:
    return {"OpenIDConnectProviderList": [{"Arn": arn_of(call.account, each.name)} for each in issuers.each(call)]}


@operation
def delete_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str) -> None:
    """Deleting what is gone succeeds (API reference). Roles that trust it are left as they are."""
    try:
        issuers.remove(call, issuer_of(call, open_id_connect_provider_arn))
    except NoSuchEntityException:
        return


def _change(call: Call, arn: str, **changes: Any) -> None:
    issuer = issuer_of(call, arn)
    issuers.replace(call, issuer, replace(issuer, **changes))


@operation
def update_open_id_connect_provider_thumbprint(
    call: Call, *, open_id_connect_provider_arn: str, thumbprint_list: list[str]
) -> None:
    _change(call, open_id_connect_provider_arn, thumbprints=_checked_thumbprints(thumbprint_list))


@operation
def add_client_id_to_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str, client_id: str) -> None:
    clients = issuer_of(call, open_id_connect_provider_arn).clients
    _change(call, open_id_connect_provider_arn, clients=_checked_clients([*clients, client_id]))


@operation
def remove_client_id_from_open_id_connect_provider(
    call: Call, *, open_id_connect_provider_arn: str, client_id: str
) -> None:
    """One that is not registered is no error (API reference)."""
    clients = issuer_of(call, open_id_connect_provider_arn).clients
    _change(call, open_id_connect_provider_arn, clients=tuple(each for each in clients if each != client_id))


@operation
def tag_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str, tags: Tags) -> None:
    present = issuer_of(call, open_id_connect_provider_arn).tags
    _change(call, open_id_connect_provider_arn, tags=naming.checked_tags(tags, present))


@operation
def untag_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str, tag_keys: list[str]) -> None:
    present = issuer_of(call, open_id_connect_provider_arn).tags
    _change(call, open_id_connect_provider_arn, tags=naming.without_tags(present, tag_keys))


@operation
def list_open_id_connect_provider_tags(
    call: Call, *, open_id_connect_provider_arn: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return naming.page_of_tags(issuer_of(call, open_id_connect_provider_arn).tags, marker, max_items)
