"""calls, why: what was asked, what was decided, and why."""

from __future__ import annotations

import argparse
import time
from typing import Any
from urllib.parse import quote

from . import places, show


def calls(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    found = places.ask(base, f"/_skyjar/calls?limit={arguments.limit}")
    if arguments.json and not arguments.follow:
        show.as_json(found["calls"])
        return 0
    _print(found["calls"], arguments.json)
    while arguments.follow:
        time.sleep(0.3)
        total = found["total"]
        found = (
            places.ask(base, f"/_skyjar/calls?limit=1000&after={total}")
            if total
            else places.ask(base, "/_skyjar/calls")
        )
        _print(found["calls"], arguments.json)
    return 0


def _print(records: list[dict[str, Any]], as_json: bool) -> None:
    console = show.console()
    for record in records:
        if as_json:
            show.as_json(record)
            continue
        colour = "green" if record["status"] < 400 else "yellow" if record["status"] < 500 else "red"
        indent = "  └ " if record["parent"] else ""
        note = record["error"] or ("[yellow]would be denied[/]" if record["decision"].get("is_audited") else "")
        console.print(
            f"{show.moment(record['at'])} [{colour}]{record['status']}[/] {record['took_ms']:8.2f} ms  "
            f"{indent}{record['service']}:{record['operation']}  {note}  "
            f"[dim]{record['principal']}  {record['request_id']}[/]"
        )


def why(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    found = places.ask(base, f"/_skyjar/why?id={quote(arguments.request_id or '')}")["calls"]
    if arguments.json:
        show.as_json(found)
        return 0
    for record in found:
        _explain(record)
    return 0


def _explain(record: dict[str, Any]) -> None:
    console = show.console()
    decision = record["decision"] or {}
    below = f"  below {record['parent']}" if record["parent"] else ""
    console.print(
        f"[bold]{record['service']}:{record['operation']}[/]  {_verdict(decision)}  [dim]{record['request_id']}{below}[/]"
    )
    by = decision.get("policy", "")
    if decision.get("statement"):
        by += f" ({decision['source']}), statement {decision['statement']}"
    rows = [
        ["principal", record["principal"]],
        ["action", decision.get("action") or f"{record['service']}:{record['operation']}"],
        ["resource", decision.get("resource", "")],
        ["reason", _REASONS.get(decision.get("reason", ""), decision.get("reason", ""))],
        ["decided by", by],
        ["status", f"{record['status']} {record['error']}"],
        ["message", record["message"]],
    ]
    for name, value in rows:
        if value:
            console.print(f"  {name:11s}{value}", markup=False)
    _list("policies", decision.get("policies", []))
    _list("statements", decision.get("trace", []))
    context = decision.get("context") or {}
    if context:
        console.print(
            "  context    " + ", ".join(f"{key}={value}" for key, value in sorted(context.items())), markup=False
        )
    for number, remedy in enumerate(decision.get("remedy", [])):
        console.print(f"  {'and' if number else 'to allow':11s}{show.change(remedy)}", markup=False)
    console.print()


def _verdict(decision: dict[str, Any]) -> str:
    if decision.get("is_audited"):
        return "[yellow]let through (--audit): would be denied[/]"
    return "[green]allowed[/]" if decision.get("is_allowed", True) else "[red]denied[/]"


def _list(title: str, lines: list[str]) -> None:
    console = show.console()
    for number, line in enumerate(lines):
        console.print(f"  {'' if number else title:11s}{line}", markup=False)


_REASONS = {
    "root": "the account's root user may do everything that no resource policy denies",
    "allow": "a statement allows it and none denies it",
    "implicit-deny": "no statement allows it",
    "explicit-deny": "a statement denies it",
    "not-judged": "this operation needs no permission",
}
