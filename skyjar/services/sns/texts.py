"""Text messages. They are captured and not sent; who has opted out gets none."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import captured_state, endpoint_forms, letters, limits, paging, texts_state
from .errors import (
    InvalidParameterException,
    OptedOutException,
    ResourceNotFoundException,
    UserErrorException,
    VerificationException,
)
from .state import Attribute
from .texts_state import Number, OptedOut, Settings

_SETTINGS = (
    "MonthlySpendLimit",
    "DeliveryStatusIAMRole",
    "DeliveryStatusSuccessSamplingRate",
    "DefaultSenderID",
    "DefaultSMSType",
    "UsageReportS3Bucket",
)
_OPT_IN_AGAIN_S = 30 * 86_400
_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}\Z")


def plain(phone: str) -> str:
    """In the form of E.164."""
    return "+" + "".join(char for char in phone if char.isdigit())


def send(call: Call, phone: str, text: str, attributes: dict[str, Attribute], message_id: str = "") -> str:
    """The message's id. To somebody who has opted out nothing is sent, as on AWS."""
    identity = message_id or call.new_id()
    found = texts_state.opted_out.get(call, plain(phone))
    if found is None or not found.is_out:
        shown = letters.shown_attributes(attributes)
        captured_state.keep(call, "sms", plain(phone), text, message_id=identity, attributes=shown)
    return identity


@operation
def set_sms_attributes(call: Call, *, attributes: dict[str, str]) -> dict[str, Any]:
    for name, value in attributes.items():
        if name not in _SETTINGS:
            raise InvalidParameterException(f"{name} is not a valid attribute")
        if name == "DefaultSMSType" and value not in ("Transactional", "Promotional"):
            raise InvalidParameterException("DefaultSMSType is invalid")
        if name == "DefaultSenderID" and value and not _SENDER.match(value):
            raise InvalidParameterException("DefaultSenderID is invalid")
        if name in ("MonthlySpendLimit", "DeliveryStatusSuccessSamplingRate") and not (
            value.isascii() and value.isdigit()
        ):
            raise InvalidParameterException(f"{name} is invalid")
    found = texts_state.settings.get(call, "") or Settings(id="")
    texts_state.settings.put(call, Settings(id="", attributes={**found.attributes, **attributes}))
    return {}


@operation
def get_sms_attributes(call: Call, *, attributes: list[str] | None = None) -> dict[str, Any]:
    found = texts_state.settings.get(call, "") or Settings(id="")
    every = {"MonthlySpendLimit": "1", **found.attributes}
    return {"attributes": {name: value for name, value in every.items() if not attributes or name in attributes}}


def _checked(phone: str) -> str:
    if not endpoint_forms.is_phone(phone):
        raise InvalidParameterException(f"PhoneNumber Reason: {phone} is not valid to publish to")
    return plain(phone)


@operation
def check_if_phone_number_is_opted_out(call: Call, *, phone_number: str) -> dict[str, bool]:
    found = texts_state.opted_out.get(call, _checked(phone_number))
    return {"isOptedOut": found is not None and found.is_out}


@operation
def list_phone_numbers_opted_out(call: Call, *, next_token: str | None = None) -> dict[str, Any]:
    found, token = paging.page(
        lambda after, most: [
            each
            for each in texts_state.opted_out.range(call, start=(after + "\0",) if after else (), limit=most)
            if each.is_out
        ],
        lambda each: each.phone,
        next_token,
    )
    more = {"nextToken": token["NextToken"]} if token else {}
    return {"phoneNumbers": [each.phone for each in found], **more}


@operation
def opt_in_phone_number(call: Call, *, phone_number: str) -> dict[str, Any]:
    found = texts_state.opted_out.get(call, _checked(phone_number))
    if found is not None and found.is_out:
        if found.opted_in_at and call.now - found.opted_in_at < _OPT_IN_AGAIN_S:
            raise InvalidParameterException("PhoneNumber Reason: Phone number can be opted in only once every 30 days")
        texts_state.opted_out.put(call, OptedOut(phone=found.phone, at=found.at, opted_in_at=call.now, is_out=False))
    return {}


def opt_out(call: Call, phone: str) -> None:
    """Somebody answered STOP."""
    before = texts_state.opted_out.get(call, plain(phone))
    opted_in_at = before.opted_in_at if before is not None else 0.0
    texts_state.opted_out.put(call, OptedOut(phone=plain(phone), at=call.now, opted_in_at=opted_in_at))


@operation
def get_sms_sandbox_account_status(call: Call) -> dict[str, bool]:
    """No account of this cloud is in the sandbox: there is nobody whom a text could reach by mistake."""
    return {"IsInSandbox": False}


@operation
def create_sms_sandbox_phone_number(call: Call, *, phone_number: str, language_code: str = "en-US") -> dict[str, Any]:
    phone = _checked(phone_number)
    opted = texts_state.opted_out.get(call, phone)
    if opted is not None and opted.is_out:
        raise OptedOutException("Phone number is opted out")
    found = texts_state.numbers.get(call, phone)
    if found is None and texts_state.numbers.count(call) >= limits.SANDBOX_NUMBERS:
        raise UserErrorException("The maximum number of destination phone numbers has been reached")
    code = f"{call.chance.integer(1_000_000):06}"
    texts_state.numbers.put(call, Number(phone=phone, code=code, language=language_code, sent_at=call.now))
    send(call, phone, f"Your verification code is {code}", {})
    return {}


@operation
def verify_sms_sandbox_phone_number(call: Call, *, phone_number: str, one_time_password: str) -> dict[str, Any]:
    found = _number(call, phone_number)
    if found.code != one_time_password:
        raise VerificationException("The one-time password is not valid")
    new = Number(phone=found.phone, code=found.code, language=found.language, sent_at=found.sent_at, is_verified=True)
    texts_state.numbers.replace(call, found, new)
    return {}


@operation
def delete_sms_sandbox_phone_number(call: Call, *, phone_number: str) -> dict[str, Any]:
    texts_state.numbers.remove(call, _number(call, phone_number))
    return {}


def _number(call: Call, phone: str) -> Number:
    found = texts_state.numbers.get(call, _checked(phone))
    if found is None:
        raise ResourceNotFoundException("Phone number not found")
    return found


@operation
def list_sms_sandbox_phone_numbers(
    call: Call, *, next_token: str | None = None, max_results: int = limits.PAGE
) -> dict[str, Any]:
    found, token = paging.page(
        lambda after, most: texts_state.numbers.range(call, start=(after + "\0",) if after else (), limit=most),
        lambda each: each.phone,
        next_token,
        max_results,
    )
    shown = [{"PhoneNumber": each.phone, "Status": "Verified" if each.is_verified else "Pending"} for each in found]
    return {"PhoneNumbers": shown, **token}


@operation
def list_origination_numbers(call: Call, *, next_token: str | None = None, max_results: int = 30) -> dict[str, Any]:
    """An account has none until it buys one, which is another service's business."""
    if next_token:
        raise InvalidParameterException("NextToken Reason: Invalid token")
    return {"PhoneNumbers": []}
