"""One-time codes of the caller's MFA device, where a session is asked for with one.

A policy's condition on MFA is judged before the operation runs, so the code is looked at twice: `holds` says what it is
worth, and `used` takes it, once and for all.
"""

from __future__ import annotations

from skyjar.kernel import one_time_codes
from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import Device, devices

from .errors import MultiFactorFailed


def _device(call: Call, serial_number: str) -> Device | None:
    """Only a user with keys of its own has a device that counts."""
    caller = call.caller
    if caller.kind != "user" or caller.is_temporary:
        return None
    found = devices.get(call, serial_number)
    return found if found is not None and found.user == caller.name else None


def holds(call: Call, serial_number: str, token_code: str) -> bool:
    device = _device(call, serial_number) if serial_number and token_code else None
    return device is not None and one_time_codes.step_of(device, call.now, token_code) is not None


def used(call: Call, serial_number: str, token_code: str) -> float:
    """When the caller showed the code of its device: now; 0 if none was shown."""
    if bool(serial_number) != bool(token_code):
        raise MultiFactorFailed(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    if not serial_number:
        return 0.0
    device = _device(call, serial_number)
    if device is None:
        raise MultiFactorFailed
    if not one_time_codes.use(call, device, call.now, token_code):
        raise MultiFactorFailed("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    return call.now
