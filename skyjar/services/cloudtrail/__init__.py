"""AWS CloudTrail."""

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("cloudtrail", access_denied=AccessDeniedException)


class SelectionChanged(msgspec.Struct, frozen=True):
    """Trails want the data events of other services now; the pipeline reads `kernel.history.selected` anew."""
