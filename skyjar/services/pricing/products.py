"""GetProducts: the products of a service that match all filters, each as a JSON document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, offers, paging
from .errors import InvalidParameterException

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "TERM_MATCH": lambda held, wanted: held == wanted,
    "EQUALS": lambda held, wanted: held == wanted,
    "CONTAINS": lambda held, wanted: wanted in held,
    "ANY_OF": lambda held, wanted: held in wanted.split(","),
    "NONE_OF": lambda held, wanted: held not in wanted.split(","),
}


@operation
def get_products(
    call: Call,
    *,
    service_code: str,
    filters: list[dict[str, str]] | None = None,
    format_version: str = limits.FORMAT,
    next_token: str = "",
    max_results: int | None = None,
) -> dict[str, Any]:
    paging.check_format(format_version)
    found = offers.of(service_code)
    for each in filters or ():
        found = [offer for offer in found if _matches(offer, each, service_code)]
    listed, following = paging.paged(found, next_token, max_results)
    documents = [orjson.dumps(each).decode() for each in listed]
    return {"FormatVersion": limits.FORMAT, "PriceList": documents, **following}


def _matches(offer: offers.Offer, wanted: dict[str, str], code: str) -> bool:
    """A product that has not the attribute matches none but NONE_OF. A field that no product of the service has is an error."""
    field, test = wanted["Field"], _TESTS[wanted["Type"]]
    if field == "ServiceCode":
        return test(code, wanted["Value"])
    if all(field not in offers.attributes_of(each) for each in offers.of(code)):
        raise InvalidParameterException(f"Field {field} is not an attribute of {code}.")
    held = offers.attributes_of(offer).get(field)
    return test(held, wanted["Value"]) if held is not None else wanted["Type"] == "NONE_OF"
