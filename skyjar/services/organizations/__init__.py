"""AWS Organizations."""

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("organizations", access_denied=AccessDeniedException, is_global=True)


class MembershipsChanged(msgspec.Struct, frozen=True):
    """What limits some account, or its place, is another now; the pipeline reads `kernel.memberships` anew."""
