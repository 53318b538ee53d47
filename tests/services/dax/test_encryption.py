"""What encrypted clusters cache lies sealed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyjar.services.dax import caches, state

from .test_clusters import create, described, ports

__all__ = ["ports"]
SECRET = "sesame opens"
ITEM = {"pk": {"S": "a"}, "v": {"S": SECRET}, "b": {"B": b"\x00\xff"}, "n": {"NS": ["1", "2"]}}


def rows(desk: Any) -> list[Any]:
    def read(tx: Any) -> list[Any]:
        call = desk.call(tx)
        return [*state.cached_items.range(call, "fast"), *state.cached_answers.range(call, "fast")]

    found: list[Any] = desk.store.transact(read)
    return found


def keep(desk: Any) -> None:
    def write(tx: Any) -> None:
        call = desk.call(tx)
        cluster = state.cluster(call, "fast")
        caches.keep_item(call, cluster, "tab", b"k", ITEM)
        caches.keep_item(call, cluster, "tab", b"none", None)
        caches.keep_answer(call, cluster, "digest", {"Items": [ITEM]})

    desk.store.transact(write)


def cached(desk: Any) -> tuple[Any, Any, Any]:
    def read(tx: Any) -> Any:
        call = desk.call(tx)
        cluster = state.cluster(call, "fast")
        there, none = (caches.item(call, cluster, "tab", key) for key in (b"k", b"none"))
        assert there is not None and none is not None
        return there.item, none.item, caches.answer(call, cluster, "digest")

    found: tuple[Any, Any, Any] = desk.store.transact(read)
    return found


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_what_is_cached_is_sealed(desk: Any, ports: dict[str, int], is_encrypted: bool) -> None:
    made = create(desk, sse_specification={"Enabled": is_encrypted})
    assert made["SSEDescription"] == {"Status": "ENABLED" if is_encrypted else "DISABLED"}
    desk.settle()
    keep(desk)
    stored = [msgspec.msgpack.encode(row) for row in rows(desk)]
    assert [SECRET.encode() in row for row in stored] == [not is_encrypted, False, not is_encrypted]
    assert cached(desk) == (ITEM, None, {"Items": [ITEM]})
    aliases = {each["AliasName"] for each in desk.ask("kms").list_aliases()["Aliases"]}
    assert ("alias/aws/dax" in aliases) is is_encrypted
    desk.advance(200)
    assert cached(desk)[0] == ITEM
    desk.advance(101)

    def read(tx: Any) -> Any:
        return caches.item(desk.call(tx), state.cluster(desk.call(tx), "fast"), "tab", b"k")

    assert desk.store.transact(read) is None, "no longer valid"


def test_a_sealed_row_means_nothing_in_anothers_place(desk: Any, ports: dict[str, int]) -> None:
    create(desk, sse_specification={"Enabled": True})
    desk.settle()
    assert described(desk)["SSEDescription"] == {"Status": "ENABLED"}
    keep(desk)

    def move(tx: Any) -> None:
        call = desk.call(tx)
        row = state.cached_items.get(call, "fast", "tab", b"k")
        assert row is not None
        state.cached_items.put(call, msgspec.structs.replace(row, key=b"none"))

    desk.store.transact(move)
    with pytest.raises(ValueError, match="something else"):
        cached(desk)
