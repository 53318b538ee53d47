"""Services that have prices, their attributes and the attributes' values."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, offers, paging
from .errors import NotFoundException


@operation
def describe_services(
    call: Call,
    *,
    service_code: str = "",
    format_version: str = limits.FORMAT,
    next_token: str = "",
    max_results: int | None = None,
) -> dict[str, Any]:
    paging.check_format(format_version)
    codes = [service_code] if service_code else list(offers.everything())
    found = [{"ServiceCode": code, "AttributeNames": _attributes(code)} for code in codes]
    listed, following = paging.paged(found, next_token, max_results)
    return {"Services": listed, "FormatVersion": limits.FORMAT, **following}


@operation
def get_attribute_values(
    call: Call, *, service_code: str, attribute_name: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    if attribute_name not in _attributes(service_code):
        raise NotFoundException(f"Attribute {attribute_name} of {service_code} was not found.")
    held = {offers.attributes_of(each).get(attribute_name) for each in offers.of(service_code)}
    values = sorted(value for value in held if value)
    listed, following = paging.paged([{"Value": value} for value in values], next_token, max_results)
    return {"AttributeValues": listed, **following}


def _attributes(code: str) -> list[str]:
    return sorted({name for each in offers.of(code) for name in offers.attributes_of(each)})
