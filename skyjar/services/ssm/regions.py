"""AWS's Regions (data/regions.json, made by tools/regions.py), and the public parameters that tell of them. Pure."""

from __future__ import annotations

from importlib.resources import files

import orjson

LONG_NAMES: dict[str, str] = orjson.loads((files(__package__) / "data" / "regions.json").read_bytes())
ROOT = "/aws/service/global-infrastructure/regions"


def _told() -> dict[str, str]:
    found = {}
    for region, long_name in LONG_NAMES.items():
        found[f"{ROOT}/{region}"] = region
        found[f"{ROOT}/{region}/domain"] = "amazonaws.com"
        found[f"{ROOT}/{region}/longName"] = long_name
        found[f"{ROOT}/{region}/partition"] = "aws"
    return found


VALUES = _told()
