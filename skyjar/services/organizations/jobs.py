"""What takes a while: an account is made or closed, a handshake's time runs out."""

from __future__ import annotations

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.principals import root

from . import limits, merging, state

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@job()
def create(call: Call, *, organization: str, request: str) -> None:
    finish(call, request, organization)


def finish(call: Call, request: str, organization: str = "") -> None:
    """Make the account that CreateAccount asked for, with a role that the management account may assume."""
    from . import attachments
    from .organization import link
    from .tags import keep

    home = state.organizations.get(call, organization) if organization else state.find(call, call.account)
    asked = state.creations.get(call, home.id, request) if home is not None else None
    if home is None or asked is None or asked.state != "IN_PROGRESS":
        return
    failure = _obstacle(call, home, asked.email)
    if failure:
        done = state.replace(asked, state="FAILED", failure=failure, completed_at=call.now)
        state.creations.replace(call, asked, done)
        return
    number = _new_number(call)
    account = state.Account(
        id=number,
        organization=home.id,
        parent=home.root,
        name=asked.name,
        email=asked.email,
        method="CREATED",
        joined_at=call.now,
    )
    _make_role(call, number, asked.role, home.account)
    link(call, number)
    state.accounts.add(call, account)
    keep(call, home, number, [{"Key": key, "Value": value} for key, value in asked.tags.items()])
    attachments.attach_full(call, home, number)
    merging.refresh(call, home)
    done = state.replace(asked, state="SUCCEEDED", account=number, completed_at=call.now)
    state.creations.replace(call, asked, done)


def _obstacle(call: Call, home: state.Organization, email: str) -> str:
    if state.accounts.first(call, email, via="email") is not None:
        return "EMAIL_ALREADY_EXISTS"
    if state.accounts.count(call, home.id, via="organization") >= limits.ACCOUNTS:
        return "ACCOUNT_LIMIT_EXCEEDED"
    return ""


def _new_number(call: Call) -> str:
    while True:
        number = f"{100_000_000_000 + call.chance.integer(900_000_000_000)}"
        if state.accounts.get(call, number) is None:
            return number


def _make_role(call: Call, account: str, name: str, management: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{management}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = call.ask("iam", root(account), account=account)
    iam.create_role(role_name=name, assume_role_policy_document=orjson.dumps(trust).decode())
    iam.attach_role_policy(role_name=name, policy_arn=ADMINISTRATOR)


@job()
def close(call: Call, *, account: str) -> None:
    found = state.accounts.get(call, account)
    if found is None or found.state != "PENDING_CLOSURE":
        return
    state.accounts.replace(call, found, state.replace(found, state="CLOSED"))
    call.later(bury, key=account, due=found.closed_at + limits.CLOSED_DAYS * limits.DAY_S, account=account)


@job()
def bury(call: Call, *, account: str) -> None:
    """The 90 days are over: the account is no longer in the organization."""
    from .accounts import out

    found = state.accounts.get(call, account)
    home = state.organizations.get(call, found.organization) if found is not None and found.organization else None
    if found is not None and home is not None and found.state == "CLOSED":
        out(call, home, found)


@job()
def expire(call: Call, *, handshake: str) -> None:
    from .handshakes import ENDED, change

    found = state.handshakes.get(call, handshake)
    if found is not None and found.state not in ENDED:
        change(call, found, "EXPIRED")


@job()
def forget(call: Call, *, handshake: str) -> None:
    """A handshake that has ended is listed for 30 days more."""
    state.handshakes.delete(call, handshake)
