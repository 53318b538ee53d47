from typing import Any

import pytest


@pytest.fixture
def s3(desk: Any) -> Any:
    """The service, with a bucket called `first`."""
    desk.ask("s3").create_bucket(bucket="first")
    return desk.ask("s3")
