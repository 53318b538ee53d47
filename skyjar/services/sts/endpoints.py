"""What an account's issuer publishes: its configuration and its public keys."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.service import endpoint
from skyjar.kernel.web import WebRequest, WebResponse
from skyjar.planes.json_web_tokens import public_key

from . import limits, state


@endpoint(paths=("/_aws/tokens/{issuer}/{path+}",))
def published(call: Call, request: WebRequest) -> WebResponse | None:
    """Keys stay published when federation is disabled, so that tokens which were issued can be verified to their end."""
    address = state.addresses.get(call, request.labels["issuer"])
    if address is None:
        return None
    if request.method not in ("GET", "HEAD"):
        return _json(405, {"message": "Method Not Allowed"})
    if request.path == "/.well-known/openid-configuration":
        return _json(200, _configuration(address.address))
    if request.path == "/.well-known/jwks.json":
        signers = state.signers.range(call, address.issuer)
        return _json(200, {"keys": [public_key(each.private, each.algorithm, each.name) for each in signers]})
    return _json(404, {"message": "Not Found"})


def _configuration(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(limits.WEB_TOKEN_ALGORITHMS),
    }


def _json(status: int, body: dict[str, Any]) -> WebResponse:
    return WebResponse(status=status, headers=[("content-type", "application/json")], body=msgspec.json.encode(body))
