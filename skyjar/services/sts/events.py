"""Roles and users come and go in `iam`. A session ends with the role or user behind it."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import jobs, state
from .state import Address, AssumableRole, Decryption, Outbound
from .web_tokens import key_of


@on("iam.RoleChanged")
def keep_role(call: Call, event: Any) -> None:
    state.roles.put(
        call,
        AssumableRole(
            name=event.name, id=event.id, path=event.path, trust=event.trust, max_session_s=event.max_session_s
        ),
    )


@on("iam.RoleDeleted")
def forget_role(call: Call, event: Any) -> None:
    state.roles.delete(call, event.name)
    _end_sessions(call, event.id)


@on("iam.UserDeleted")
def forget_user(call: Call, event: Any) -> None:
    _end_sessions(call, event.id)


@on("iam.OutboundFederationChanged")
def keep_issuer(call: Call, event: Any) -> None:
    state.outbound.put(call, Outbound(id="", address=event.issuer, is_enabled=event.is_enabled))
    state.addresses.put(call, Address(issuer=key_of(event.issuer), address=event.issuer))
    if event.is_enabled:
        call.later(jobs.make_keys, key=event.issuer, issuer=event.issuer)


@on("iam.SamlProviderChanged")
def keep_keys(call: Call, event: Any) -> None:
    if event.keys:
        state.decryptions.put(call, Decryption(provider=event.name, keys=event.keys, is_required=event.is_required))
    else:
        state.decryptions.delete(call, event.name)


def _end_sessions(call: Call, issuer: str) -> None:
    for session in state.sessions.range(call, issuer, via="issuer"):
        held = credentials.find(call.tx, session.access_key)
        if held is not None:
            credentials.issue(call, msgspec.structs.replace(held, is_active=False))
