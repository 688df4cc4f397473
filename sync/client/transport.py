"""HTTP to the centre: one request, one answer or one clear error. Nothing is retried and nothing is kept here.

The only place of the desk that knows `requests`.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import ipaddress
import json
import os
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from requests.adapters import HTTPAdapter

from app.errors import KnownError
from sync.client.errors import (
    CaptivePortal,
    Cut,
    EpochChanged,
    Later,
    NotOurServer,
    NoTrust,
    Offline,
    Rejected,
    Revoked,
    ServerTrouble,
    SignInNeeded,
    TooLarge,
    TooOld,
    WrongPassword,
)
from sync.protocol.messages import (
    GZIP_LEVEL,
    REVOKED,
    ErrorAnswer,
    ErrorBody,
    Pull,
    Pulled,
    Push,
    Pushed,
    SignedIn,
    SignIn,
)

CONNECT_S = 10
ANSWER_S = 60
GZIP_FROM = 600
"""Shorter bodies fit into one packet anyway."""
PIECE = 1_000_000
"""Bytes sent per PATCH: what is lost at most when the connection breaks."""
ARRIVING = 1 << 16
"""Bytes taken in between two looks at whether to stop."""
MOST_OFFSET_QUESTIONS = 3
TUS = {"Tus-Resumable": "1.0.0"}
M = TypeVar("M", bound=BaseModel)


class Transport:
    """A connection to one centre. Not for two threads at once; `close` when done."""

    def __init__(
        self, base_url: str, token: str | None = None, timeout: tuple[float, float] = (CONNECT_S, ANSWER_S)
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        self.offset: float | None = None
        """Seconds by which this machine's clock is ahead of the centre's, as of its last answer. Shown, never used for
        order."""
        self._session = requests.Session()
        # A proxy for the internet must not be asked for a centre on this very machine.
        self._session.trust_env = not is_loopback(urlsplit(self.base_url).hostname or "")
        self._session.headers["Accept"] = "application/json"
        if token is not None:
            # As a callable: requests would replace a plain header by what it finds in ~/.netrc.
            self._session.auth = _Bearer(token)
        if self.base_url.startswith("https:"):
            self._session.mount("https://", _SystemTrust())

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- messages

    def health(self) -> dict[str, Any]:
        """Whether a centre stands there, and which. NotOurServer where something else answers."""
        answer = self._json(self._send("GET", "/healthz"))
        if not isinstance(answer, dict) or answer.get("status") != "ok" or "park" not in answer:
            raise NotOurServer(self.base_url)
        return answer

    def sign_in(self, message: SignIn) -> SignedIn:
        """Account and password for a token. WrongPassword, or Rejected (account locked) with the centre's words."""
        return self._ask("/auth/token", _text(message), SignedIn)

    def push(self, message: Push) -> Pushed:
        return self._post("/sync/push", message.pack(), {"Content-Encoding": "gzip"}, Pushed)

    def pull(self, message: Pull) -> Pulled:
        return self._ask("/sync/pull", _text(message), Pulled)

    def _ask(self, path: str, text: str, model: type[M]) -> M:
        body = text.encode()
        if len(body) < GZIP_FROM:
            return self._post(path, body, {}, model)
        return self._post(path, gzip.compress(body, GZIP_LEVEL), {"Content-Encoding": "gzip"}, model)

    def _post(self, path: str, body: bytes, headers: dict[str, str], model: type[M]) -> M:
        headers = {"Content-Type": "application/json", **headers}
        response = self._send("POST", path, data=body, headers=headers)
        try:
            # Read first and validated then: for large answers twice as fast as both at once.
            answer = from_json(self._content(response))
        except ValueError as error:
            # JSON that breaks off was cut on its way (packed data hides that from everybody before us).
            raise Cut from error
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            raise self._unread(response) from error

    # ---- files

    def upload(
        self,
        path: Path,
        sha256: str,
        bucket: str,
        attachment: str,
        location: str | None = None,
        begun: Callable[[str], None] = lambda _location: None,
        progress: Callable[[int], None] = lambda _bytes: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Send a blob by tus, going on where an earlier attempt at `location` ended. `begun` is told the location of a
        new upload, `progress` the bytes that are safe. False where `stop` ended it before its end."""
        size = path.stat().st_size
        offset = self._offset(location) if location else None
        if location is None or offset is None:
            location = self._begin_upload(size, sha256, bucket, attachment)
            begun(location)
            offset = 0
        with path.open("rb") as file:
            while offset < size:
                if stop():
                    return False
                file.seek(offset)
                offset = self._send_piece(location, offset, file.read(PIECE))
                progress(offset)
        return True

    def _send_piece(self, location: str, offset: int, piece: bytes) -> int:
        """How much the centre has after a piece. A request whose connection broke may still be at work there and move
        the offset under us: it is asked for again then."""
        headers = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        for _ in range(MOST_OFFSET_QUESTIONS):
            try:
                moved = self._number(
                    self._send("PATCH", location, data=piece, headers=headers), "Upload-Offset"
                )
            except Rejected as error:
                if error.status != 409:
                    raise
                found = self._offset(location)
                if found is None or found == offset:
                    continue
                return found
            if moved > offset:
                return moved
        raise Later

    def _begin_upload(self, size: int, sha256: str, bucket: str, attachment: str) -> str:
        named = {"sha256": sha256, "bucket": bucket, "attachment": attachment}
        metadata = ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items()
        )
        response = self._send(
            "POST", "/files", headers={**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata}
        )
        location = response.headers.get("Location")
        if not location:
            raise self._unread(response)
        return location

    def _offset(self, location: str) -> int | None:
        """How much the centre has of an upload; None where it no longer knows it."""
        try:
            return self._number(self._send("HEAD", location, headers=TUS), "Upload-Offset")
        except Rejected as error:
            if error.status in (404, 410):
                return None
            raise

    def _number(self, response: requests.Response, header: str) -> int:
        text = response.headers.get(header, "")
        if not text.isdigit():
            raise CaptivePortal(self.base_url) if _is_page(response) else Cut()
        return int(text)

    def download(
        self,
        sha256: str,
        to: Path,
        progress: Callable[[int], None] = lambda _bytes: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Fetch a blob into a file, going on with what an earlier attempt left in `.part`; verified, then renamed.

        `progress` is told the bytes that are here. False where `stop` ended it before its end. Rejected("damaged") where
        the bytes are not those asked for.
        """
        part = to.with_name(to.name + ".part")
        if part.exists() and _digest(part) == sha256:
            # Everything had come when the power went.
            os.replace(part, to)
            return True
        have = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            response = self._send("GET", f"/files/{sha256}", headers=headers, stream=True)
        except Rejected as error:
            if error.status == 416:
                part.unlink()
            raise
        try:
            if _is_page(response) or not _says_its_length(response):
                raise self._unread(response)
            with part.open("ab" if response.status_code == 206 else "wb") as file:
                for piece in response.iter_content(ARRIVING):
                    file.write(piece)
                    progress(file.tell())
                    if stop():
                        return False
                file.flush()
                os.fsync(file.fileno())
        except requests.RequestException as error:
            raise Cut from error
        finally:
            response.close()
        if _digest(part) != sha256:
            part.unlink()
            raise Rejected("damaged", "附件在传输中损坏，已丢弃。请再试一次。", 200)
        os.replace(part, to)
        return True

    # ---- one request

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        url = urljoin(self.base_url + "/", path) if "://" in path else self.base_url + path
        if urlsplit(url).netloc != urlsplit(self.base_url).netloc:
            # The token goes to the centre and to nobody else, whatever a Location header says.
            raise NotOurServer(self.base_url)
        try:
            response = self._session.request(
                method, url, timeout=self._timeout, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise self._no_answer(error) from error
        if not 200 <= response.status_code < 300:
            with response:
                raise self._refused(response)
        self.offset = clock_ahead(response.headers.get("Date"), time.time())
        return response

    def _no_answer(self, error: requests.RequestException) -> KnownError:
        if isinstance(error, requests.exceptions.SSLError):
            return NoTrust(self.base_url)
        if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL):
            return Offline(self.base_url)
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return Cut()
        if isinstance(error, requests.ReadTimeout | requests.exceptions.ChunkedEncodingError):
            return Cut()
        if isinstance(error, requests.ConnectionError):
            # urllib3 wraps what kept it from connecting in MaxRetryError, what broke later in ProtocolError.
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            return Cut() if reason is None else Offline(self.base_url)
        return Offline(self.base_url)

    def _content(self, response: requests.Response) -> bytes:
        if _is_page(response) or _kind(response) != "application/json":
            raise self._unread(response)
        return response.content

    def _json(self, response: requests.Response) -> Any:
        content = self._content(response)
        try:
            return json.loads(content)
        except ValueError as error:
            raise self._unread(response) from error

    def _unread(self, response: requests.Response) -> KnownError:
        """What is behind an answer that makes no sense. Cut off among its headers an answer still looks whole to
        http.client, only without saying how long it is."""
        if _is_page(response):
            return CaptivePortal(self.base_url)
        return NotOurServer(self.base_url) if _says_its_length(response) else Cut()

    def _refused(self, response: requests.Response) -> KnownError:
        """The error behind an answer that is not a success."""
        status = response.status_code
        told = self._told(response)
        if status in (429, 503) or (told is None and status in (502, 504)):
            seconds = _seconds(response.headers.get("Retry-After"))
            if told is None:
                return Later(seconds)
            return Later(seconds, told.text, told.code if told.code == "account_locked" else "later")
        if told is None and response.request.method == "HEAD":
            # An answer to HEAD has no body to tell anything by.
            told = ErrorBody(code="rejected", text="中心没有接受这个请求，请稍后再试。")
        if told is None:
            if status >= 500 and status != 511:
                return ServerTrouble(status)
            if 300 <= status < 400 or status == 511 or "html" in response.headers.get("Content-Type", ""):
                return CaptivePortal(self.base_url)
            return self._unread(response)
        if status == 401:
            return WrongPassword(told.text) if told.code == "wrong_password" else SignInNeeded()
        if status == 403:
            # Only this very word of the centre empties the laptop; whatever else forbids something does not.
            return Revoked(told.text) if told.code == REVOKED else Rejected(told.code, told.text, status)
        if status == 409 and told.code == "epoch":
            return EpochChanged(told.params.get("epoch"))
        if status == 413:
            return TooLarge()
        if status == 426:
            return TooOld()
        if status >= 500:
            return ServerTrouble(status, told.text)
        return Rejected(told.code, told.text, status)

    def _told(self, response: requests.Response) -> ErrorBody | None:
        """The centre's own words; None where it was not the centre that answered."""
        try:
            return ErrorAnswer.model_validate_json(response.content).error
        except (ValidationError, requests.RequestException):
            return None


def _text(message: BaseModel) -> str:
    return message.model_dump_json(by_alias=True, exclude_none=True)


class _Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _SystemTrust(HTTPAdapter):
    """Trusts what the machine trusts: bureaus have certificate authorities of their own."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        import ssl

        import truststore

        options["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(*arguments, **options)


def _kind(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _is_page(response: requests.Response) -> bool:
    """A page for people in the place of an answer."""
    return _kind(response) in ("text/html", "application/xhtml+xml")


def _says_its_length(response: requests.Response) -> bool:
    return "Content-Length" in response.headers or "Transfer-Encoding" in response.headers


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None


def clock_ahead(date: str | None, now: float) -> float | None:
    """By how many seconds `now` (this machine's, since the epoch) is ahead of an answer's Date header; None where it
    has none that can be read."""
    try:
        return now - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
