"""clock, snapshot: time and state."""

from __future__ import annotations

import argparse
import re
from typing import Any

from . import places, show
from .places import Problem

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds(text: str) -> float:
    """`90`, `90s`, `15m`, `2h`, `4d`, `1w` or a chain of them, as seconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhdw]?)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise Problem(f"{text!r} is not a duration.", "Write 90s, 15m, 2h, 4d or 1d12h.")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def clock(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    if arguments.action == "show":
        found = places.ask(base, "/_skyjar/clock")
    else:
        body: dict[str, Any] = {"action": arguments.action}
        if arguments.action == "advance":
            if not arguments.value:
                raise Problem("By how much?", "skyjar clock advance 15m")
            body["seconds"] = seconds(arguments.value)
        elif arguments.action == "set":
            if not arguments.value:
                raise Problem("To when?", "skyjar clock set 2027-01-01T00:00:00Z")
            body["at"] = arguments.value
        elif arguments.value:
            body["at"] = arguments.value
        found = places.ask(base, "/_skyjar/clock", body, timeout_s=600)
    if arguments.json:
        show.as_json(found)
    else:
        did = f", {found['moments']} things fell due" if found.get("moments") else ""
        show.say(f"{found['time']}{' (frozen)' if found['is_frozen'] else ''}{did}")
    return 0


def snapshot(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    action, name = arguments.action, arguments.name
    if action == "list":
        found = places.ask(base, "/_skyjar/snapshots")["snapshots"]
        if arguments.json:
            show.as_json(found)
        else:
            show.table("", ["snapshot"], [[item["name"]] for item in found])
        return 0
    if not name:
        raise Problem("Which snapshot?", f"skyjar snapshot {action} NAME")
    if action == "save":
        places.ask(base, "/_skyjar/snapshots", {"name": name})
    elif action == "load":
        places.ask(base, "/_skyjar/snapshots/load", {"name": name})
    else:
        places.ask(base, "/_skyjar/snapshots", {"name": name}, method="DELETE")
    show.say({"save": "Saved", "load": "Loaded", "rm": "Removed"}[action] + f" {name}.")
    return 0
