"""If-Match, If-None-Match and their kin: on reads, writes, deletes and copies. Pure. RFC 9110, section 13, as S3 does it."""

from __future__ import annotations

from email.utils import formatdate

from .errors import NoSuchKey, NotImplementedByS3, NotModified, PreconditionFailed
from .object_state import Object


def _names(wanted: str, found: Object) -> bool:
    """Whether a list of entity tags, or `*`, names this object."""
    if wanted.strip() == "*":
        return True
    return any(each.strip().removeprefix("W/").strip('"') == found.etag for each in wanted.split(","))


def check_read(
    found: Object,
    if_match: str = "",
    if_none_match: str = "",
    if_modified_since: float | None = None,
    if_unmodified_since: float | None = None,
    *,
    is_copy: bool = False,
) -> None:
    """412, or 304 (for a copy 412 too)."""
    prefix = "x-amz-copy-source-" if is_copy else ""
    if if_match:
        if not _names(if_match, found):
            raise PreconditionFailed(Condition=f"{prefix}If-Match")
    elif if_unmodified_since is not None and found.modified_s > if_unmodified_since:
        raise PreconditionFailed(Condition=f"{prefix}If-Unmodified-Since")
    failed = ""
    if if_none_match:
        if _names(if_none_match, found):
            failed = "If-None-Match"
    elif if_modified_since is not None and found.modified_s <= if_modified_since:
        failed = "If-Modified-Since"
    if failed and is_copy:
        raise PreconditionFailed(Condition=prefix + failed)
    if failed:
        modified = formatdate(found.modified_s, usegmt=True)
        raise NotModified(**{"ETag": f'"{found.etag}"', "Last-Modified": modified})


def check_write(newest: Object | None, key: str, if_match: str, if_none_match: str) -> None:
    """Of PutObject, CopyObject and CompleteMultipartUpload, against the current version."""
    current = newest if newest is not None and not newest.is_marker else None
    if if_none_match:
        if if_none_match.strip() != "*":
            raise NotImplementedByS3(Header="If-None-Match")
        if current is not None:
            raise PreconditionFailed(Condition="If-None-Match")
    if if_match:
        if current is None:
            raise NoSuchKey(Key=key)
        if not _names(if_match, current):
            raise PreconditionFailed(Condition="If-Match")


def check_delete(current: Object | None, if_match: str) -> None:
    """Against the version that is to go."""
    if current is None or current.is_marker or not _names(if_match, current):
        raise PreconditionFailed(Condition="If-Match")
