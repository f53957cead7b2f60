"""Running a server under another account: PostgreSQL refuses to be started as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dunnock.embedded.problems import Problem

_NAMES = ("postgres", "nobody")
#: Lets the account reach binaries and data below a directory that is closed to it (a checkout in
#: /root): it is root that asks, and PostgreSQL itself checks only the user id.
_TRAVERSE = "+dac_override"


@dataclass(frozen=True)
class Account:
    """How to become it: by `user` for the child, or by a command put before the program."""

    user: pwd.struct_passwd | None = None
    prefix: tuple[str, ...] = ()
    owner: pwd.struct_passwd | None = None

    def own(self, path: Path) -> None:
        """Give the path to the account (nothing to do when we are it)."""
        if self.owner is not None:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def run(
        self, argv: Sequence[str], *, timeout_s: float, standard_input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end under the account."""
        return subprocess.run(
            [*self.prefix, *argv],
            input=standard_input,
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


def unprivileged(places: Iterable[Path], *, orphan_signal: str) -> Account:
    """Ourselves, or as root an account without rights that can reach the places.

    Raises `Problem` when there is no such account.
    """
    if os.geteuid() != 0:
        return Account()
    user = _find()
    if not _closed(places):
        return Account(user=user, owner=user)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Problem("setpriv is missing: install util-linux, or run as another user than root.")
    become = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    keep = (f"--inh-caps={_TRAVERSE}", f"--ambient-caps={_TRAVERSE}")
    # A change of user clears the orphan signal, so setpriv sets it once more.
    return Account(
        prefix=(setpriv, *become, *keep, f"--pdeathsig={orphan_signal}", "--"), owner=user
    )


def _find() -> pwd.struct_passwd:
    for name in _NAMES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Problem("PostgreSQL refuses to run as root and there is no account `nobody`: add one.")


def _closed(places: Iterable[Path]) -> bool:
    """True when another account could not walk down to one of the places."""
    return any(not parent.stat().st_mode & 0o001 for place in places for parent in place.parents)
