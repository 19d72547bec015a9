"""Text encodings: found from the bytes themselves, since what a file says of itself is often missing or wrong."""

import codecs
import struct
from dataclasses import dataclass
from pathlib import Path

SNIFFED_BYTES = 32 * 2**20
# Language driver identifiers in the header of a DBF that name a Chinese code page.
CHINESE_DRIVERS = frozenset({0x4D, 0x7A})


def decodes(data: bytes, encoding: str) -> bool:
    """Tell whether `data`, perhaps cut off in the middle of a character, is text in `encoding`."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def of_text(data: bytes) -> str | None:
    """Return the encoding of a text file's bytes: by its byte order mark, else UTF-8, else GB18030, else None."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return encoding
    for encoding in ("utf-8", "gb18030"):
        if decodes(data, encoding):
            return encoding
    return None


@dataclass(frozen=True)
class Attributes:
    """What a DBF holds: its language driver and the bytes of names and text values, one entry each."""

    driver: int
    texts: tuple[bytes, ...]

    def are(self, encoding: str) -> bool:
        """Tell whether every name and value decodes; fields cut at their width may end inside a character."""
        return all(decodes(text, encoding) for text in self.texts)


def read_attributes(path: Path) -> Attributes:
    """Read names and text values of a DBF as bytes, at most the first 32 MB.

    Raises
    ------
    ValueError
        If the header is cut off.
    """
    with path.open("rb") as handle:
        data = handle.read(SNIFFED_BYTES)
    if len(data) < 33:
        raise ValueError("cut off")
    rows, start, width = struct.unpack("<IHH", data[4:12])
    texts: set[bytes] = set()
    spans: list[tuple[int, int]] = []
    position = 1
    for offset in range(32, min(start, len(data)) - 32, 32):
        if data[offset] == 0x0D:
            break
        texts.add(data[offset : offset + 11].split(b"\0")[0])
        length = data[offset + 16]
        if data[offset + 11 : offset + 12] == b"C":
            spans.append((position, position + length))
        position += length
    for row in range(rows):
        record = data[start + row * width : start + (row + 1) * width]
        if len(record) < width:
            break
        texts.update(record[first:last].rstrip(b" \0") for first, last in spans)
    return Attributes(data[29], tuple(text for text in texts if not text.isascii()))


def of_shapefile(dbf: Path, declared: str | None) -> tuple[str | None, bool]:
    """Return the encoding to read a DBF with, None for what the file declares, and whether it is a guess.

    `declared` is the content of the .cpg file. A declaration that the bytes contradict is set aside.
    """
    attributes = read_attributes(dbf)
    if not attributes.texts:
        return None, False
    if declared and attributes.are(declared):
        return declared, False
    if declared is None and attributes.driver in CHINESE_DRIVERS and attributes.are("gb18030"):
        return "gb18030", False
    for encoding in ("utf-8", "gb18030"):
        if attributes.are(encoding):
            return encoding, True
    return "cp1252", True
