"""The sealed file by itself: as sync/README.md describes it to the byte, and what is done to it shows."""

from __future__ import annotations

import gzip
import hmac
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from app.errors import KnownError
from sync.protocol import package
from sync.protocol.package import (
    CHUNK,
    TAG,
    Blob,
    Header,
    Note,
    PackageError,
    PackageReader,
    PackageWriter,
    device_key,
    key_of_pin,
    open_package,
    write_package,
)

KEY = bytes(range(32))
HEADER = Header(
    package="0192f0a0-0000-7000-8000-000000000001",
    direction="up",
    park="XD",
    person="p-1",
    device="d-1",
    epoch="e-1",
    number=3,
    made_at="2026-11-22T02:26:31.120Z",
    salt="ab" * 32,
)


def hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, by hand: another implementation than the one under test."""
    once = hmac.digest(salt or bytes(32), key, "sha256")
    done, block, number = b"", b"", 1
    while len(done) < length:
        block = hmac.digest(once, block + info + bytes([number]), "sha256")
        done, number = done + block, number + 1
    return done[:length]


def read_by_the_book(content: bytes, key: bytes) -> tuple[dict[str, Any], list[Any]]:
    """Header and records, read with nothing but what §6 of the README says."""
    assert content[:7] == b"ZQX\r\n\x1a\n"
    assert content[7] == 1
    length = int.from_bytes(content[8:10], "big")
    head, rest = content[: 10 + length], content[10 + length :]
    header = json.loads(head[10:])
    salt = bytes.fromhex(header["salt"])
    assert header["check"] == hkdf(key, salt, b"zhuqitong exchange 1 check", 8).hex()
    cipher = ChaCha20Poly1305(hkdf(key, salt, b"zhuqitong exchange 1 chunks", 32))
    size = (1 << 20) + 16
    blocks = [rest[at : at + size] for at in range(0, len(rest), size)]
    plain = b""
    for number, block in enumerate(blocks):
        last = b"\1" if number == len(blocks) - 1 else b"\0"
        plain += cipher.decrypt(number.to_bytes(11, "big") + last, block, head)
    records: list[Any] = []
    while plain:
        kind, length = plain[0], int.from_bytes(plain[1:9], "big")
        body, plain = plain[9 : 9 + length], plain[9 + length :]
        records.append(json.loads(gzip.decompress(body)) if kind == 1 else body)
    return header, records


def made(*records: dict[str, Any] | bytes, key: bytes = KEY, header: Header = HEADER) -> bytes:
    out = io.BytesIO()
    writer = PackageWriter(out, header, key)
    for record in records:
        if isinstance(record, bytes):
            writer.blob([record[:7], record[7:]], len(record))
        else:
            writer.message("push", record)
    writer.close()
    return out.getvalue()


def reader(content: bytes, key: bytes = KEY) -> PackageReader:
    opened = PackageReader(io.BytesIO(content), "测试.zqx")
    opened.unlock(key)
    return opened


def read(content: bytes, key: bytes = KEY) -> list[Any]:
    found: list[Any] = []
    for record in reader(content, key).records():
        found.append(record.body if isinstance(record, Note) else b"".join(record.pieces))
    return found


def refused(content: bytes, key: bytes = KEY) -> str:
    with pytest.raises(PackageError) as told:
        read(content, key)
    assert "「测试.zqx」" in told.value.text
    return told.value.code


def test_the_file_is_what_the_readme_says() -> None:
    photo = os.urandom(CHUNK * 2 + 5)
    content = made({"a": "好"}, photo, {"b": 1})
    header, records = read_by_the_book(content, KEY)
    assert header == {**HEADER.model_dump(exclude_none=True), "check": header["check"]}
    assert records == [
        {"what": "push", "body": {"a": "好"}},
        photo,
        {"what": "push", "body": {"b": 1}},
    ]


def test_a_file_made_by_the_book_is_read() -> None:
    """Fixed bytes, so that a later version still reads what this one wrote."""
    content = bytes.fromhex((Path(__file__).parent / "data" / "exchange_v1.hex").read_text())
    assert reader(content).header.number == 3
    assert read(content) == [{"changes": ["走访"]}, b"photo"]


@given(
    sizes=st.lists(
        st.sampled_from([0, 1, 9, CHUNK - 10, CHUNK - 9, CHUNK - 8, CHUNK, 2 * CHUNK - 9]), max_size=3
    )
)
def test_blobs_of_any_size_come_back(sizes: list[int]) -> None:
    blobs = [bytes([number]) * size for number, size in enumerate(sizes)]
    assert read(made({"first": True}, *blobs)) == [{"first": True}, *blobs]


def test_a_blob_that_is_not_read_is_passed_over() -> None:
    kinds = [type(record) for record in reader(made(os.urandom(3 * CHUNK), {"a": 1})).records()]
    assert kinds == [Blob, Note]


def test_it_can_be_gone_through_again() -> None:
    opened = reader(made({"a": 1}, b"x" * 100))
    opened.verify()
    assert len(list(opened.records())) == len(list(opened.records())) == 2


# What is done to it --------------------------------------------------------------------------------------------------

BIG = made({"a": "好" * 100}, os.urandom(CHUNK * 3), {"b": 1})
HEAD = 10 + int.from_bytes(BIG[8:10], "big")
SEALED = CHUNK + TAG


def chunks() -> list[bytes]:
    return [BIG[at : at + SEALED] for at in range(HEAD, len(BIG), SEALED)]


@given(st.integers(0, len(BIG) - 1), st.integers(0, 7))
def test_any_flipped_bit_shows(where: int, bit: int) -> None:
    spoilt = bytearray(BIG)
    spoilt[where] ^= 1 << bit
    with pytest.raises(PackageError):
        read(bytes(spoilt))


@given(st.integers(0, len(BIG) - 1))
def test_any_cut_shows(length: int) -> None:
    with pytest.raises(PackageError):
        read(BIG[:length])


def test_cut_between_chunks_shows() -> None:
    """Every chunk that is left is genuine; only the last one would have to say that it is the last."""
    whole = chunks()
    for count in range(len(whole)):
        assert refused(BIG[:HEAD] + b"".join(whole[:count])) == "package_damaged"


def test_chunks_in_another_order_or_twice_show() -> None:
    one, two, *rest = chunks()
    for wrong in ([two, one, *rest], [one, one, two, *rest], [one, *rest], [one, two, *rest, rest[-1]]):
        assert refused(BIG[:HEAD] + b"".join(wrong)) == "package_damaged"


def test_chunks_of_another_package_of_the_same_device_show() -> None:
    other = made(
        {"a": "好" * 100},
        os.urandom(CHUNK * 3),
        {"b": 1},
        header=HEADER.model_copy(update={"salt": "cd" * 32}),
    )
    assert len(other) == len(BIG)
    assert refused(BIG[: HEAD + SEALED] + other[HEAD + SEALED :]) == "package_damaged"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", 4),
        ("park", "XX"),
        ("direction", "down"),
        ("device", "d-2"),
        ("answers", "0192f0a0"),
        ("epoch", "e"),
    ],
)
def test_a_header_that_was_altered_shows(field: str, value: Any) -> None:
    """Readable is not alterable: every chunk is bound to the header's bytes."""
    header = {**json.loads(BIG[10:HEAD]), field: value}
    text = json.dumps(header, separators=(",", ":")).encode()
    assert refused(BIG[:8] + len(text).to_bytes(2, "big") + text + BIG[HEAD:]) == "package_damaged"


def test_another_key_is_told_from_damage() -> None:
    assert refused(BIG, bytes(32)) == "package_key"


def test_what_is_no_package_at_all() -> None:
    for content in (b"", b"PK\x03\x04", b"ZQX\n\x1a\n\x01" + bytes(100)):
        with pytest.raises(PackageError) as told:
            PackageReader(io.BytesIO(content), "照片.zip")
        assert told.value.code == "not_a_package"
    with pytest.raises(PackageError) as told:
        PackageReader(io.BytesIO(BIG[:7] + b"\2" + BIG[8:]), "新.zqx")
    assert told.value.code == "package_newer"


def test_a_bomb_inside_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_BODY_BYTES", 10_000)
    assert refused(made({"zeros": "0" * 1_000_000})) == "package_damaged"


def test_keys_of_devices_differ() -> None:
    secret = bytes(32)
    keys = {
        device_key(secret, *words)
        for words in [("XD", "p", "d"), ("XD", "p", "d2"), ("XD", "pd", ""), ("X", "Dp", "d")]
    }
    assert len(keys) == 4
    assert device_key(secret, "XD", "p", "d") == hkdf(secret, b"", b"zhuqitong device key 1\0XD\0p\0d", 32)


def test_a_pin_may_be_typed_as_one_reads_it() -> None:
    salt = "ab" * 32
    assert key_of_pin("abcd-efgh-2345", salt) == key_of_pin(" ABCD efgh－２３４５", salt)
    assert key_of_pin("abcd-efgh-2345", salt) != key_of_pin("abcd-efgh-2346", salt)


# The file on the stick -----------------------------------------------------------------------------------------------


def test_a_stick_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "驻企通.zqx"

    def pulled_out() -> Iterator[bytes]:
        yield b"x" * CHUNK
        raise OSError(5, "Input/output error")

    with pytest.raises(KnownError) as told, write_package(target, HEADER, KEY) as writer:
        writer.blob(pulled_out(), CHUNK * 2)
    assert told.value.code == "package_unwritable"
    assert "U盘" in told.value.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_stick_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real refusal of a real full device, behind the name of the file being written."""
    import tempfile

    def full(**named: Any) -> tuple[int, str]:
        name = tmp_path / "x.part"
        name.symlink_to("/dev/full")
        return os.open("/dev/full", os.O_WRONLY), str(name)

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(KnownError) as told, write_package(tmp_path / "a.zqx", HEADER, KEY) as writer:
        writer.blob([b"x" * CHUNK * 2], CHUNK * 2)
    assert told.value.code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_of_that_name_stays_when_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "a.zqx"
    target.write_bytes(b"older")
    with pytest.raises(ValueError), write_package(target, HEADER, KEY) as writer:
        writer.blob([b"short"], 100)
    assert target.read_bytes() == b"older"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as told, open_package(tmp_path / "没有.zqx"):
        pass
    assert told.value.code == "package_unreadable"


def test_memory_does_not_grow_with_the_photos() -> None:
    import tracemalloc

    class Nowhere(io.RawIOBase):
        def write(self, data: Any) -> int:
            return len(data)

    tracemalloc.start()
    writer = PackageWriter(Nowhere(), HEADER, KEY)  # type: ignore[arg-type]
    writer.blob((bytes(1 << 18) for _ in range(400)), 400 << 18)
    writer.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * CHUNK
