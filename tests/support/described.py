"""A running centre's description of itself, and whether an answer is as described."""

from __future__ import annotations

import base64
import re
from typing import Any

import jsonschema_rs
import requests

Json = dict[str, Any]


class Described:
    """/openapi.json of a centre. `check` fails a test where an answer is not what stands there."""

    def __init__(self, url: str) -> None:
        answer = requests.get(f"{url}/openapi.json", timeout=30)
        answer.raise_for_status()
        self.whole: Json = answer.json()
        self._validators: dict[str, Any] = {}

    @property
    def operations(self) -> dict[tuple[str, str], Json]:
        """By method (upper case) and path."""
        return {
            (method.upper(), path): operation
            for path, operations in self.whole["paths"].items()
            for method, operation in operations.items()
        }

    def check(self, method: str, path: str, answer: requests.Response) -> None:
        """`path` as described (`/files/{id}`). Status, headers and body must be described ones."""
        told = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        answers = self.operations[method, path]["responses"]
        assert str(answer.status_code) in answers, f"not described: {told}"
        described = answers[str(answer.status_code)]
        for name, header in described.get("headers", {}).items():
            value = answer.headers.get(name)
            if value is None:
                assert not header["required"], f"{name} is missing: {told}"
            else:
                self._check_header(name, value, header["schema"], told)
        self._check_body(described, answer, told)

    def _check_header(self, name: str, value: str, schema: Json, told: str) -> None:
        if "const" in schema:
            assert value == schema["const"], f"{name}: {value}: {told}"
        if "pattern" in schema:
            assert re.search(schema["pattern"], value), f"{name}: {value}: {told}"

    def _check_body(self, described: Json, answer: requests.Response, told: str) -> None:
        content = described.get("content")
        if content is None:
            assert answer.content == b"", f"a body that is not described: {told}"
            return
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert kind in content, f"{kind} is not described: {told}"
        if kind == "application/json":
            self._validate(content[kind]["schema"], answer.json(), told)

    def check_examples(self) -> None:
        """Every example of the description is as its schema says."""
        for key, operation in self.operations.items():
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    for name, example in content.get("examples", {}).items():
                        self._validate(content["schema"], example["value"], f"{key} {status} {name}")

    def _validate(self, schema: Json, value: Any, told: str) -> None:
        name = repr(schema)
        if name not in self._validators:
            whole = {"components": self.whole["components"], **schema}
            self._validators[name] = jsonschema_rs.Draft202012Validator(whole)
        wrong = [
            f"{error.instance_path}: {error.message}" for error in self._validators[name].iter_errors(value)
        ]
        assert not wrong, f"{wrong}: {told}"


def beginning(row: dict[str, Any]) -> dict[str, str]:
    """The headers that begin the upload of an attachment's row."""
    named = {
        "bucket": row["bucket"],
        "attachment": row["doc"][1],
        "sha256": row["args"]["fields"]["sha256"][1],
    }
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items())
    return {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(row["args"]["fields"]["size"][1]),
        "Upload-Metadata": metadata,
    }
