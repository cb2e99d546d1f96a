"""Lines of a file, one at a time and never longer than a bound: an endless line is one fault, skipped in small pieces.

UTF-8 and Windows-1252 are read as bytes, so the byte after a line is known and a reading can begin there again;
UTF-16 and files with bare carriage returns are decoded as a stream, and begin again by counting.
"""

import io
from collections import deque
from pathlib import Path

from imports.contracts import WrongFile

LONGEST_LINE = 1024 * 1024
PIECE = 256 * 1024
NO_MARK = "The file is not UTF-16: it lacks the mark at its start. Choose another encoding."


class BadLine(Exception):
    """A line that is no text: too long, or not in the file's encoding. It is passed over."""

    def __init__(self, code: str, reason: str, raw: str) -> None:
        super().__init__(code)
        self.code, self.reason, self.raw = code, reason, raw


class Lines:
    """An iterator of lines with their ends. It goes on after a BadLine. `offset` is the byte after the last line."""

    def __init__(self, path: Path, encoding: str, newline: str = "\n", offset: int = 0) -> None:
        self.encoding, self.offset = encoding, offset
        self.is_seekable = encoding != "utf-16" and newline != "\r"
        self.pushed: deque[tuple[str, int]] = deque()
        self._binary = path.open("rb", buffering=PIECE)
        self._text: io.TextIOWrapper | None = None
        if not self.is_seekable:
            name = "utf-8-sig" if encoding == "utf-8" else encoding
            self._text = io.TextIOWrapper(self._binary, encoding=name, errors="replace", newline=None)
        elif offset:
            self._binary.seek(offset)
        elif self._binary.read(3) == b"\xef\xbb\xbf":
            self.offset = 3
        else:
            self._binary.seek(0)

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        if self.pushed:
            line, self.offset = self.pushed.popleft()
            return line
        return self._next_decoded() if self._text is not None else self._next_of_bytes()

    def close(self) -> None:
        """Lets the file go."""
        (self._text or self._binary).close()

    def _next_of_bytes(self) -> str:
        raw = self._binary.readline(LONGEST_LINE + 1)
        if not raw:
            raise StopIteration
        self.offset += len(raw)
        if len(raw) > LONGEST_LINE:
            self._skip_bytes()
            raise _too_long(raw[:200].decode(self.encoding, "replace"))
        try:
            line = raw.decode(self.encoding)
        except UnicodeDecodeError:
            shown = raw.decode(self.encoding, "replace")
            raise _not_encoded(self.encoding, shown) from None
        if "\x00" in line:
            raise BadLine("nul", "The row holds NUL bytes: the file is damaged, or it is UTF-16.", line)
        return line

    def _next_decoded(self) -> str:
        assert self._text is not None
        try:
            line = self._text.readline(LONGEST_LINE + 1)
        except UnicodeError:
            raise WrongFile("file_encoding", NO_MARK) from None
        if not line:
            raise StopIteration
        if len(line) > LONGEST_LINE:
            start = line[:200]
            while line and not line.endswith("\n"):
                line = self._text.readline(PIECE)
            raise _too_long(start)
        if "\ufffd" in line or "\x00" in line:
            raise _not_encoded(self.encoding, line)
        return line

    def _skip_bytes(self) -> None:
        while True:
            piece = self._binary.readline(PIECE)
            self.offset += len(piece)
            if not piece or piece.endswith(b"\n"):
                return


def _too_long(start: str) -> BadLine:
    reason = f"The line is longer than {LONGEST_LINE // 1024} KB: a line end or a closing quote is missing."
    return BadLine("line_too_long", reason, start)


def _not_encoded(encoding: str, shown: str) -> BadLine:
    reason = f"The row has bytes that are not {encoding.upper()}: save the file as UTF-8, or choose its encoding."
    return BadLine("encoding", reason, shown)
