"""Public data that can be got from the internet: what a file of ``nodes/downloads`` declares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remote:
    """One file: its name, its size in bytes, its published MD5 and the bytes that it begins with."""

    name: str
    size: int
    md5: str = ""
    begins: bytes = b""


@dataclass(frozen=True)
class Download:
    """A set: ``id`` is its name on the command line, ``source`` the id of the source that reads it. Each of
    ``addresses`` is a folder that holds all ``files``; they are tried in turn. ``unpack`` takes the
    files out of a zip, flat. ``opens`` is the file that the source is given; the folder itself if empty."""

    id: str
    name: str
    about: str
    source: str
    files: tuple[Remote, ...]
    addresses: tuple[str, ...]
    unpack: bool = False
    opens: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def size_text(size: float) -> str:
    """Bytes for people: ``11.6 MB``."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:,.1f} {unit}" if unit == "MB" and size < 100 else f"{size:,.0f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
