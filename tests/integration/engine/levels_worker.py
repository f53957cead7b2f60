"""`dunnock worker` as it is, with a thread that writes every logger's level into LEVELS_FILE."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path

from dunnock.main import main

FILE = Path(os.environ["LEVELS_FILE"])


def _tell() -> None:
    """What each logger lets pass, by name; the root's name is empty. Whole or not at all."""
    while True:
        names = ["", *list(logging.root.manager.loggerDict)]
        levels = {name: logging.getLogger(name).getEffectiveLevel() for name in names}
        whole = FILE.with_suffix(".new")
        whole.write_text(json.dumps(levels))
        whole.rename(FILE)
        time.sleep(0.2)


if __name__ == "__main__":
    threading.Thread(target=_tell, daemon=True).start()
    sys.exit(main(["worker"]))
