"""The AWS::Serverless-2016-10-31 transform, by AWS's own `aws-sam-translator`.

Run as a child process (`python -m skyjar.formation.sam`, see runtime/transforms.py): the library and boto3 behind it are
slow to load and large, and a server that is asked for no template should not carry them.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson

NAME = "AWS::Serverless-2016-10-31"


def expand(template: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The plain CloudFormation template. Raises ValueError with SAM's own sentences."""
    from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform

    class Policies:
        def load(self) -> dict[str, str]:
            return get_bundled_managed_policy_map("aws") or {}

    try:
        found: dict[str, Any] = transform(template, parameters, Policies())
    except InvalidDocumentException as error:
        causes = ", ".join(str(cause.message) for cause in error.causes)
        raise ValueError(f"{error.message} {causes}") from error
    return found


def main() -> None:
    given = orjson.loads(sys.stdin.buffer.read())
    try:
        answer: dict[str, Any] = {"template": expand(given["template"], given["parameters"])}
    except ValueError as error:
        answer = {"error": str(error)}
    sys.stdout.buffer.write(orjson.dumps(answer, default=str))


if __name__ == "__main__":
    main()
