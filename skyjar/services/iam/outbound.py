"""Outbound web identity federation: the account as an issuer of tokens. `sts` issues them and publishes the keys."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import OutboundFederationChanged, state
from .errors import FeatureDisabledException, FeatureEnabledException


@operation
def enable_outbound_web_identity_federation(call: Call) -> dict[str, Any]:
    """The issuer's address is of the host by which the client came, so that whoever verifies a token finds its keys;
    AWS's is `https://<uuid>.tokens.sts.global.api.aws`. It stays the same when federation is disabled and enabled."""
    account = state.account_of(call)
    if account.has_issuer_enabled:
        raise FeatureEnabledException("Outbound web identity federation is already enabled for this account.")
    issuer = account.issuer or f"{call.endpoint}/_aws/tokens/{call.new_id()}"
    state.accounts.put(call, state.replace(account, issuer=issuer, has_issuer_enabled=True))
    call.emit(OutboundFederationChanged(issuer=issuer, is_enabled=True))
    return {"IssuerIdentifier": issuer}


def _disabled() -> FeatureDisabledException:
    return FeatureDisabledException("Outbound web identity federation is not enabled for this account.")


@operation
def disable_outbound_web_identity_federation(call: Call) -> None:
    account = state.account_of(call)
    if not account.has_issuer_enabled:
        raise _disabled()
    state.accounts.put(call, state.replace(account, has_issuer_enabled=False))
    call.emit(OutboundFederationChanged(issuer=account.issuer, is_enabled=False))


@operation
def get_outbound_web_identity_federation_info(call: Call) -> dict[str, Any]:
    account = state.account_of(call)
    if not account.has_issuer_enabled:
        raise _disabled()
    return {"IssuerIdentifier": account.issuer, "JwtVendingEnabled": True}
