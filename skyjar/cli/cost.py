"""cost: what the usage of this cloud would have cost on AWS."""

from __future__ import annotations

import argparse
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from . import places, show

_COLUMNS = {
    "service": ["service", "dollars"],
    "usage": ["service", "Region", "usage type", "amount", "unit", "a unit", "dollars"],
    "day": ["day", "dollars"],
}


def cost(arguments: argparse.Namespace) -> int:
    wanted = {name: getattr(arguments, name) for name in ("month", "account", "by") if getattr(arguments, name)}
    found = places.ask(places.endpoint(arguments.port), "/_skyjar/costs?" + urlencode(wanted))
    if arguments.json:
        show.as_json(found)
    else:
        _draw(found)
    return 0


def _draw(found: dict[str, Any]) -> None:
    of = f" of account {found['account']}" if found["account"] else ""
    show.say(f"What {found['month']}{of} would have cost on AWS: [bold]${_dollars(found['total'])}[/]")
    if found["lines"]:
        show.table("", _COLUMNS[found["by"]], [_row(found["by"], line) for line in found["lines"]])
    for name, times in sorted(found["not_priced"].items()):
        show.say(f"not priced: {name} ({_number(times)} {'calls' if ' ' not in name else 'used'})")
    for name, several in found["left_out"].items():
        show.say(f"not priced of {name}: " + "; ".join(several))
    for note in found["notes"]:
        show.say(f"[dim]{note}[/]")


def _row(by: str, line: dict[str, Any]) -> list[str]:
    if by != "usage":
        return [line[by], _dollars(line["cost"])]
    return [
        line["service"],
        line["region"],
        line["usage_type"],
        _number(line["amount"]),
        line["unit"],
        _price(line["price"]),
        _dollars(line["cost"]),
    ]


def _dollars(text: str) -> str:
    """To the cent; what is less than that to the first two digits that say something."""
    amount = Decimal(text)
    if not amount or amount >= Decimal("0.01"):
        return f"{amount:,.2f}"
    return f"{amount:.{1 - amount.adjusted()}f}"


def _price(text: str) -> str:
    return text.rstrip("0").rstrip(".") or "0"


def _number(value: Any) -> str:
    amount = Decimal(str(value))
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.6f}".rstrip("0")
