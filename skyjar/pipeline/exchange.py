"""One call on its way through the steps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from skyjar.kernel.blobs import size_of
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Follower
from skyjar.kernel.principals import ANONYMOUS, Principal
from skyjar.kernel.service import Endpoint, Operation, Service
from skyjar.kernel.store import Transaction
from skyjar.wire.http import Request, Respond
from skyjar.wire.signature_errors import SKEW_S3_S

if TYPE_CHECKING:
    from skyjar.wire.codec import Codec
    from skyjar.wire.models import OperationModel
    from skyjar.wire.sigv4 import Credential

    from .judgement import Judgement


NO_LABELS: dict[str, str] = {}
NO_PLANES: list[tuple[Endpoint, dict[str, str]]] = []


class Exchange:
    """What the steps know so far. Each step fills in its part and reads those of the steps before it.

    It is made for every request, so what most requests leave as it is stands in the class. As a call's origin (see
    kernel/call.py) it works out what is seldom asked when it is.
    """

    parent = ""
    waited = False
    is_accelerated = False
    name = ""
    codec: Codec | None = None
    model: OperationModel | None = None
    service: Service | None = None
    function: Operation | None = None
    planes = NO_PLANES
    plane: Endpoint | None = None
    labels = NO_LABELS
    credential: Credential | None = None
    principal: Principal = ANONYMOUS
    account = ""
    region = ""
    parameters: dict[str, Any] = {}
    judgement: Judgement | None = None
    result: Any = None
    status = 200
    error_code = ""
    call: Call | None = None
    follower: Follower | None = None
    sent_bytes = 0
    tx: Transaction

    def __init__(
        self,
        request: Request,
        respond: Respond | None,
        request_id: str,
        began: float,
        now: float,
        trusts_loopback: bool,
    ) -> None:
        self.request = request
        self.addressed = request  # as the codec sees it: with the bucket of a virtual-host name in the path
        self.respond = respond
        self.request_id = request_id
        self.began = began
        self.clock_began = now
        self.trusts_loopback = trusts_loopback

    @property
    def took_ms(self) -> float:
        return (time.perf_counter() - self.began) * 1000

    @property
    def is_inside(self) -> bool:
        """SDKs say that they run in Lambda or a container; whoever runs there has a role."""
        return self.principal.kind == "role" and "exec-env/AWS_" in self.user_agent

    @property
    def received_bytes(self) -> int:
        return size_of(self.request.body)

    @property
    def endpoint(self) -> str:
        return f"{self.request.scheme}://{self.request.host}"

    @property
    def source_ip(self) -> str:
        return self.request.peer

    @property
    def secure(self) -> bool:
        return self.trusts_loopback or self.request.scheme == "https"

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("user-agent", "")

    @property
    def referer(self) -> str:
        return self.request.headers.get("referer", "")

    @property
    def signature(self) -> str:
        return self.credential.scheme if self.credential is not None else ""

    @property
    def signed_at(self) -> float:
        """Clients sign by their own clock, which knows nothing of a cloud's clock that was turned: what is too old to have been taken by
        that was signed now."""
        if self.credential is None:
            return 0.0
        is_by_another = (
            self.credential.expires is None and abs(self.clock_began - self.credential.timestamp) > SKEW_S3_S
        )
        return 0.0 if is_by_another else self.credential.timestamp

    @property
    def signed_payload(self) -> str:
        return self.request.headers.get("x-amz-content-sha256", "")

    @property
    def tls_version(self) -> str:
        return (getattr(self.respond, "secured", None) or ("",))[0].removeprefix("TLSv")

    @property
    def region_set(self) -> str:
        return "" if self.credential is None else self.credential.region_set or self.credential.region
