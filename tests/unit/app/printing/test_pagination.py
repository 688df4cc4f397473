"""Pages: rows stay whole, heads repeat, headings do not stand alone, nothing gets lost."""

from __future__ import annotations

import pytest

from app.printing.blocks import Block, Cell, Frame, NewPage, Pile, Row, Space, Table
from app.printing.ink import Ink
from app.printing.page import Placed, paginate
from app.printing.paragraph import Lines, Paragraph, Setting, Span, TextStyle
from app.printing.paragraph import Placed as Piece

WIDTH, HEIGHT = 200.0, 300.0
STYLE = TextStyle(10)


class Empty:
    def paint(self, ink: Ink, x: float, y: float, width: float, height: float, /) -> None:
        pass


def row(name: str, least: float = 50, *, keep: bool = False) -> Row:
    return Row((Cell(Paragraph((Span(name, STYLE),)), 1),), least=least, keep_with_next=keep)


def words(block: Block) -> str:
    match block:
        case Paragraph(inlines):
            return "".join(part.text for part in inlines if isinstance(part, Span))
        case Lines(broken):
            return "".join(_word(piece) for line in broken for piece in line)
        case Row(cells):
            return "|".join(words(cell.block) for cell in cells)
        case Table(head, rows):
            return " ".join(words(part) for part in (*head, *rows))
        case Pile(blocks):
            return " ".join(map(words, blocks))
    return ""


def _word(piece: Piece) -> str:
    return piece.what if isinstance(piece.what, str) else ""


def told(pages: list[list[Placed]]) -> list[list[str]]:
    return [[words(block) for block, _ in page] for page in pages]


def fits(pages: list[list[Placed]]) -> bool:
    return all(down + block.height(WIDTH) <= HEIGHT + 0.1 for page in pages for block, down in page)


def test_rows_go_over_whole() -> None:
    pages = paginate([row(str(n), 70) for n in range(9)], WIDTH, HEIGHT)
    assert told(pages) == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8"]]
    assert fits(pages)
    assert [down for _, down in pages[0]] == [0, 70, 140, 210]


def test_nothing_to_print_is_one_empty_page() -> None:
    assert paginate([], WIDTH, HEIGHT) == [[]]


def test_a_heading_goes_over_with_what_it_heads() -> None:
    blocks: list[Block] = [row("a", 250), row("heading", 30, keep=True), row("b", 40)]
    assert told(paginate(blocks, WIDTH, HEIGHT)) == [["a"], ["heading", "b"]]


def test_a_chain_of_headings_stays_together_across_space() -> None:
    blocks: list[Block] = [
        row("a", 200),
        row("h1", 30, keep=True),
        Space(10),
        row("h2", 30, keep=True),
        row("b", 40),
    ]
    assert told(paginate(blocks, WIDTH, HEIGHT)) == [["a"], ["h1", "", "h2", "b"]]


def test_a_table_repeats_its_head() -> None:
    table = Table((row("head", 40),), tuple(row(str(n), 50) for n in range(12)))
    pages = paginate([table], WIDTH, HEIGHT)
    assert told(pages) == [["head 0 1 2 3 4"], ["head 5 6 7 8 9"], ["head 10 11"]]
    assert fits(pages)


def test_a_table_does_not_begin_with_its_head_alone() -> None:
    table = Table((row("head", 40),), tuple(row(str(n), 50) for n in range(3)))
    assert told(paginate([row("a", 230), table], WIDTH, HEIGHT)) == [["a"], ["head 0 1 2"]]


def test_space_is_dropped_at_the_top_of_a_page() -> None:
    pages = paginate([Space(20), row("a", 290), Space(20), row("b", 20)], WIDTH, HEIGHT)
    assert told(pages) == [["a"], ["b"]]
    assert pages[1][0][1] == 0


def test_a_new_page_when_asked_and_none_for_nothing() -> None:
    assert told(paginate([NewPage(), row("a"), NewPage(), row("b"), NewPage()], WIDTH, HEIGHT)) == [
        ["a"],
        ["b"],
    ]


def test_a_row_taller_than_a_page_is_cut_and_nothing_is_lost() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(900))
    long = Row(
        (Cell(Paragraph((Span("标签", STYLE),)), 1), Cell(Paragraph((Span(text, STYLE),), Setting(15)), 3))
    )
    assert long.height(WIDTH) > 2 * HEIGHT
    pages = paginate([row("before", 60), long, row("after", 60)], WIDTH, HEIGHT)
    assert fits(pages)
    assert len(pages) >= 3
    joined = "".join(word for page in told(pages) for word in page)
    assert joined.replace("|", "") == "before标签" + text + "after"


def test_a_table_row_taller_than_a_page_is_cut_under_its_head() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(700))
    table = Table((row("head", 40),), (row("first"), row(text), row("last")))
    pages = paginate([table], WIDTH, HEIGHT)
    assert fits(pages)
    assert all(page[0].startswith("head") for page in told(pages))
    assert "".join(word for page in told(pages) for word in page).replace("head", "").replace(" ", "") == (
        "first" + text + "last"
    )


def test_a_pile_stays_together_unless_it_is_taller_than_a_page() -> None:
    small = Pile((row("x", 100), row("y", 100)))
    assert told(paginate([row("a", 150), small], WIDTH, HEIGHT)) == [["a"], ["x y"]]
    large = Pile(tuple(row(str(n), 100) for n in range(5)))
    assert told(paginate([large], WIDTH, HEIGHT)) == [["0 1 2"], ["3 4"]]


def test_what_cannot_be_parted_and_does_not_fit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        paginate([Frame(400, Empty())], WIDTH, HEIGHT)
