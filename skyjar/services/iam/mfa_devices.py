"""Virtual MFA devices. Their seeds and codes are the kernel's (`one_time_codes`), because `sts` asks for the codes."""

from __future__ import annotations

import io
from base64 import b32encode
from typing import Any

from skyjar.kernel import one_time_codes
from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import Device, devices
from skyjar.kernel.service import operation

from . import limits, naming, state, users
from .errors import (
    DeleteConflictException,
    EntityAlreadyExistsException,
    InvalidAuthenticationCodeException,
    NoSuchEntityException,
    over_quota,
)
from .naming import Tags
from .users import own_name


@operation
def create_virtual_mfa_device(
    call: Call, *, virtual_mfa_device_name: str, path: str = "/", tags: Tags | None = None
) -> dict[str, Any]:
    """The seed is shown once, as text and as a picture for an authenticator app."""
    serial = state.arn_of(call.account, "mfa", path, virtual_mfa_device_name)
    if devices.get(call, serial) is not None:
        raise EntityAlreadyExistsException("MFADevice entity at the same path and name already exists.")
    device = Device(
        serial=serial,
        name=virtual_mfa_device_name,
        path=path,
        seed=call.chance.bytes(limits.MFA_SEED_BYTES),
        created_at=naming.date(call),
        tags=naming.checked_tags(tags),
    )
    devices.add(call, device)
    seed = b32encode(device.seed)
    address = f"otpauth://totp/{device.name}@{_account_name(call)}?secret={seed.decode()}"
    tagged = {"Tags": naming.shown_tags(device.tags)} if device.tags else {}
    return {
        "VirtualMFADevice": {"SerialNumber": serial, "Base32StringSeed": seed, "QRCodePNG": _picture(address), **tagged}
    }


def _account_name(call: Call) -> str:
    return state.account_of(call).alias or call.account


def _picture(text: str) -> bytes:
    import segno

    png = io.BytesIO()
    segno.make_qr(text).save(png, kind="png", scale=4)
    return png.getvalue()


def _device(call: Call, serial: str) -> Device:
    found = devices.get(call, serial)
    if found is None:
        raise NoSuchEntityException(f"VirtualMFADevice with serial number {serial} doesn't exist.")
    return found


def _held(call: Call, user_name: str, serial: str) -> Device:
    """The device, which the user has."""
    state.user_of(call, user_name)
    found = _device(call, serial)
    if found.user != user_name:
        raise NoSuchEntityException("MFA Device invalid for user.")
    return found


@operation
def enable_mfa_device(
    call: Call, *, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    state.user_of(call, user_name)
    device = _device(call, serial_number)
    if device.user:
        raise EntityAlreadyExistsException("MFA Device is already in use.")
    if devices.count(call, user_name, via="user") >= limits.MFA_DEVICES_PER_USER:
        raise over_quota("MFADevicesPerUser", limits.MFA_DEVICES_PER_USER)
    known = _synchronised(call, device, authentication_code1, authentication_code2)
    devices.replace(call, device, state.replace(known, user=user_name, enabled_at=naming.date(call)))


def _synchronised(call: Call, device: Device, first: str, second: str) -> Device:
    found = one_time_codes.synchronised(device, call.now, first, second)
    if found is None:
        raise InvalidAuthenticationCodeException("Authentication code for device is not valid.")
    return found


@operation
def resync_mfa_device(
    call: Call, *, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    device = _held(call, user_name, serial_number)
    devices.replace(call, device, _synchronised(call, device, authentication_code1, authentication_code2))


@operation
def deactivate_mfa_device(call: Call, *, serial_number: str, user_name: str = "") -> None:
    device = _held(call, own_name(call, user_name), serial_number)
    devices.replace(call, device, state.replace(device, user="", enabled_at=0.0, drift=0, used=0))


@operation
def delete_virtual_mfa_device(call: Call, *, serial_number: str) -> None:
    device = _device(call, serial_number)
    if device.user:
        raise DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.")
    devices.remove(call, device)


@operation
def list_mfa_devices(
    call: Call, *, user_name: str = "", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    name = own_name(call, user_name)
    if name:
        state.user_of(call, name)
    found = devices.range(call, name, via="user") if name else []
    return naming.page("MFADevices", found, marker, max_items, _serial, _show)


def _serial(device: Device) -> str:
    return device.serial


def _show(device: Device) -> dict[str, Any]:
    return {"UserName": device.user, "SerialNumber": device.serial, "EnableDate": device.enabled_at}


@operation
def list_virtual_mfa_devices(
    call: Call, *, assignment_status: str = "Any", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    found = (
        each
        for each in devices.each(call)
        if assignment_status == "Any" or bool(each.user) == (assignment_status == "Assigned")
    )

    def show(device: Device) -> dict[str, Any]:
        if not device.user:
            return {"SerialNumber": device.serial}
        user = users.show(call.account, state.user_of(call, device.user), is_listed=True)
        return {"SerialNumber": device.serial, "User": user, "EnableDate": device.enabled_at}

    return naming.page("VirtualMFADevices", found, marker, max_items, _serial, show)


@operation
def tag_mfa_device(call: Call, *, serial_number: str, tags: Tags) -> None:
    device = _device(call, serial_number)
    devices.replace(call, device, state.replace(device, tags=naming.checked_tags(tags, device.tags)))


@operation
def untag_mfa_device(call: Call, *, serial_number: str, tag_keys: list[str]) -> None:
    device = _device(call, serial_number)
    devices.replace(call, device, state.replace(device, tags=naming.without_tags(device.tags, tag_keys)))


@operation
def list_mfa_device_tags(
    call: Call, *, serial_number: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return naming.page_of_tags(_device(call, serial_number).tags, marker, max_items)
