"""Zip archives: only what is asked for comes out, under names chosen here, within limits."""

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from gridmap.errors import FileError

MAX_MEMBERS = 1_000
MAX_BYTES = 2 * 2**30
# Attribute tables full of blanks reach about 100; archives built to exhaust a machine lie over 1,000.
MAX_RATIO = 200
FREE_BYTES = 10 * 2**20


def require_tame(archive: zipfile.ZipFile, name: str, *, max_bytes: int = MAX_BYTES) -> None:
    """Raise FileError if an archive has too many members, grows too large, is locked, or points out of its folder.

    The sizes are those that the archive states; `extract` holds it to them.
    """
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise FileError("archive_too_large", path=name, given=f"{len(members)} members")
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if total > max_bytes or (total > FREE_BYTES and total > MAX_RATIO * max(packed, 1)):
        raise FileError("archive_too_large", path=name, given=f"{packed} -> {total} bytes")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in member.filename:
            raise FileError("archive_unsafe", path=name, given=ascii(member.filename)[:100])
        if member.flag_bits & 1:
            raise FileError("archive_locked", path=name)


def extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Copy one member to `target`, stopping where it grows beyond its stated size.

    Raises
    ------
    FileError
        If the archive is damaged or a member is larger than stated.
    """
    left = member.file_size
    try:
        with archive.open(member) as source, target.open("wb") as sink:
            while block := source.read(2**20):
                left -= len(block)
                if left < 0:
                    raise FileError("archive_too_large", path=Path(str(archive.filename)).name, given=ascii(member.filename)[:100])
                sink.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileError("unreadable", path=Path(str(archive.filename)).name, reason=str(error)) from error


def opened(path: Path, *, max_bytes: int = MAX_BYTES) -> zipfile.ZipFile:
    """Open an archive that `require_tame` lets pass.

    Raises
    ------
    FileError
        If it is no archive, or not a tame one.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FileError("unreadable", path=path.name, reason=str(error)) from error
    try:
        require_tame(archive, path.name, max_bytes=max_bytes)
    except FileError:
        archive.close()
        raise
    return archive


def member_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; one not marked as UTF-8 is read as GB18030 where that is possible."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename
