"""What a cluster's ports answer: the methods of DAX's protocol (`planes/dax`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.listening import Listener, SignIn, Talk
from skyjar.planes.dax import answers
from skyjar.planes.dax.answers import Node
from skyjar.planes.dax.cbor import Malformed, bound
from skyjar.planes.dax.messages import Request, Requests

from . import reads, state, transactions, writes
from .asking import Asking
from .clusters import ADDRESS
from .errors import ValidationException
from .options import table_name, text

_DATA: dict[str, Callable[[Asking, list[Any]], bytes]] = {
    "get_item": reads.get_item,
    "batch_get_item": reads.batch_get_item,
    "query": reads.query,
    "scan": reads.scan,
    "put_item": writes.put_item,
    "update_item": writes.update_item,
    "delete_item": writes.delete_item,
    "batch_write_item": writes.batch_write_item,
    "transact_get_items": transactions.transact_get_items,
    "transact_write_items": transactions.transact_write_items,
}


def _name(request: Request) -> str:
    """AWS's name of what is called; what clients need between themselves and the nodes has none."""
    return "".join(word.capitalize() for word in request.method.split("_")) if request.method in _DATA else ""


def _sign_in(request: Request) -> SignIn | None:
    if request.method != "authorize_connection":
        return None
    key, signature, signed, token, _ = request.arguments
    return SignIn(text(key), text(signature), text(signed), "" if token is None else text(token))


def _needs(call: Call, listener: Listener, request: Request) -> list[tuple[str, str, dict[str, Any]]]:
    if request.method not in _DATA:
        return []
    arn = state.arn_of(call, listener.name.partition("/")[0])
    if not request.method.startswith("transact"):
        return [(request.method, _name(request), {"cluster_arn": arn})]
    is_write = request.method == "transact_write_items"
    needed = transactions.actions_of(request.arguments) if is_write else ["GetItem"]
    enclosed = {"cluster_arn": arn, "enclosing": _name(request)}
    return [(f"{action[:-4].lower()}_item", action, enclosed) for action in needed]


def _answer(call: Call, listener: Listener, request: Request) -> bytes:
    asking = Asking(call, listener)
    try:
        if request.method in _DATA:
            return _DATA[request.method](asking, request.arguments)
        return _BETWEEN[request.method](asking, request.arguments)
    except Malformed as error:
        raise ValidationException(f"The request could not be understood: {error}") from error


def _endpoints(asking: Asking, arguments: list[Any]) -> bytes:
    """The nodes that can be asked, the primary first."""
    call, name = asking.call, asking.cluster.name
    nodes: list[Node] = []
    for number, each in enumerate(asking.cluster.nodes):
        port = state.port_of(call, state.port_name(name, each.id))
        if port:
            role = answers.REPLICA if nodes else answers.LEADER
            nodes.append(Node(number, ADDRESS, port, role, each.zone))
    return answers.endpoints(nodes)


def _key_schema(asking: Asking, arguments: list[Any]) -> bytes:
    return answers.one(dict(asking.key_of(table_name(arguments[0]))))


def _list_number(asking: Asking, arguments: list[Any]) -> bytes:
    names = tuple(text(name) for name in bound(arguments[0], list, "a list of names"))
    if list(names) != sorted(set(names)):
        raise Malformed("a list of names that is not in order")
    return answers.one(asking.list_number(names))


def _list_names(asking: Asking, arguments: list[Any]) -> bytes:
    return answers.one(list(asking.list_names(bound(arguments[0], int, "a list's number"))))


_BETWEEN: dict[str, Callable[[Asking, list[Any]], bytes]] = {
    "endpoints": _endpoints,
    "define_key_schema": _key_schema,
    "define_attribute_list_id": _list_number,
    "define_attribute_list": _list_names,
}


def _refuse(error: AWSError, request_id: str) -> bytes:
    reasons = error.fields.get("CancellationReasons")
    return answers.refusal(error.code, error.message, request_id, error.status, reasons)


talk = Talk(parser=Requests, sign_in=_sign_in, name=_name, needs=_needs, answer=_answer, refuse=_refuse)
