"""A connection's bytes as requests."""

from __future__ import annotations

from typing import Any

import msgspec

from . import cbor
from .cbor import Incomplete, Malformed

GREETING = "J7yne5G"
SERVICE = 1
SMALL_BYTES = 32 * 1024  # up to here an item that is not whole is simply read again
MOST_BYTES = 20 * 1024 * 1024  # of one item: a BatchWriteItem takes 16 MB
# How many arguments follow a method's number.
METHODS = {
    1489122155: ("authorize_connection", 5),
    455855874: ("endpoints", 0),
    -742646399: ("define_key_schema", 1),
    -1230579644: ("define_attribute_list_id", 1),
    670678385: ("define_attribute_list", 1),
    263244906: ("get_item", 3),
    -2106490455: ("put_item", 4),
    1425579023: ("update_item", 3),
    1013539361: ("delete_item", 3),
    -931250863: ("query", 3),
    -1875390620: ("scan", 2),
    -697851100: ("batch_get_item", 2),
    116217951: ("batch_write_item", 2),
    1866287579: ("transact_get_items", 4),
    -1160037738: ("transact_write_items", 9),
}


class Request(msgspec.Struct, frozen=True):
    method: str
    arguments: list[Any]


class Requests:
    """Fed with bytes as they come, gives the requests that are whole. Malformed: nothing more can be understood."""

    def __init__(self) -> None:
        self.user_agent = ""
        self._left = b""
        self._scanner = cbor.Scanner()
        self._items: list[Any] = []
        self._is_greeted = False

    @property
    def is_waiting(self) -> bool:
        """Whether a request has begun that is not whole yet."""
        return bool(self._left or self._items)

    def feed(self, data: bytes) -> list[Request]:
        left = self._left + data if self._left else data
        if len(left) > MOST_BYTES:
            raise Malformed("a request that is too long")
        found: list[Request] = []
        at = 0
        while at < len(left):
            if len(left) - at > SMALL_BYTES and self._scanner.end(left, at) is None:
                break
            try:
                item, at = cbor.item(left, at)
            except Incomplete:
                break
            self._scanner = cbor.Scanner()
            self._items.append(item)
            if not self._is_greeted:
                self._greet()
            else:
                found += self._whole()
        self._left = left[at:] if at else left
        return found

    def _greet(self) -> None:
        items = self._items
        if items[0] != GREETING or (len(items) > 1 and items[1] != 0):
            raise Malformed("no client of DAX")
        if len(items) == 5:
            agent = items[3].get("UserAgent", "") if isinstance(items[3], dict) else ""
            self.user_agent = agent if isinstance(agent, str) else ""
            self._is_greeted = True
            self._items = []

    def _whole(self) -> list[Request]:
        items = self._items
        if items[0] != SERVICE or isinstance(items[0], bool):
            raise Malformed("no such service")
        if len(items) == 1:
            return []
        if type(items[1]) is not int or items[1] not in METHODS:
            raise Malformed("no such method")
        method, count = METHODS[items[1]]
        if len(items) < 2 + count:
            return []
        self._items = []
        return [Request(method, items[2:])]
