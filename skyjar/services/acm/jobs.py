"""What ACM does by itself: look for the proofs of a request, issue what is proved, renew what is used before it ends."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside

from . import limits, state, validation
from .state import ISSUED, PENDING, SUCCESS, Approval, Certificate, Domain, Renewal


@job()
def validate(call: Call, *, identity: str) -> Outside | None:
    """Look whether the names of a request are proved; if not, again later, until it has timed out."""
    from . import issuing

    found = state.certificates.get(call, identity)
    if found is None or state.status_of(found, call.now) != PENDING:
        state.approvals.delete(call, identity)  # of a request that has timed out
        return None
    domains = validation.proved(call, found, found.domains)
    if all(each.status == SUCCESS for each in domains):
        return issuing.make(identity, found.algorithm)  # which says so, so that nobody sees it proved and not issued
    if domains != found.domains:
        found = state.change(call, found, domains=domains)
    if found.method == "DNS":  # for a mail's approval nobody needs to look
        due = call.now + validation.look_every(call.now - found.created_at)
        call.later(validate, due=due, key=identity, identity=identity)
    return None


@job()
def renew(call: Call, *, identity: str) -> Outside | None:
    """When its end is near: renew a certificate that is used or was exported, if its names are still proved."""
    from . import issuing

    found = state.certificates.get(call, identity)
    if found is None or state.status_of(found, call.now) != ISSUED:
        return None
    call.later(renew, due=call.now + limits.RENEWAL_EVERY_S, key=identity, identity=identity)
    if not state.is_eligible(call, found, call.now):
        return None
    found = _proved_again(call, found)
    assert found.renewal is not None
    if found.renewal.status == PENDING:
        return None
    return issuing.make(identity, found.algorithm)


def _proved_again(call: Call, found: Certificate) -> Certificate:
    """The certificate with what the renewal knows of its names. A mail is approved anew each time."""
    is_begun = found.renewal is not None and found.renewal.status != SUCCESS
    before = found.renewal.domains if found.renewal is not None and is_begun else ()
    domains = before or tuple(
        Domain(each.name, each.mail_domain, PENDING, each.is_vouched and found.method == "DNS")
        for each in found.domains
    )
    domains = validation.proved(call, found, domains)
    is_done = all(each.status == SUCCESS for each in domains)
    if not is_done:
        state.approvals.put(call, Approval(id=found.id, account=call.account, region=call.region))
    renewal = Renewal("PENDING_AUTO_RENEWAL" if is_done else PENDING, float(int(call.now)), domains)
    return state.change(call, found, renewal=renewal)
