"""Devices that show one-time codes (TOTP, RFC 6238): SHA-1, six digits, thirty seconds.

Kept here, as credentials are, because `iam` registers devices and `sts` asks for their codes.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from .tables import At, Record, Table

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1  # by how much a device's clock may differ when a session is asked for
SEARCH_STEPS = 20  # and when it is enabled or synchronised


class Device(Record, frozen=True):
    """`serial` is its ARN. `drift` is by how many steps its clock is ahead of ours, `used` the step of its last code."""

    serial: str
    name: str
    path: str
    seed: bytes
    created_at: float
    user: str = ""
    enabled_at: float = 0.0
    drift: int = 0
    used: int = 0
    tags: dict[str, str] = {}


devices = Table("kernel.devices", Device, key=("serial",), scope="account", indexes={"user": ("user", "serial")})


def code(seed: bytes, step: int) -> str:
    """RFC 4226, section 5.3."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def synchronised(device: Device, now: float, first: str, second: str) -> Device | None:
    """The device, its clock known by two codes in a row; None when they are not two in a row."""
    here = int(now) // STEP_S
    for distance in range(SEARCH_STEPS + 1):
        for step in {here - distance, here + distance}:
            if code(device.seed, step) == first and code(device.seed, step + 1) == second:
                return msgspec.structs.replace(device, drift=step + 1 - here, used=step + 1)
    return None


def step_of(device: Device, now: float, given: str) -> int | None:
    """The step that the code is of, if it is a fresh one: each is good for once, and none before it afterwards."""
    here = int(now) // STEP_S + device.drift
    for step in range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1):
        if step > device.used and hmac.compare_digest(code(device.seed, step).encode(), given.encode()):
            return step
    return None


def use(at: At, device: Device, now: float, given: str) -> bool:
    """Whether the code is good; it is used up then."""
    step = step_of(device, now, given)
    if step is not None:
        devices.replace(at, device, msgspec.structs.replace(device, used=step))
    return step is not None
