"""Who signed the code. There are no code signing configurations here, so no function has one; Terraform asks for every function."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state


@operation
def get_function_code_signing_config(call: Call, *, function_name: str) -> dict[str, str]:
    """An empty ARN says that the function has none, as on AWS."""
    _, function = state.head(call, function_name)
    return {"CodeSigningConfigArn": "", "FunctionName": function.name}
