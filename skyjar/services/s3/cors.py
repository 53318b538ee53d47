"""A bucket's CORS rules at work: the first rule that admits origin, method and headers gives the answer's headers.

The pipeline asks `allowed` for an actual request and `preflight` for OPTIONS. Header names and values are HTTP's own,
which is what the rules are about. Source: S3 User Guide, "Using cross-origin resource sharing (CORS)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from skyjar.kernel.call import Call

from . import state
from .errors import AccessForbidden, BadRequest, NoSuchBucket

KIND = "cors"
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

Pairs = list[tuple[str, str]]


def allowed(call: Call, bucket: str, origin: str, method: str, headers: Mapping[str, str]) -> Pairs | None:
    """The headers for an answer to this origin; None when there is no such bucket or no rule admits it."""
    try:
        found = _rules(call, bucket)
    except NoSuchBucket:
        return None
    return _answer(found, origin, method, _requested(headers))


def preflight(call: Call, bucket: str, key: str, headers: Mapping[str, str]) -> Pairs:
    """The answer's headers to OPTIONS, which needs no signature."""
    origin, method = headers.get("origin"), headers.get("access-control-request-method")
    if origin is None:
        raise BadRequest("Insufficient information. Origin request header needed.")
    if method is None:
        raise BadRequest("Invalid Access-Control-Request-Method: null")
    told = {"Method": method, "ResourceType": "OBJECT" if key else "BUCKET"}
    try:
        found = _rules(call, bucket)
    except NoSuchBucket:
        raise AccessForbidden("CORSResponse: Bucket not found", **told) from None
    if not found:
        raise AccessForbidden("CORSResponse: CORS is not enabled for this bucket.", **told)
    answer = _answer(found, origin, method, _requested(headers))
    if answer is None:
        raise AccessForbidden(**told)
    return answer


def _rules(call: Call, name: str) -> list[dict[str, Any]]:
    bucket = state.named(call, name)
    if not bucket.has_cors:
        return []
    document = state.configuration(state.place(call, bucket), bucket, KIND) or {}
    rules: list[dict[str, Any]] = document.get("CORSRules", [])
    return rules


def _requested(headers: Mapping[str, str]) -> list[str]:
    given = headers.get("access-control-request-headers", "")
    return [name.strip().lower() for name in given.split(",") if name.strip()]


def _answer(rules: list[dict[str, Any]], origin: str, method: str, requested: list[str]) -> Pairs | None:
    for rule in rules:
        if method in rule["AllowedMethods"] and _admits(rule["AllowedOrigins"], origin):
            headers = [header.lower() for header in rule.get("AllowedHeaders", ())]
            if all(_admits(headers, name) for name in requested):
                return _headers(rule, origin, requested)
    return None


def _headers(rule: dict[str, Any], origin: str, requested: list[str]) -> Pairs:
    """An origin that is named may send credentials; any origin (`*`) may not."""
    if "*" in rule["AllowedOrigins"]:
        pairs = [("access-control-allow-origin", "*")]
    else:
        pairs = [("access-control-allow-origin", origin), ("access-control-allow-credentials", "true")]
    pairs.append(("access-control-allow-methods", ", ".join(rule["AllowedMethods"])))
    if requested:
        pairs.append(("access-control-allow-headers", ", ".join(requested)))
    if rule.get("ExposeHeaders"):
        pairs.append(("access-control-expose-headers", ", ".join(rule["ExposeHeaders"])))
    if rule.get("MaxAgeSeconds") is not None:
        pairs.append(("access-control-max-age", str(rule["MaxAgeSeconds"])))
    return [*pairs, ("vary", _VARY)]


def _admits(patterns: list[str], value: str) -> bool:
    return any(pattern == value or ("*" in pattern and _compiled(pattern).match(value)) for pattern in patterns)


@lru_cache(1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    start, _, end = pattern.partition("*")
    return re.compile(re.escape(start) + ".*" + re.escape(end) + r"\Z", re.DOTALL)
