"""The offers: price lists as the API has them. Pure.

SKUs and rate codes are ours, made from what they are of, since AWS's are known for few; they are stable.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any

from skyjar.kernel import prices
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.prices import PriceList, Product

from . import limits

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_NAMES = {"AWSDataTransfer": "AWS Data Transfer"}
Offer = dict[str, Any]


@cache
def everything() -> dict[str, list[Offer]]:
    """The products of each service code, in order."""
    found: dict[str, list[Offer]] = {}
    for held in prices.everything().values():
        for product in held.products:
            code = product.service_code or held.code
            found.setdefault(code, []).append(_offer(held, product, code))
    return dict(sorted(found.items()))


def of(code: str) -> list[Offer]:
    """NotImplemented for those of AWS's services that have no prices here."""
    found = everything().get(code)
    if found is None:
        raise NotImplementedHere(
            f"Skyjar has no prices of {code[:128]}. It has those of {', '.join(everything())}, in {prices.REGION}."
        )
    return found


def attributes_of(offer: Offer) -> dict[str, str]:
    """All that a filter may name."""
    product = offer["product"]
    family = {"productFamily": product["productFamily"]} if "productFamily" in product else {}
    found: dict[str, str] = {**product["attributes"], **family}
    return found


def _offer(held: PriceList, product: Product, code: str) -> Offer:
    sku = _code(f"{code}/{product.usage_type}/{product.operation}", 16)
    term = f"{sku}.{limits.TERM}"
    family = {"productFamily": product.family} if product.family else {}
    return {
        "product": {**family, "attributes": _attributes(held, product, code), "sku": sku},
        "serviceCode": code,
        "terms": {
            "OnDemand": {
                term: {
                    "priceDimensions": _dimensions(product, term),
                    "sku": sku,
                    "effectiveDate": held.effective,
                    "offerTermCode": limits.TERM,
                    "termAttributes": {},
                }
            }
        },
        "version": "".join(letter for letter in held.effective if letter.isdigit()),
        "publicationDate": held.effective,
    }


def _attributes(held: PriceList, product: Product, code: str) -> dict[str, str]:
    location = prices.regions()[prices.REGION][1]
    place = {"location": location, "locationType": "AWS Region"} if "fromLocation" not in product.attributes else {}
    return {
        **product.attributes,
        **place,
        "operation": product.operation,
        "regionCode": prices.REGION,
        "servicecode": code,
        "servicename": _NAMES.get(code, held.name),
        "usagetype": prices.in_region(product.usage_type, prices.REGION, held.begins),
    }


def _dimensions(product: Product, term: str) -> dict[str, Any]:
    found = {}
    for index, (begin, price) in enumerate(product.prices):
        end = product.prices[index + 1][0] if index + 1 < len(product.prices) else "Inf"
        rate = f"{term}.{limits.DIMENSION if len(product.prices) == 1 else _code(f'{term}/{begin}', 10)}"
        found[rate] = {
            "unit": product.unit,
            "endRange": end,
            "description": f"${Decimal(price):f} per {product.unit} - {product.description}{_band(begin, end)}",
            "appliesTo": [],
            "rateCode": rate,
            "beginRange": begin,
            "pricePerUnit": {"USD": f"{Decimal(price):.10f}"},
        }
    return found


def _band(begin: str, end: str) -> str:
    return "" if (begin, end) == ("0", "Inf") else f" (from {begin} to {end})"


def _code(of: str, length: int) -> str:
    number = int.from_bytes(sha256(of.encode()).digest(), "big")
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)
