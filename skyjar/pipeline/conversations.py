"""Messages on a service's own ports (`kernel/listening.py`), each a call: who is calling, what it needs, run, recorded."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from skyjar.kernel import credentials
from skyjar.kernel import service as services
from skyjar.kernel.call import Call, Origin
from skyjar.kernel.errors import AWSError
from skyjar.kernel.listening import Listener, Parser, SignIn, Talk
from skyjar.kernel.principals import ANONYMOUS, Principal
from skyjar.kernel.store import Transaction
from skyjar.services.sts.limits import SESSION_MARK
from skyjar.wire import sigv4, timestamps

from .authenticate import DEFAULT_ACCOUNT, ExpiredJson, MissingToken, UnknownKeyJson
from .authorise import judge
from .records import CallRecord
from .respond import internal_failure

if TYPE_CHECKING:
    from .judgement import Judgement
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.pipeline")
SIGNATURE_LINES = 4


class MissingAuthenticationToken(MissingToken):
    code = "MissingAuthenticationTokenException"


class BadSignature(AWSError):
    code = "UnrecognizedClientException"
    status = 403
    sentence = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )


class Conversation:
    """One connection: what it said of itself, and its messages in order."""

    def __init__(self, pipeline: Pipeline, listener: Listener, peer: str) -> None:
        service = services.load(listener.service)
        assert service is not None
        assert service.talk is not None
        self.service = service
        self.talk: Talk = service.talk
        self.parser: Parser = self.talk.parser()
        self._pipeline = pipeline
        self._listener = listener
        self._peer = peer
        self._said: SignIn | None = None
        self._wrong: AWSError | None = None
        self._messages: deque[Any] = deque()

    def hear(self, data: bytes) -> None:
        """Take in what came. ValueError: hang up."""
        self._messages.extend(self.parser.feed(data))

    @property
    def has_more(self) -> bool:
        """Whether something is still to be answered."""
        return bool(self._messages)

    def answer(self) -> bytes:
        """To the next message; empty for one that is not answered. ValueError: hang up."""
        return self._answer(self._messages.popleft())

    def _answer(self, message: Any) -> bytes:
        said = self.talk.sign_in(message)
        if said is not None:
            self._said, self._wrong = said, self._checked(said)
            return b""
        request_id, began = self._pipeline.chance.uuid(), time.perf_counter()
        judged: list[Judgement] = []
        who = [ANONYMOUS]
        error: AWSError | None = None
        try:
            answer = self._pipeline.store.transact(lambda tx: self._run(tx, message, request_id, judged, who))
            self._pipeline.answers.write()
        except AWSError as refused:
            error = refused
        except Exception:
            log.exception("%s %s failed", self.service.name, self.talk.name(message))
            error = internal_failure(self.service.name)
        if error is not None:
            answer = self.talk.refuse(error, request_id)
        self._record(message, request_id, who[0], error, judged, began)
        return answer

    def _run(
        self, tx: Transaction, message: Any, request_id: str, judged: list[Judgement], who: list[Principal]
    ) -> bytes:
        pipeline, listener = self._pipeline, self._listener
        judged.clear()
        who[0] = principal = self._principal(tx)
        origin = Origin(
            pipeline.own_endpoint, source_ip=self._peer, secure=pipeline.trusts_loopback or self._listener.is_tls,
            user_agent=self.parser.user_agent, signature="v4-header",
        )  # fmt: skip
        call = Call(
            pipeline.inside, tx, pipeline.clock.now(), principal, listener.account, listener.region, self.service.name,
            "", request_id, "", origin,
        )  # fmt: skip
        for operation, aws_name, parameters in self.talk.needs(call, listener, message):
            judged.append(judge(pipeline, call, self.service, operation, aws_name, parameters))
        return self.talk.answer(call, listener, message)

    def _checked(self, said: SignIn) -> AWSError | None:
        """What is wrong with a signature; None for nothing, and for keys that Skyjar never issued. The hash of the request in
        the string to sign is the client's own: there is no request that it could be of."""
        tx = self._pipeline.store.begin()
        try:
            issued = credentials.find(tx, said.access_key)
        finally:
            tx.abort()
        if issued is None:
            return None
        lines = said.string_to_sign.split("\n")
        scope = lines[2].split("/") if len(lines) == SIGNATURE_LINES else []
        if (
            lines[0] != sigv4.ALGORITHM
            or len(scope) != 4
            or scope[1:] != [self._listener.region, self.service.name, "aws4_request"]
        ):
            return BadSignature()
        try:
            signed_at = timestamps.parse_basic(lines[1])
        except ValueError:
            return BadSignature()
        clock = self._pipeline.clock
        now = time.time() if clock.is_frozen or clock.offset_s else clock.now()
        if abs(signed_at - now) > sigv4.SKEW_S or not lines[1].startswith(scope[0]):
            return BadSignature()
        key = sigv4.signing_key(issued.secret, scope[0], scope[1], scope[2])
        wanted = hmac.new(key, said.string_to_sign.encode(), hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(wanted.encode(), said.signature.encode()) else BadSignature()

    def _principal(self, tx: Transaction) -> Principal:
        """Who it is now: a key may have gone since it signed in."""
        said = self._said
        if said is None:
            raise MissingAuthenticationToken
        if self._wrong is not None:
            raise self._wrong
        issued = credentials.find(tx, said.access_key)
        if issued is None:
            if said.token.startswith(SESSION_MARK):
                raise ExpiredJson  # a session of ours that is over and swept away
            if self._pipeline.is_strict:
                raise UnknownKeyJson
            key = said.access_key
            return self._pipeline.root_of(
                key if len(key) == 12 and key.isascii() and key.isdigit() else DEFAULT_ACCOUNT, key
            )
        if not issued.is_active or said.token != issued.token:
            raise UnknownKeyJson
        if issued.expires_at and self._pipeline.clock.now() >= issued.expires_at:
            raise ExpiredJson
        return issued.principal

    def _record(
        self,
        message: Any,
        request_id: str,
        who: Principal,
        error: AWSError | None,
        judged: list[Judgement],
        began: float,
    ) -> None:
        name, listener = self.talk.name(message), self._listener
        if not name:
            return
        status, code, text = (error.status, error.code, error.message) if error is not None else (200, "", "")
        judgement = getattr(error, "judgement", judged[-1] if judged else None)
        self._pipeline.records.add(
            CallRecord(
                request_id, "", self._pipeline.clock.now(), self.service.name, name, who.arn, listener.account,
                listener.region, status, code, int((time.perf_counter() - began) * 1e6), self._peer, judgement, text,
                who.access_key,
            )
        )  # fmt: skip
        if self._pipeline.flushes.timer is None:
            self._pipeline.flushes.later()
