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
_RIGHT = frozenset(("amount", "a unit", "dollars"))


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
        columns = _COLUMNS[found["by"]]
        rows = [_row(found["by"], line) for line in found["lines"]]
        rows.append(["sum", *[""] * (len(columns) - 2), _dollars(found["total"])])
        show.table("", columns, rows, _RIGHT)
    for name, times in sorted(found["not_priced"].items()):
        show.say(f"not priced: {name} ({_times(name, times)})")
    for name, several in found["left_out"].items() if found["by"] == "usage" else ():
        show.say(f"[dim]not priced of {name}: {'; '.join(several)}[/]")
    if found["left_out"] and found["by"] != "usage":
        show.say("[dim]Of some services parts are not priced: --by usage names them.[/]")
    for note in found["notes"]:
        show.say(f"[dim]{note}[/]")


def _times(name: str, times: float) -> str:
    if " " in name:
        return f"{_number(times)} used"
    return "1 call" if times == 1 else f"{_number(times)} calls"


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
    if amount == amount.to_integral_value():
        return f"{amount:,.0f}"
    return f"{amount:.1e}" if abs(amount) < Decimal("0.000001") else f"{amount:,.6f}".rstrip("0")
