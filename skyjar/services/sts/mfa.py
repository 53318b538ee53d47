"""One-time codes of the caller's MFA device, where a session is asked for with one.

A policy's condition on MFA is judged before the operation runs, so the code is looked at twice: `checked` refuses a wrong
one, and `used` takes a right one, once and for all.
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


def checked(call: Call, serial_number: str, token_code: str) -> Device | None:
    """The device whose fresh code is shown; None where none is."""
    if bool(serial_number) != bool(token_code):
        raise MultiFactorFailed(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    if not serial_number:
        return None
    device = _device(call, serial_number)
    if device is None:
        raise MultiFactorFailed
    if one_time_codes.step_of(device, call.now, token_code) is None:
        raise MultiFactorFailed("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    return device


def used(call: Call, serial_number: str, token_code: str) -> float:
    """When the caller showed the code of its device: now; 0 if none was shown."""
    device = checked(call, serial_number, token_code)
    if device is None:
        return 0.0
    one_time_codes.use(call, device, call.now, token_code)
    return call.now
