"""Hooks for schemathesis (`SCHEMATHESIS_HOOKS=tests.support.fuzzing`): one real upload and file among the guessed ones."""

from __future__ import annotations

import os
from typing import Any

import schemathesis

UPLOAD = os.environ.get("ZHUQITONG_FUZZ_UPLOAD", "")
SHA256 = os.environ.get("ZHUQITONG_FUZZ_SHA256", "")
DEVICE = os.environ.get("ZHUQITONG_FUZZ_DEVICE", "")


@schemathesis.serializer("application/offset+octet-stream")
def piece(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Every other guess is an upload (or file) that is really there."""
    there = SHA256 if context.operation.method.upper() == "GET" else UPLOAD
    if there and isinstance(path_parameters, dict) and len(str(path_parameters.get("id", ""))) % 2:
        return {"id": there}
    return path_parameters


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Every other message says the device that the token belongs to, or nothing behind that check would be reached."""
    if isinstance(body, dict) and isinstance(body.get("device"), str) and len(body["device"]) % 2:
        return {**body, "device": DEVICE, "epoch": None}
    return body
