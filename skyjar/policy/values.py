"""What condition values mean: numbers, instants, addresses, bytes. Each reader answers None for what is not one."""

import base64
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

Network = tuple[int, int, int]  # IP version, network as a number, mask as a number

_NUMBER = re.compile(r"[+-]?[0-9]{1,64}(\.[0-9]{1,64})?([eE][+-]?[0-9]{1,3})?")
_EPOCH = re.compile(r"-?[0-9]{5,15}(\.[0-9]{1,9})?")
_W3C = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)


def number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(2048)
def instant(text: str) -> Decimal | None:
    """Seconds since 1970 of a W3C date and time, or of a number of such seconds."""
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    found = _W3C.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    zone = found[8] or "Z"
    try:
        whole = datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    seconds = Decimal(int((whole - _EPOCH_START).total_seconds())) + Decimal(f"0.{found[7] or 0}")
    if zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds += offset if zone[0] == "-" else -offset
    return seconds


@lru_cache(4096)
def address(text: str) -> tuple[int, int] | None:
    """IP version and number."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.version, int(found)


def network(text: str) -> Network | None:
    """An address or a CIDR block; bits beyond the prefix are ignored."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.netmask)


def binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
