"""Rows of a repeat: copied, taken out and put back at their place, whole."""

from __future__ import annotations

import pytest

from forms.filling import Filling
from tests.support.filling import filling_of
from ui.filling.rows import insert_row, read_row, write_row


@pytest.fixture
def filling() -> Filling:
    made = filling_of(
        "begin repeat | posts | 缺工岗位",
        "text | post | 岗位",
        "integer | number | 人数",
        "calculate | double | 两倍 | | | | | | | | ${number} * 2",
        "image | photo | 照片",
        "begin repeat | notes | 备注",
        "text | note | 一条",
        "end repeat",
        "end repeat",
    )
    for index, (post, number) in enumerate((("窑炉工", 6), ("质检员", 2), ("叉车工", 1)), 1):
        made.add("/posts")
        made.set(f"/posts[{index}]/post", post)
        made.set(f"/posts[{index}]/number", number)
    made.set("/posts[2]/photo", "a-1")
    made.add("/posts[2]/notes")
    made.set("/posts[2]/notes[1]/note", "两班倒")
    return made


def posts(filling: Filling) -> list[tuple[object, object]]:
    return [(filling.get(f"{row}/post"), filling.get(f"{row}/number")) for row in filling.rows("/posts")]


def test_a_row_taken_out_comes_back_at_its_place_with_all_it_held(filling: Filling) -> None:
    before = {path: filling.get(path) for path in filling.walk()}
    content = read_row(filling, "/posts[2]")
    filling.remove("/posts[2]")
    assert posts(filling) == [("窑炉工", 6), ("叉车工", 1)]

    insert_row(filling, "/posts", 1, content)

    assert {path: filling.get(path) for path in filling.walk()} == before


def test_a_copy_is_put_in_between(filling: Filling) -> None:
    insert_row(filling, "/posts", 1, read_row(filling, "/posts[1]"))
    assert posts(filling) == [("窑炉工", 6), ("窑炉工", 6), ("质检员", 2), ("叉车工", 1)]
    assert filling.get("/posts[3]/notes[1]/note") == "两班倒"
    assert len(filling.rows("/posts[2]/notes")) == 0


def test_a_copy_has_no_pictures_of_the_original(filling: Filling) -> None:
    content = read_row(filling, "/posts[2]", files=False)
    insert_row(filling, "/posts", 3, content)
    assert filling.get("/posts[4]/post") == "质检员"
    assert filling.get("/posts[4]/photo") is None
    assert filling.get("/posts[2]/photo") == "a-1"


def test_calculations_are_not_written_but_worked_out(filling: Filling) -> None:
    assert "/double" not in read_row(filling, "/posts[1]").values
    insert_row(filling, "/posts", 0, read_row(filling, "/posts[3]"))
    assert str(filling.get("/posts[1]/double")) == "2"


def test_writing_a_row_empties_what_the_content_has_not(filling: Filling) -> None:
    content = read_row(filling, "/posts[1]")
    write_row(filling, "/posts[2]", content)
    assert filling.get("/posts[2]/photo") is None
    assert len(filling.rows("/posts[2]/notes")) == 0
