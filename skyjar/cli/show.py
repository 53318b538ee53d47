"""Output: readable for people, JSON where asked. Rich is loaded only when something is printed."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any


def as_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def console() -> Any:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def table(title: str, columns: list[str], rows: list[list[Any]], right: frozenset[str] = frozenset()) -> None:
    """`right` names the columns whose cells end below each other."""
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold", justify="right" if column in right else "left")
    for row in rows:
        made.add_row(*[str(cell) for cell in row])
    console().print(made)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


def say(text: str) -> None:
    console().print(text)


def problem(text: str, hint: str = "") -> None:
    from rich.console import Console

    err = Console(stderr=True, highlight=False, soft_wrap=True)
    err.print(f"[red]{text}[/]")
    if hint:
        err.print(hint)


def change(remedy: dict[str, Any]) -> str:
    """One change that would allow a call, in a line."""
    kind = remedy["kind"] + (f" ({remedy['source']})" if remedy.get("source") else "")
    if remedy.get("lift"):
        return f"{kind}: {remedy['lift']} must no longer apply"
    near = f"  [{remedy['near']}]" if remedy.get("near") else ""
    return f"{kind}: {json.dumps(remedy['add'])}{near}"
