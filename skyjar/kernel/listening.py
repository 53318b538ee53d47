"""Ports of a service's own, for clients that speak something else than HTTP.

A service declares how it talks (`talk = Talk(…)`) and, in a job, asks for ports with `Outside(Listen(…), then)`; the rim binds them and tells
which they are, `then` keeps what it needs. The rows of `listeners` are the truth: at every start the rim listens on what is
written there, and writes anew where a port was taken meanwhile. Nothing of a service sees a socket: it is given whole messages, as
calls that go the same way as others (`pipeline/conversations.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from .errors import AWSError
from .tables import Record, Table

if TYPE_CHECKING:
    from .call import Call


class Listener(Record, frozen=True):
    """A port that a service has: `name` is the service's own word for what listens there; `is_tls`, under the certificate of
    the cloud's own authority."""

    service: str
    account: str
    region: str
    name: str
    port: int
    is_tls: bool = False


listeners = Table("kernel.listeners", Listener, key=("service", "account", "region", "name"), scope="cloud")


class Listen:
    """Outside: listen under each of these names; `then` gets their ports, in order. What listens already goes on."""

    __slots__ = ("account", "is_tls", "names", "region", "service")

    def __init__(
        self, service: str, account: str, region: str, names: tuple[str, ...], *, is_tls: bool = False
    ) -> None:  # fmt: skip
        self.service = service
        self.account = account
        self.region = region
        self.names = names
        self.is_tls = is_tls


class Unlisten(Listen):
    """Outside: listen no longer under these names, and close what is connected there."""

    __slots__ = ()


class SignIn(msgspec.Struct, frozen=True):
    """A message with which a client says who it is: SigV4's string to sign and its signature."""

    access_key: str
    signature: str
    string_to_sign: str
    token: str


class Parser(Protocol):
    """Of one connection: gives messages as they are whole; any ValueError ends the connection."""

    user_agent: str

    @property
    def is_waiting(self) -> bool: ...

    def feed(self, data: bytes) -> list[Any]: ...


class Talk:
    """How a service talks on its ports.

    `parser()` begins a connection. `sign_in(message)` is the SignIn in a message, if that is what it is: it is not answered.
    `needs(call, listener, message)` are (operation, AWS's name, parameters) to be judged; `name(message)` is what the call is recorded
    as, empty for what is not. `answer(call, listener, message)` and `refuse(error, request_id)` are bytes.
    """

    def __init__(
        self,
        *,
        parser: Callable[[], Parser],
        sign_in: Callable[[Any], SignIn | None],
        name: Callable[[Any], str],
        needs: Callable[[Call, Listener, Any], list[tuple[str, str, dict[str, Any]]]],
        answer: Callable[[Call, Listener, Any], bytes],
        refuse: Callable[[AWSError, str], bytes],
    ) -> None:
        self.parser = parser
        self.sign_in = sign_in
        self.name = name
        self.needs = needs
        self.answer = answer
        self.refuse = refuse
