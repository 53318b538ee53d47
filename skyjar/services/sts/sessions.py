"""Temporary credentials: keys, token, end, and the row by which they are found again."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.credentials import Credential
from skyjar.kernel.principals import Principal

from . import jobs, limits, state
from .state import Session

_TOKEN_BYTES = 180


def issue(
    call: Call,
    principal: Principal,
    duration_s: int,
    *,
    issuer: str,
    transitive: tuple[str, ...] = (),
    least_bytes: int = 0,
) -> dict[str, Any]:
    """Issue a session of the principal, in its account, from now on. Returns the Credentials of an answer, and how long
    their token is: `least_bytes` at least."""
    access_key = "ASIA" + call.chance.base32(16)
    secret = b64encode(call.chance.bytes(30)).decode()
    token = _token(call, least_bytes)
    expires_at = float(int(call.now) + duration_s)
    held = msgspec.structs.replace(
        principal, access_key=access_key, is_temporary=True, issued_at=float(int(call.now)), expires_at=expires_at
    )
    credentials.issue(
        call, Credential(access_key=access_key, secret=secret, principal=held, token=token, expires_at=expires_at)
    )
    state.sessions.add(
        call, Session(access_key=access_key, issuer=issuer, expires_at=expires_at, transitive=transitive)
    )
    jobs.plan(call, expires_at)
    return {
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expires_at,
        },
        "SessionTokenSize": len(token),
        "SessionTokenUtilization": 100 * len(token) // limits.TOKEN_BYTES,
    }


def _token(call: Call, least_bytes: int) -> str:
    room = least_bytes - len(limits.SESSION_MARK)
    return (
        limits.SESSION_MARK
        + b64encode(call.chance.bytes(max(_TOKEN_BYTES, (room * 3 + 3) // 4))).decode()[
            : max(_TOKEN_BYTES * 4 // 3, room)
        ]
    )
