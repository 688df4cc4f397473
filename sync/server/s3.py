"""Reaching an S3 store: where it is stands in the address, how to get in never does.

`s3://bucket/prefix` names the place. Endpoint, region and keys come from the environment by the names everybody uses
(`AWS_…`), what is missing there from `s3.toml` in the data folder. Nothing of it is ever on a command line, where every
user of the machine could read it.
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import KnownError

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3://"
SETTINGS_FILE = "s3.toml"
NAMES = {
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "access_key_id": ("AWS_ACCESS_KEY_ID",),
    "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
    "virtual_hosted_style": ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST",),
    "ca_file": ("AWS_CA_BUNDLE",),
}
"""What may be set: the name in `s3.toml`, and the names in the environment, which win."""
CONNECT = "5s"
REQUEST = "60s"
"""For one request whole: none carries more than one piece (`blobs.PIECE_BYTES`, `blobs.MULTIPART_BYTES`)."""
RETRY = timedelta(seconds=15)


def open_s3(address: str, data: Path, environment: Mapping[str, str] = os.environ) -> S3Store:
    """The store behind `s3://bucket/prefix`. Raises KnownError for an address or settings that cannot be."""
    from obstore.store import S3Store

    bucket, _, prefix = address.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise KnownError("blobs_address", "附件存放位置应写成 s3://桶名/前缀，或者一个文件夹。请改 --blobs。")
    found = settings(data, environment)
    if not (found.get("access_key_id") and found.get("secret_access_key")):
        raise KnownError(
            "s3_keys",
            f"还没有 S3 的密钥。请设环境变量 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY，"
            f"或写在 {data / SETTINGS_FILE} 里。",
        )
    client: dict[str, Any] = {"connect_timeout": CONNECT, "timeout": REQUEST}
    if found.get("endpoint", "").startswith("http://"):
        client["allow_http"] = True
    if found.get("ca_file"):
        client["root_certificate"] = _read(Path(found["ca_file"]))
    more = {name: found[name] for name in ("endpoint", "session_token") if found.get(name)}
    return S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        region=found.get("region") or "us-east-1",
        access_key_id=found["access_key_id"],
        secret_access_key=found["secret_access_key"],
        virtual_hosted_style_request=found.get("virtual_hosted_style", "").lower() in ("true", "1"),
        client_options=client,  # type: ignore[arg-type]
        retry_config={"max_retries": 3, "retry_timeout": RETRY},
        **more,  # type: ignore[arg-type]
    )


def settings(data: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What is set, by the names of `s3.toml`. Raises KnownError for a file that is wrong or that others may read."""
    found = _from_file(data / SETTINGS_FILE)
    for name, variables in NAMES.items():
        for variable in reversed(variables):
            if environment.get(variable):
                found[name] = environment[variable]
    return found


def _from_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    if sys.platform != "win32" and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise KnownError("s3_file", f"{path} 里有密钥，别的账号却能读。请先运行 chmod 600 {path}。")
    try:
        values = tomllib.loads(_read(path).decode())
    except ValueError as error:
        raise KnownError("s3_file", f"{path} 的格式不对：{error}。写法见手册。") from error
    unknown = sorted(values.keys() - NAMES.keys())
    if unknown:
        raise KnownError(
            "s3_file", f"{path} 里的 {'、'.join(unknown)} 不认识，可以写的有：{'、'.join(NAMES)}。"
        )
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KnownError("s3_file", f"{path} 读不出来（{error.strerror}）。请检查路径和权限。") from error
