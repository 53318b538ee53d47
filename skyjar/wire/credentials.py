"""What a signed request claims: who signed it, for what, and when."""

from __future__ import annotations

from typing import Any


class Credential:
    """`scheme` is v4-header, v4-query, v4a-header, v4a-query, v2-header or v2-query. `timestamp` is epoch seconds, `stamp` as it
    was signed. `region` is empty where the signature names none (SigV2), or no single one (SigV4A).

    `expires` is, in seconds, how long a presigned SigV4 URL is valid, or for v2-query the epoch second at which it ends.
    """

    region_set = ""
    __slots__ = (
        "access_key",
        "date",
        "expires",
        "region",
        "scheme",
        "service",
        "signature",
        "signed_headers",
        "stamp",
        "timestamp",
        "token",
    )

    def __init__(
        self,
        scheme: str,
        access_key: str,
        date: str,
        region: str,
        service: str,
        signed_headers: str,
        signature: str,
        token: str | None,
        timestamp: float,
        expires: int | None,
        stamp: str,
    ) -> None:
        self.scheme = scheme
        self.access_key = access_key
        self.date = date
        self.region = region
        self.service = service
        self.signed_headers = signed_headers
        self.signature = signature
        self.token = token
        self.timestamp = timestamp
        self.expires = expires
        self.stamp = stamp

    def __repr__(self) -> str:
        return f"Credential({self.scheme}, {self.access_key}, {self.region}, {self.service})"


class MultiRegionCredential(Credential):
    """One of SigV4A, which is scoped to no Region: `region_set` is what it is signed for, as it was sent."""

    __slots__ = ("region_set",)

    def __init__(self, region_set: str, *parts: Any) -> None:
        super().__init__(*parts)
        self.region_set = region_set
