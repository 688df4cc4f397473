"""A real S3 server on this machine (moto) that checks signatures, for the centre to keep its attachments in."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

REGION = "cn-north-1"
BUCKET = "zhuqitong-test"
_MAY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def missing() -> str | None:
    """Why there is no S3 server here, None where there is one."""
    lacking = [
        name for name in ("moto", "flask", "flask_cors", "boto3") if not importlib.util.find_spec(name)
    ]
    return f"not installed: {', '.join(lacking)}" if lacking else None


class S3Server:
    """`with S3Server(folder) as s3:` has one bucket, and keys for somebody who may use it."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "s3.log"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.key_id = self.secret = "x"

    def __enter__(self) -> Self:
        with self.log.open("w") as log:
            # In the beginning it asks nobody who he is: that is how the keys get there.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
                env={**os.environ, "MOTO_S3_CUSTOM_ENDPOINTS": self.endpoint, "PYTHONWARNINGS": "ignore"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait()
            iam = self.client("iam")
            iam.create_user(UserName="zhuqitong")
            iam.put_user_policy(UserName="zhuqitong", PolicyName="s3", PolicyDocument=json.dumps(_MAY))
            key = iam.create_access_key(UserName="zhuqitong")["AccessKey"]
            self.key_id, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
            place = {"LocationConstraint": REGION}
            self.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
            self._check_signatures()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _wait(self) -> None:
        pause = threading.Event()
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                pause.wait(0.05)
        raise AssertionError("the S3 server did not start")

    def _check_signatures(self) -> None:
        import requests

        requests.post(f"{self.endpoint}/moto-api/reset-auth", data=b"0", timeout=30).raise_for_status()

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()

    def client(self, name: str = "s3") -> Any:
        """boto3, for looking at the store from beside."""
        import boto3

        return boto3.client(
            name,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
        )

    def keys(self, prefix: str = "") -> list[str]:
        """The names of all objects."""
        found = self.client().list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def unfinished(self) -> list[str]:
        """Multipart uploads nobody has ended."""
        found = self.client().list_multipart_uploads(Bucket=BUCKET)
        return [item["Key"] for item in found.get("Uploads", [])]

    def settings(self, **other: str) -> str:
        """What stands in `s3.toml`."""
        values = {
            "endpoint": self.endpoint,
            "region": REGION,
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
            **other,
        }
        return "".join(f'{name} = "{value}"\n' for name, value in values.items())

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }

    def write_settings(self, folder: Path, **other: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "s3.toml"
        path.write_text(self.settings(**other))
        path.chmod(0o600)
