"""What functions cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from skyjar.kernel import bills

DAY = 86_400


def used(lab: Any) -> dict[str, tuple[Decimal, Decimal]]:
    """Quantity and dollars by usage type."""
    desk = lab.desk
    desk.pipeline.metrics.flush()
    rows = desk.store.transact(lambda tx: bills.usage_of(tx, 0, 10**6, desk.clock.now()))
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for line in bills.lines(row for row in rows if row.service == "lambda"):
        amount, cost = found.get(line.usage_type, (Decimal(0), Decimal(0)))
        found[line.usage_type] = amount + line.amount, cost + line.cost
    return found


@pytest.mark.spec("lambda-069")
def test_requests_and_gb_seconds(lab: Any) -> None:
    lab.create()
    lab.run("update_function_configuration", function_name="f", memory_size=2048)
    lab.billed_ms = 1500
    for _ in range(10):
        lab.invoke()

    def fail(event: Any) -> Any:
        raise ValueError("no")

    lab.handler = fail
    lab.invoke()  # what fails is billed as well
    found = used(lab)
    assert found["Request"] == (11, Decimal("0.0000022"))
    assert found["Lambda-GB-Second"][0] == 33
    assert found["Lambda-GB-Second"][1].quantize(Decimal("0.0000001")) == Decimal("0.0005500")
    assert set(found) == {"Request", "Lambda-GB-Second"}


def test_arm_and_storage(lab: Any) -> None:
    lab.create(architectures=["arm64"], ephemeral_storage={"Size": 1536}, memory_size=1024)
    lab.billed_ms = 1000
    lab.invoke()
    found = used(lab)
    assert found["Request-ARM"][0] == 1
    assert found["Lambda-GB-Second-ARM"] == (1, Decimal("0.0000133334"))
    assert found["Lambda-Storage-GB-Second-ARM"] == (1, Decimal("0.0000000309"))


def test_provisioned_concurrency(lab: Any) -> None:
    lab.create(memory_size=1024)
    lab.run("publish_version", function_name="f")
    given = {"function_name": "f", "qualifier": "1"}
    lab.run("put_provisioned_concurrency_config", **given, provisioned_concurrent_executions=3)
    lab.desk.advance(16 * 3600)  # until midnight
    lab.desk.advance(DAY)
    assert used(lab)["Lambda-Provisioned-Concurrency"][0] == 3 * 40 * 3600
    lab.run("delete_provisioned_concurrency_config", **given)
    lab.desk.advance(DAY)
    assert used(lab)["Lambda-Provisioned-Concurrency"][0] == 3 * 40 * 3600
