"""Where the function behind a custom resource answers. The URL holds a secret, as AWS's presigned one does."""

from __future__ import annotations

import hmac
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import endpoint
from skyjar.kernel.web import WebRequest, WebResponse

from . import limits, state


@endpoint(paths=("/_aws/cloudformation/custom-resources/{key}/{secret}",))
def answer(call: Call, request: WebRequest) -> WebResponse:
    """The first answer counts."""
    asked = state.requests.get(call, request.labels["key"])
    if asked is None or not hmac.compare_digest(asked.secret.encode(), request.labels["secret"].encode()):
        return WebResponse(status=403)
    if request.method != "PUT":
        return WebResponse(status=405)
    if len(request.body) > limits.RESPONSE_BYTES:
        return WebResponse(status=400, body=b"Response object is too long.")
    found = _read(request.body)
    if found is None or found.get("RequestId") != asked.id:
        return WebResponse(status=400, body=b"The response is not an answer to this request.")
    if not asked.answer:
        state.requests.replace(call, asked, state.replace(asked, answer=orjson.dumps(found).decode()))
    return WebResponse(status=200)


def _read(body: bytes) -> dict[str, Any] | None:
    """None unless it is an object whose PhysicalResourceId is a string and whose Data is an object."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("PhysicalResourceId", ""), str):
        return None
    return found if isinstance(found.get("Data") or {}, dict) else None
