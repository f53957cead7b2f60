"""The watched folder: files that rest in it are imported and moved to `done/` or `rejected/`.

Beside each goes a report, `<name>.report.json`. A file is taken when it has not changed between
two looks, so nobody needs to rename anything; hidden files and `.part` or `.tmp` ones are left.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import orjson

from dunnock.importing import Imported
from runtime.logs import logger

log = logger(__name__)
DONE, REJECTED = "done", "rejected"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
_Look = tuple[int, int]


class Folder:
    """One folder. Blocking: to be called in a thread."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._seen: dict[str, _Look] = {}
        #: What could not be moved away: looked at once and then left alone until it changes.
        self._stuck: dict[str, _Look] = {}

    def ready(self) -> list[Path]:
        """Files that have not changed since the last look, the oldest first. Raises OSError."""
        for name in ("", DONE, REJECTED):
            (self._place / name).mkdir(parents=True, exist_ok=True)
        found: dict[str, _Look] = {}
        with os.scandir(self._place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                    continue
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(about.st_mode):
                    found[entry.name] = (about.st_mtime_ns, about.st_size)
        rest = [
            name
            for name, look in found.items()
            if self._seen.get(name) == look and self._stuck.get(name) != look
        ]
        self._seen = found
        return [self._place / name for name in sorted(rest, key=lambda name: found[name])]

    def put_away(self, path: Path, imported: Imported) -> None:
        """Move an imported file beside its report."""
        file = imported.file
        target = self._place / (REJECTED if imported.is_rejected else DONE) / path.name
        if target.exists():
            target = target.with_name(f"{file['file_id'][:8]}-{path.name}")
        try:
            document = {name: file[name] for name in _TOLD} | {"again": imported.again}
            report = orjson.dumps(document, option=orjson.OPT_INDENT_2)
            target.with_name(f"{target.name}.report.json").write_bytes(report)
            path.replace(target)
        except OSError as error:
            self.leave(path)
            log.error("a bank file can't be moved away", why=error.strerror, file=path.name)  # noqa: TRY400 - the trace says nothing more

    def leave(self, path: Path) -> None:
        """Don't take it again before it changes."""
        self._stuck[path.name] = self._seen.get(path.name, (0, 0))


_TOLD = ("file_id", "name", "state", "because", "received_at", "finished_at", "report")
