"""Images: there are none, because nothing can be pushed yet."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state
from .errors import ImageNotFoundException


@operation
def list_images(
    call: Call,
    *,
    repository_name: str,
    registry_id: str = "",
    next_token: str = "",
    max_results: int | None = None,
    filter: dict[str, str] | None = None,
) -> dict[str, Any]:
    state.repository_of(state.registry(call, registry_id), repository_name)
    return {"imageIds": []}


@operation
def describe_images(
    call: Call,
    *,
    repository_name: str,
    registry_id: str = "",
    image_ids: list[dict[str, str]] | None = None,
    next_token: str = "",
    max_results: int | None = None,
    filter: dict[str, str] | None = None,
) -> dict[str, Any]:
    at = state.registry(call, registry_id)
    state.repository_of(at, repository_name)
    if image_ids:
        digest, tag = image_ids[0].get("imageDigest", ""), image_ids[0].get("imageTag", "")
        raise ImageNotFoundException(digest, tag, repository_name, at.account)
    return {"imageDetails": []}
