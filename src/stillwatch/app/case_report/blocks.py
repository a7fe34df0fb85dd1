"""The few kinds of block that a case report is made of, so that HTML and PDF say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; the report numbers those of level 1."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `kind` is `plain`, `strong` (the finding) or `quiet` (a remark)."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one a line."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `widths` are shares of the line, `right` the columns with numbers, `code` those with ids."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    right: tuple[int, ...] = ()
    code: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One stair of the evidence: from `start` to `end` in percent of the axis; `kind` colours it."""

    name: str
    start: float
    end: float
    value: str
    range: str
    kind: str


@dataclass(frozen=True, slots=True)
class Stairs:
    """The evidence as a staircase; `threshold` is its place in percent."""

    bars: tuple[Bar, ...]
    threshold: float | None


Block = Heading | Text | Points | Facts | Grid | Stairs


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report; `footer` stands on every page."""

    title: str
    subtitle: str
    footer: str
    blocks: tuple[Block, ...]

    @property
    def numbered(self) -> tuple[Block, ...]:
        """The blocks, with headings of level 1 numbered."""
        found: list[Block] = []
        number = 0
        for block in self.blocks:
            if isinstance(block, Heading) and block.level == 1:
                number += 1
                found.append(Heading(f"{number}. {block.text}"))
            else:
                found.append(block)
        return tuple(found)
