"""Makes `skyjar/services/ssm/data/regions.json` anew: the long name of every Region of the partition `aws`.

    python tools/regions.py

Source: botocore's endpoints.json.
"""

from __future__ import annotations

import json
from pathlib import Path

import botocore

ROOT = Path(__file__).parent.parent
FILE = ROOT / "skyjar" / "services" / "ssm" / "data" / "regions.json"


def regions() -> dict[str, str]:
    endpoints = json.loads((Path(botocore.__file__).parent / "data" / "endpoints.json").read_text())
    (partition,) = (each for each in endpoints["partitions"] if each["partition"] == "aws")
    return {name: region["description"] for name, region in sorted(partition["regions"].items())}


if __name__ == "__main__":
    FILE.write_text(json.dumps(regions(), indent=2, ensure_ascii=False) + "\n")
