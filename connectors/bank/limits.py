"""How large a bank file and its parts may be, and what becomes of one that is not sound."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


class FileRefused(Exception):
    """The file is refused whole: nothing of it is booked. `code` is short, the text for people."""

    def __init__(self, code: str, why: str, line: int | None = None) -> None:
        super().__init__(why if line is None else f"{why} (line {line})")
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file. ISO texts have at most 2,000 characters, messages some 20 levels."""

    #: Bytes as they come, and after unpacking; all members of an archive together.
    packed_bytes_max: int = 256 * MIB
    unpacked_bytes_max: int = 1024 * MIB
    #: From `ratio_from_bytes` on nobody packs XML tighter than this: it is a bomb.
    ratio_max: int = 250
    ratio_from_bytes: int = 16 * MIB
    members_max: int = 1_000
    #: Of an archive's list of members, which is read before they can be counted.
    directory_bytes_max: int = MIB
    depth_max: int = 64
    #: Of one element's text, and of a tag, comment or instruction that does not end.
    text_characters_max: int = 64 * 1024
    token_bytes_max: int = MIB
    #: Elements that must be remembered at the same time: one item and the heads around it.
    elements_max: int = 20_000
    #: False: a file whose control sums do not fit is booked all the same, and the report says so.
    sums_must_fit: bool = True
