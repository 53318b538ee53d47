"""What an operation or job asks to be done outside the store, as a value that the pipeline carries out.

An operation returns `Outside(request, then)`. Its transaction commits, `request` is performed (by whoever registered
for its type: an invocation by the sandboxes, an HTTP call by the proxy, a computation by a thread), and `then(call,
result)` runs in a new transaction; what that returns is the answer, or a further `Outside`. If the process dies in
between, an operation's caller sees a broken connection, and a job begins again: outside effects happen at least once.

Of a job, `then` may `raise Wait`: what it did is dropped, and when the wait is over the job begins again. So a job waits for
what it has begun itself, and finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call

Then = Callable[["Call", Any], Any]


class Outside:
    __slots__ = ("request", "then")

    def __init__(self, request: object, then: Then) -> None:
        self.request = request
        self.then = then

    def map(self, then: Then) -> Outside:
        """The same, with `then` applied to the final answer."""
        first = self.then

        def both(call: Call, result: Any) -> Any:
            answer = first(call, result)
            return answer.map(then) if isinstance(answer, Outside) else then(call, answer)

        return Outside(self.request, both)

    def within(self, inner: Call) -> Outside:
        """The same, with `then` given the call that returned it, in whatever transaction it runs."""
        first = self.then

        def then(call: Call, result: Any) -> Any:
            answer = first(inner.at(call.tx, call.now), result)
            return answer.within(inner) if isinstance(answer, Outside) else answer

        return Outside(self.request, then)


class Compute:
    """A pure function too slow for the event loop: run in a thread. An AWSError it raises becomes the answer."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments


class Race:
    """What `outside` asks for is done to its end, with `call` for what follows from it; `then` of the Race gets its answer, or the
    exception that it ended with, or None as soon as what lies below `on` was changed, while it still goes on."""

    __slots__ = ("call", "on", "outside")

    def __init__(self, call: Call, outside: Outside, on: tuple[bytes, ...]) -> None:
        self.call = call
        self.outside = outside
        self.on = on


class Fetch:
    """A GET of a public document: `then` gets a `Fetched`, or a `Failed`. Redirects are not followed.

    The certificate of an `https` address must be of an authority that the machine trusts, or have one of `thumbprints`
    (SHA-1 in hexadecimal) in its chain. `is_stranger` of the Failed tells that neither was so.
    """

    __slots__ = ("thumbprints", "url")

    def __init__(self, url: str, thumbprints: tuple[str, ...] = ()) -> None:
        self.url = url
        self.thumbprints = thumbprints


class Fetched:
    __slots__ = ("body", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class Send:
    """An HTTP request to whoever listens there: `then` gets a `Sent`, whatever its status, or a `Failed` when there was no
    answer within `timeout_s`. Redirects are not followed.."""

    __slots__ = ("body", "headers", "method", "timeout_s", "url")

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes, timeout_s: float) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout_s = timeout_s


class Sent:
    """`headers` have lower-case names; of the body the first mebibyte."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Failed(Exception):
    """Given to `then` as its result when the performer raised: what went wrong, as one sentence."""

    is_stranger = False


class Next:
    """What a step of `Events` gives: events, and what the next step is given; None when these were the last."""

    __slots__ = ("events", "state")

    def __init__(self, events: list[dict[str, Any]], state: Any) -> None:
        self.events = events
        self.state = state


class Events:
    """A stream of events that an operation answers with. `then` gets an iterator to be put into the result's member.

    `step(call, state) -> Next` is run in a transaction of its own for the next ones, beginning with `state`, as long as the
    client reads them. It may `raise Wait`, and is run again when the wait is over.
    """

    __slots__ = ("call", "state", "step")

    def __init__(self, call: Call, step: Callable[[Call, Any], Next], state: Any) -> None:
        self.call = call
        self.step = step
        self.state = state


class Produce:
    """A stream of events that an operation answers with, from work that is too slow for the event loop. `then` gets an iterator to be put
    into the result's member, or the error that came at once; one that comes later ends the stream.

    `events` is gone through in a thread, as fast as the client reads; `idle()` is what is told meanwhile when the next event is long in
    coming, and `stop()` asks the work to end soon, since nobody reads any more: both are called while it goes on.
    """

    __slots__ = ("events", "idle", "stop")

    def __init__(
        self, events: Iterator[dict[str, Any]], idle: Callable[[], dict[str, Any]], stop: Callable[[], None]
    ) -> None:
        self.events = events
        self.idle = idle
        self.stop = stop
