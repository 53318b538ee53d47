"""Cold start, warm latency, CPU per call and memory of Lambda sandboxes: `python bench/runtime.py [python|node]`."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from skyjar.runtime import interpreters
from skyjar.runtime.functions import Credentials, Function
from skyjar.runtime.sandboxes import Sandboxes

PLAIN = "def handler(e, c):\n    return e\n"
PRINTS = "def handler(e, c):\n    print('hello')\n    return e\n"
BOTO = "import boto3\nsqs = boto3.client('sqs')\ndef handler(e, c):\n    return e\n"
NODE = "exports.handler = async (e) => e\n"


def cpu_s(pids: list[int]) -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for pid in pids:
        nanoseconds = Path(f"/proc/{pid}/schedstat").read_text().split()[0]
        total += int(nanoseconds) / 1e9
    return total


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident and, by its share of shared pages, proportional size."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(fields["Rss"].split()[0]) / 1024, int(fields["Pss"].split()[0]) / 1024


async def measure(runtime: str, source: str, directory: Path, label: str, calls: int = 3000) -> None:
    directory.mkdir()
    name = "index.js" if runtime.startswith("node") else "app.py"
    (directory / name).write_text(source)
    boxes = Sandboxes(
        directory=directory / "run",
        credentials=lambda function: Credentials("a", "b", "c", time.time() + 3600),
        logs=lambda function, stream, lines: None,
    )

    def function(number: int) -> Function:
        handler = f"{name.partition('.')[0]}.handler"
        url = "http://127.0.0.1:4566"
        return Function(
            arn=f"f{number}", name="f", runtime=runtime, handler=handler, code=directory, endpoint_url=url, timeout_s=30
        )

    began = time.perf_counter()
    await boxes.invoke(function(0), b"{}", request_id="0")
    first_ms = (time.perf_counter() - began) * 1000
    await asyncio.sleep(2.5)  # the zygote imports what functions import
    cold = []
    for number in range(1, 13):
        began = time.perf_counter()
        await boxes.invoke(function(number), b"{}", request_id="1")
        cold.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.5 if runtime.startswith("node") else 0.05)
    pids = [sandbox._process.pid for sandbox in boxes._all if sandbox._process]
    zygotes = [zygote.pid for zygote in boxes._launchers._zygotes.values()]
    warm = []
    before = cpu_s(pids + zygotes)
    for number in range(calls):
        began = time.perf_counter()
        await boxes.invoke(function(0), b'{"key": "value"}', request_id=str(number))
        warm.append((time.perf_counter() - began) * 1000)
    used_ms = (cpu_s(pids + zygotes) - before) * 1000 / calls
    warm.sort()
    rss, pss = memory_mib(pids[0])
    result = {
        "what": f"{runtime} {label}",
        "first_ms": round(first_ms, 1),
        "cold_median_ms": round(statistics.median(cold), 1),
        "cold_worst_ms": round(max(cold), 1),
        "warm_median_ms": round(warm[len(warm) // 2], 3),
        "warm_p99_ms": round(warm[len(warm) * 99 // 100], 3),
        "cpu_ms_per_call": round(used_ms, 3),
        "rss_mib": round(rss, 1),
        "pss_mib": round(pss, 1),
        "zygote_rss_mib": round(memory_mib(zygotes[0])[0], 1),
    }
    print(json.dumps(result), flush=True)
    await boxes.stop()


async def main() -> None:
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    node = next((found.name for found in interpreters.nodes()), None)
    cases = [(own, PLAIN, "plain"), (own, PRINTS, "prints"), (own, BOTO, "boto3.client('sqs')")]
    cases += [(node, NODE, "plain")] if node else []
    with tempfile.TemporaryDirectory() as place:
        for number, (runtime, source, label) in enumerate(cases):
            if runtime.startswith(only):
                await measure(runtime, source, Path(place, str(number)), label)


if __name__ == "__main__":
    asyncio.run(main())
