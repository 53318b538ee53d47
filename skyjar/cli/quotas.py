"""quotas: what services limit, and how that is changed."""

from __future__ import annotations

import argparse
from typing import Any

from . import places, show
from .places import Problem


def quotas(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    if arguments.action == "list":
        found = places.ask(base, "/_skyjar/quotas" + (f"?service={arguments.service}" if arguments.service else ""))
        _show(arguments, found["quotas"])
        return 0
    if not arguments.service or not arguments.name:
        raise Problem("Which quota?", f"skyjar quotas {arguments.action} dynamodb tables")
    body: dict[str, Any] = {"service": arguments.service, "name": arguments.name}
    body |= {name: getattr(arguments, name) for name in ("account", "region") if getattr(arguments, name)}
    if arguments.action == "set":
        if arguments.value is None:
            raise Problem("To what?", f"skyjar quotas set {arguments.service} {arguments.name} 100")
        body["value"] = arguments.value
    found = places.ask(base, "/_skyjar/quotas", body)
    _show(arguments, [each for each in found["quotas"] if each["name"] == arguments.name])
    return 0


def _show(arguments: argparse.Namespace, found: list[dict[str, Any]]) -> None:
    if arguments.json:
        show.as_json(found)
        return
    rows = [[each["service"], each["name"], each["default"], _set(each["set"]), each["about"]] for each in found]
    show.table("", ["service", "quota", "default", "set to", ""], rows)


def _set(several: list[dict[str, Any]]) -> str:
    return ", ".join(
        " ".join([str(each["value"]), *(f"in {each[name]}" for name in ("account", "region") if each[name])])
        for each in several
    )
