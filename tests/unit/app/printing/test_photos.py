"""Photos on paper: upright, small, and telling nothing about where they were taken."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.printing.models import Photo
from app.printing.photos import LONGEST, photo_blocks, picture, signature


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def with_place(path: Path, size: tuple[int, int], orientation: int = 1) -> Path:
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))  # the upper left quarter
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (27.0, 36.0, 1.0)
    image.save(path, exif=exif, comment=b"SecretComment")
    return path


def test_no_camera_and_no_place_goes_along(tmp_path: Path) -> None:
    path = with_place(tmp_path / "a.jpg", (400, 300))
    assert b"SecretCamera" in path.read_bytes()
    found = picture(path)
    assert found is not None
    assert b"Secret" not in found.data
    assert b"Exif" not in found.data
    assert not opened(found.data).getexif()


def test_a_turned_photo_stands_upright(tmp_path: Path) -> None:
    found = picture(with_place(tmp_path / "a.jpg", (400, 300), orientation=6))
    assert found is not None
    assert (found.width, found.height) == (300, 400)
    red, green, _ = opened(found.data).getpixel((280, 20))  # type: ignore[misc]
    assert red > 200
    assert green < 80


def test_a_large_photo_is_shrunk_and_a_small_one_is_not(tmp_path: Path) -> None:
    large = picture(with_place(tmp_path / "a.jpg", (4800, 3600)))
    small = picture(with_place(tmp_path / "b.jpg", (640, 480)))
    assert large is not None
    assert small is not None
    assert (large.width, large.height) == (LONGEST, 1200)
    assert (small.width, small.height) == (640, 480)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK", "I;16"])
def test_every_kind_of_picture(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode in ("CMYK", "I;16") else "a.png")
    Image.new(mode, (60, 40)).save(path)
    found = picture(path)
    assert found is not None
    assert opened(found.data).mode == "RGB"


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (60, 40), (0, 0, 0, 0)).save(tmp_path / "a.png")
    found = picture(tmp_path / "a.png")
    assert found is not None
    assert opened(found.data).getpixel((30, 20)) == (255, 255, 255)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff broken", b"not a picture at all" * 100])
def test_a_damaged_photo_is_named_and_the_rest_is_printed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jpg").write_bytes(content)
    good = with_place(tmp_path / "good.jpg", (400, 300))
    blocks, problems = photo_blocks([Photo(good), Photo(tmp_path / "bad.jpg"), Photo(tmp_path / "gone.jpg")])
    assert len(blocks) == 2
    assert len(problems) == 2
    assert "照片 2（bad.jpg）打不开" in problems[0]
    assert "照片 3（gone.jpg）" in problems[1]


def test_a_truncated_photo_is_none(tmp_path: Path) -> None:
    path = with_place(tmp_path / "a.jpg", (1200, 900))
    path.write_bytes(path.read_bytes()[:4000])
    assert picture(path) is None


def test_a_signature_is_cropped_to_what_was_written(tmp_path: Path) -> None:
    image = Image.new("RGBA", (1000, 400), (0, 0, 0, 0))
    image.paste((0, 0, 60, 255), (100, 100, 200, 150))
    image.save(tmp_path / "s.png")
    found = signature(tmp_path / "s.png")
    assert found is not None
    assert 1.5 < found.width / found.height < 2.1
    assert found.width < 120


def test_an_empty_signature_is_left_as_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), "white").save(tmp_path / "s.png")
    found = signature(tmp_path / "s.png")
    assert found is not None
    assert (found.width, found.height) == (300, 100)
