"""A presigned URL of Signature Version 4, for a GetObject by path. Pure. Source: Amazon S3 API reference, "Authenticating
Requests: Using Query Parameters"."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit


def url_of(
    base: str, bucket: str, key: str, region: str, now: float, expires_s: int, keys: tuple[str, str, str],
    version: str = "",
) -> str:  # fmt: skip
    """`base` is scheme and host; `keys` are access key, secret and session token."""
    access_key, secret, token = keys
    stamp = datetime.fromtimestamp(int(now), UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    path = "/" + quote(f"{bucket}/{key}", safe="/-_.~")
    pairs = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-Security-Token": token,
        "X-Amz-SignedHeaders": "host",
        **({"versionId": version} if version else {}),
    }
    query = urlencode(sorted(pairs.items()), quote_via=quote, safe="-_.~")
    canonical = f"GET\n{path}\n{query}\nhost:{urlsplit(base).netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = f"AWS4{secret}".encode()
    for part in (stamp[:8], region, "s3", "aws4_request", to_sign):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    return f"{base}{path}?{query}&X-Amz-Signature={signing.hex()}"
