"""One call on its way through the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyjar.kernel.call import Call
from skyjar.kernel.principals import ANONYMOUS, Principal
from skyjar.kernel.service import Endpoint, Operation, Service
from skyjar.kernel.store import Transaction
from skyjar.wire.http import Request, Respond

if TYPE_CHECKING:
    from skyjar.wire.codec import Codec
    from skyjar.wire.models import OperationModel
    from skyjar.wire.sigv4 import Credential

    from .judgement import Judgement


class Exchange:
    """What the steps know so far. Each step fills in its part and reads those of the steps before it."""

    __slots__ = (
        "account",
        "addressed",
        "began",
        "call",
        "clock_began",
        "codec",
        "credential",
        "endpoint",
        "error_code",
        "function",
        "judgement",
        "labels",
        "model",
        "name",
        "parameters",
        "parent",
        "plane",
        "planes",
        "principal",
        "region",
        "request",
        "request_id",
        "respond",
        "result",
        "service",
        "status",
        "tx",
        "waited",
    )

    def __init__(self, request: Request, respond: Respond | None, request_id: str, began: float, now: float) -> None:
        self.request = request
        self.addressed = request  # as the codec sees it: with the bucket of a virtual-host name in the path
        self.respond = respond
        self.request_id = request_id
        self.parent = ""
        self.began = began
        self.clock_began = now
        self.waited = False
        self.name = ""
        self.codec: Codec | None = None
        self.model: OperationModel | None = None
        self.service: Service | None = None
        self.function: Operation | None = None
        self.planes: list[tuple[Endpoint, dict[str, str]]] = []
        self.plane: Endpoint | None = None
        self.labels: dict[str, str] = {}
        self.credential: Credential | None = None
        self.principal: Principal = ANONYMOUS
        self.account = ""
        self.region = ""
        self.endpoint = ""
        self.parameters: dict[str, Any] = {}
        self.judgement: Judgement | None = None
        self.result: Any = None
        self.status = 200
        self.error_code = ""
        self.call: Call | None = None
        self.tx: Transaction
