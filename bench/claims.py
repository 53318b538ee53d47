"""The claims about starting, memory and idling, measured: `skyjar up` as a process, on a fresh and on a full data folder.

python bench/claims.py [--starts 5] [--records 100000] [--polls 200]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Store
from skyjar.kernel.tables import Place
from skyjar.services.sqs import state

SKYJAR = str(Path(sys.executable).with_name("skyjar"))
NEVER = ("cryptography", "rich", "h2", "wsproto", "yaml", "boto3", "botocore", "awscrt", "samtranslator")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Up:
    def __init__(self, data: Path) -> None:
        self.port = free_port()
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [SKYJAR, "up", "--port", str(self.port), "--data", str(data)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("Ready")
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/_skyjar/health")
        assert connection.getresponse().status == 200
        connection.close()
        self.ready_s = time.perf_counter() - began

    def resident_mb(self) -> float:
        line = next(x for x in Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if "VmRSS" in x)
        return int(line.split()[1]) / 1024

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def starts(label: str, folders: list[Path]) -> None:
    times, sizes, cpu = [], [], []
    for folder in folders:
        up = Up(folder)
        time.sleep(0.3)
        times.append(up.ready_s)
        sizes.append(up.resident_mb())
        cpu.append(up.cpu_s())
        up.stop()
    print(
        f"{label:22} ready {median(times):.3f} s (best {min(times):.3f}, worst {max(times):.3f}), CPU {median(cpu):.2f} s, "
        f"resident {median(sizes):.1f} MB"
    )


def filled(folder: Path, records: int) -> None:
    store = Store(RocksDriver(folder / "store"))
    tx = store.begin()
    at = Place(tx, "000000000000", "us-east-1")
    state.queues.add(at, state.Queue(name="q", space="s", created_s=0, modified_s=0))
    state.tallies.add(at, state.Tally(space="s", next_seq=records + 1, stored=records))
    for n in range(records):
        now = int(time.time() * 1000)
        message = state.Message(
            space="s",
            seq=n,
            id=f"{n:036}",
            body="b" * 200,
            body_md5="m" * 32,
            sent_ms=now,
            visible_at_ms=now,
            sender="s",
        )
        state.messages.add(at, message)
    tx.commit()
    store.close()


def idle_polls(folder: Path, polls: int) -> None:
    up = Up(folder)
    headers = (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{}\r\n"
        "X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, "
        "SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{}"
    )
    create = json.dumps({"QueueName": "idle"})
    wait = json.dumps({"QueueUrl": "http://127.0.0.1/000000000000/idle", "WaitTimeSeconds": 20})
    sockets = []
    for target, body in [("CreateQueue", create), *[("ReceiveMessage", wait)] * polls]:
        connection = socket.create_connection(("127.0.0.1", up.port))
        connection.sendall(headers.format(target, len(body), body).encode())
        if target == "CreateQueue":
            assert b" 200 " in connection.recv(65536)
        sockets.append(connection)
    time.sleep(1.5)
    before, began = up.cpu_s(), time.perf_counter()
    time.sleep(10)
    used = (up.cpu_s() - before) / (time.perf_counter() - began) * 100
    print(f"{polls} idle long polls     {used:.2f} % CPU over 10 s, resident {up.resident_mb():.1f} MB")
    for connection in sockets:
        connection.close()
    up.stop()


def loaded() -> None:
    code = "import sys, skyjar.cli.main, skyjar.cli.server, skyjar.app; print(' '.join(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    found = sorted({name.partition(".")[0] for name in modules} & set(NEVER))
    services = [name for name in modules if name.startswith("skyjar.services.")]
    print(f"loaded at start        {len(modules)} modules; of those that must not be: {', '.join(found) or 'none'}")
    print(f"                       of services: {', '.join(services) or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--polls", type=int, default=200)
    arguments = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="claims-"))
    try:
        loaded()
        starts("fresh data folder", [root / f"fresh{n}" for n in range(arguments.starts)])
        filled(root / "full", arguments.records)
        starts(f"{arguments.records} records", [root / "full"] * arguments.starts)
        idle_polls(root / "idle", arguments.polls)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
