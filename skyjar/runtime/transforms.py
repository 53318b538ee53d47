"""Template macros that run in a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import orjson

TIMEOUT_S = 60


def expand_sam(template: dict[str, Any], parameters: dict[str, Any], region: str) -> dict[str, Any]:
    """{"template": …} or {"error": sentence}. Blocks for about a second: run it through `kernel.outside.Compute`."""
    environment = {
        "AWS_DEFAULT_REGION": region,
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    given = orjson.dumps({"template": template, "parameters": parameters}, default=str)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "skyjar.formation.sam"],
            input=given,
            capture_output=True,
            timeout=TIMEOUT_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"Transform AWS::Serverless-2016-10-31 took longer than {TIMEOUT_S} seconds."}
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return {"error": f"Transform AWS::Serverless-2016-10-31 failed: {lines[-1] if lines else done.returncode}"}
    answer: dict[str, Any] = orjson.loads(done.stdout)
    return answer
