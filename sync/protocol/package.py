"""The package of the USB exchange (摆渡包): messages of the wire and blobs in one sealed file.

Format, byte for byte, in sync/README.md §6. In short: a header anybody can read, then chunks of 1 MiB, each sealed
with ChaCha20-Poly1305 under a key of this file alone. A chunk's nonce is its number and whether it is the last, and
the whole header is associated data: a file that was cut, altered, or put together in another order does not open.
Neither side ever has more than a few chunks in memory.
"""

from __future__ import annotations

import json
import os
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import KnownError
from app.printing.saving import whole_file
from sync.protocol.messages import MAX_BODY_BYTES

SUFFIX = ".zqx"
MAGIC = b"ZQX\r\n\x1a\n"
"""As PNG does it: a program that takes the file for text spoils it so that it shows."""
VERSION = 1
CHUNK = 1 << 20
TAG = 16
KEY_BYTES = 32
MAX_HEADER = 8192
MAX_CHUNKS = 1 << 20
MESSAGE, BLOB = 1, 2
_INFO = b"zhuqitong exchange 1"
_GZIP = zlib.MAX_WBITS | 16
Direction = Literal["up", "down", "enroll"]


class Header(BaseModel):
    """What can be read of a package without a key. `number` counts a laptop's packages; an answer has the number and,
    in `answers`, the id of the package it answers. `epoch` is the one its maker knew."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    package: str = Field(min_length=8, max_length=64)
    direction: Direction
    park: str = Field(max_length=64)
    person: str = Field(max_length=64)
    device: str = Field(max_length=64)
    epoch: str = Field(max_length=64)
    number: int = Field(ge=0)
    made_at: str = Field(max_length=40)
    salt: str = Field(pattern=r"^[0-9a-f]{64}$")
    answers: str | None = Field(default=None, max_length=64)
    check: str = ""
    """16 hexadecimal digits that tell a wrong key from a damaged file."""


class PackageError(KnownError):
    """A package that cannot be used; `text` says why and what to do. Nothing of it was taken."""


def not_a_package(name: str) -> PackageError:
    return PackageError(
        "not_a_package", f"「{name}」不是驻企通的摆渡包，或者文件开头已损坏。请选择扩展名是 .zqx 的文件。"
    )


def damaged(name: str) -> PackageError:
    return PackageError(
        "package_damaged",
        f"「{name}」不完整（可能没有拷完就拔了U盘）或被改动过，里面的内容一条也没有采用。"
        "请重新拷贝一次；还是不行，请对方重新生成一份。",
    )


def wrong_key(name: str) -> PackageError:
    return PackageError(
        "package_key",
        f"「{name}」的密钥不对，打不开：它来自另一个中心，或者电脑换过登记，或者文件开头被改动过。请核对文件；"
        "文件没错的话，请联网重新登录一次，或让管理员重新制作登记文件。",
    )


def unreadable(name: str, error: OSError) -> PackageError:
    return PackageError(
        "package_unreadable",
        f"「{name}」读不出来（{error.strerror or error}）。请检查U盘是否插好、文件是否还在，然后再试。",
    )


# Keys --------------------------------------------------------------------------------------------------------------


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def device_key(secret: bytes, park: str, person: str, device: str) -> bytes:
    """The key a centre and one device share, from the centre's secret: nothing to keep per device."""
    info = "\0".join(("zhuqitong device key 1", park, person, device)).encode()
    return HKDF(SHA256(), KEY_BYTES, None, info).derive(secret)


def key_of_pin(pin: str, salt: str) -> bytes:
    """The key behind the PIN of an enrolment file: Argon2id (RFC 9106, second recommendation: 64 MiB, 3 rounds)."""
    plain = "".join(unicodedata.normalize("NFKC", pin).split()).replace("-", "").lower()
    return Argon2id(
        salt=bytes.fromhex(salt)[:16], length=KEY_BYTES, iterations=3, lanes=4, memory_cost=65536
    ).derive(plain.encode())


def _derived(key: bytes, header: Header, what: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, bytes.fromhex(header.salt), _INFO + what).derive(key)


def _check(key: bytes, header: Header) -> str:
    return _derived(key, header, b" check", 8).hex()


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


# Writing -----------------------------------------------------------------------------------------------------------


def new_salt() -> str:
    return os.urandom(32).hex()


class PackageWriter:
    """Writes a package to a file that is open for writing. `close` writes the last chunk; without it the file does not
    open anywhere."""

    def __init__(self, out: BinaryIO, header: Header, key: bytes) -> None:
        sealed = header.model_copy(update={"check": _check(key, header)})
        text = sealed.model_dump_json(exclude_none=True).encode()
        self._head = MAGIC + bytes([VERSION]) + len(text).to_bytes(2, "big") + text
        self._cipher = ChaCha20Poly1305(_derived(key, header, b" chunks", KEY_BYTES))
        self._out = out
        self._waiting = bytearray()
        self._chunks = 0
        out.write(self._head)

    def message(self, what: str, body: Mapping[str, Any] | str | None = None) -> None:
        """A message; `body` may be JSON text already."""
        text = body if isinstance(body, str) else json.dumps(body or {}, ensure_ascii=False)
        whole = f'{{"what":{json.dumps(what)},"body":{text}}}'.encode()
        packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        packed = packer.compress(whole) + packer.flush()
        self._begin(MESSAGE, len(packed))
        self._write(packed)

    def blob(self, pieces: Iterable[bytes], size: int) -> None:
        """Exactly `size` bytes. ValueError where the pieces are more or fewer: the package is to be given up then."""
        self._begin(BLOB, size)
        for piece in pieces:
            size -= len(piece)
            if size < 0:
                break
            self._write(piece)
        if size:
            raise ValueError("a blob is not as long as it was said to be")

    def close(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _begin(self, kind: int, size: int) -> None:
        self._write(bytes([kind]) + size.to_bytes(8, "big"))

    def _write(self, data: bytes) -> None:
        self._waiting += data
        # The last chunk is marked as such, so one is always kept back.
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def _seal(self, plain: bytes, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._chunks, last), plain, self._head))
        self._chunks += 1


# Reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """A message as it was written."""

    what: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that follow the message which announces them. What is not read of `pieces` is passed over."""

    size: int
    pieces: Iterator[bytes]


class PackageReader:
    """An open package. `header` can be read at once, `records` after `unlock`; they may be gone through again."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        self._cipher: ChaCha20Poly1305 | None = None
        self.size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self.header, self._head = self._read_header()

    def _read_header(self) -> tuple[Header, bytes]:
        begin = self._read(len(MAGIC) + 3)
        if len(begin) < len(MAGIC) + 3 or not begin.startswith(MAGIC):
            raise not_a_package(self.name)
        if begin[len(MAGIC)] != VERSION:
            raise PackageError(
                "package_newer",
                f"「{self.name}」是更新版本的驻企通生成的，这个版本打不开。请升级后再试，文件没有改动。",
            )
        length = int.from_bytes(begin[-2:], "big")
        text = self._read(length)
        if len(text) != length or length > MAX_HEADER:
            raise damaged(self.name)
        try:
            return Header.model_validate_json(text), begin + text
        except ValidationError as error:
            raise damaged(self.name) from error

    def unlock(self, key: bytes) -> None:
        """PackageError("package_key") where it is not this key."""
        if _check(key, self.header) != self.header.check:
            raise wrong_key(self.name)
        self._cipher = ChaCha20Poly1305(_derived(key, self.header, b" chunks", KEY_BYTES))

    def verify(self, tell: Callable[[int], None] = lambda _bytes: None) -> None:
        """Go through every chunk: afterwards the package is known to be whole and as it was made. Decrypts all of it."""
        for _ in self._chunks(tell):
            pass

    def records(self, tell: Callable[[int], None] = lambda _bytes: None) -> Iterator[Note | Blob]:
        """The records in order. `tell` is told how many bytes of the file are behind."""
        stream = _Stream(self._chunks(tell), self.name)
        while (kind := stream.take_some(1)) != b"":
            size = int.from_bytes(stream.take(8), "big")
            if kind[0] == MESSAGE:
                yield self._note(stream, size)
            elif kind[0] == BLOB:
                pieces = stream.pieces(size)
                yield Blob(size, pieces)
                for _ in pieces:
                    pass
            else:
                raise damaged(self.name)

    def _note(self, stream: _Stream, size: int) -> Note:
        if size > MAX_BODY_BYTES:
            raise damaged(self.name)
        unpack = zlib.decompressobj(_GZIP)
        try:
            plain = unpack.decompress(stream.take(size), MAX_BODY_BYTES)
            value = json.loads(plain) if unpack.eof else None
        except (zlib.error, ValueError) as error:
            raise damaged(self.name) from error
        if not isinstance(value, dict) or not isinstance(value.get("body"), dict):
            raise damaged(self.name)
        return Note(str(value.get("what", "")), value["body"])

    def _chunks(self, tell: Callable[[int], None]) -> Iterator[bytes]:
        assert self._cipher is not None, "it is locked"
        self._seek(len(self._head))
        block = self._read(CHUNK + TAG)
        for number in range(MAX_CHUNKS):
            following = self._read(CHUNK + TAG)
            try:
                plain = self._cipher.decrypt(_nonce(number, not following), block, self._head)
            except InvalidTag as error:
                raise damaged(self.name) from error
            tell(min(len(self._head) + (number + 1) * (CHUNK + TAG), self.size))
            yield plain
            if not following:
                return
            block = following
        raise damaged(self.name)

    def _seek(self, to: int) -> None:
        try:
            self._file.seek(to)
        except OSError as error:
            raise unreadable(self.name, error) from error

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise unreadable(self.name, error) from error


class _Stream:
    """Records out of chunks: a record may begin and end anywhere in them."""

    def __init__(self, chunks: Iterator[bytes], name: str) -> None:
        self._chunks = chunks
        self._name = name
        self._here = b""
        self._at = 0

    def take_some(self, most: int) -> bytes:
        """Up to `most` bytes, empty at the end."""
        while self._at == len(self._here):
            following = next(self._chunks, None)
            if following is None:
                return b""
            self._here, self._at = following, 0
        taken = self._here[self._at : self._at + most]
        self._at += len(taken)
        return taken

    def take(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self.take_some(size)
            if not piece:
                raise damaged(self._name)
            size -= len(piece)
            yield piece


@contextmanager
def write_package(path: Path, header: Header, key: bytes) -> Iterator[PackageWriter]:
    """A package that appears whole or not at all: written beside its place, flushed, then named.

    KnownError where the disk or the stick refuses; there is no file then.
    """
    try:
        with whole_file(path) as file:
            writer = PackageWriter(file, header, key)
            yield writer
            writer.close()
    except OSError as error:
        raise PackageError(
            "package_unwritable",
            f"写 {path.name} 时出错（{error.strerror or error}），没有生成文件。"
            "请检查U盘是否插好、是否写满或写保护，然后再试一次；本机的内容没有变化。",
        ) from error


@contextmanager
def open_package(path: Path) -> Iterator[PackageReader]:
    """Open a package for reading. PackageError where there is none, it cannot be read, or it is something else."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise unreadable(path.name, error) from error
    with file:
        yield PackageReader(file, path.name)
