"""Under which account the servers run. PostgreSQL refuses root, so root hands over to an unprivileged id by `setpriv`.

No system user is made and nothing outside VAR_DIR gets new permissions. Where that id cannot reach the files because a
parent folder is closed (a checkout under /root), it is lent the one capability that lets it walk through.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cdp.embedded.failures import StartFailure

NOBODY = 65534
# The smaller right first; Docker's default set has only the second.
LENT_CAPABILITIES = ("dac_read_search", "dac_override")


class NoAccount(StartFailure):
    """The servers cannot run under any account we may use. The message says how to mend it."""


@dataclass(frozen=True, slots=True)
class Account:
    """`uid` owns the servers' folders; `capability` is lent to reach them, "" where they are reachable."""

    uid: int
    handed_over: bool = False
    capability: str = ""

    def command(self, argv: tuple[str, ...], death_signal: signal.Signals) -> tuple[str, ...]:
        """`argv` as it must be started; `death_signal` is what it gets should its parent die."""
        if not self.handed_over:
            return argv
        caps = f"-all,+{self.capability}" if self.capability else "-all"
        return (
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.uid}",
            "--clear-groups",
            f"--inh-caps={caps}",
            f"--ambient-caps={caps}",
            "--no-new-privs",
            f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
            *argv,
        )

    def own_folder(self, path: Path) -> None:
        """`path` exists, belongs to this account, and is closed to others."""
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if self.handed_over:
            os.chown(path, self.uid, self.uid)


def choose_account(*, data: Path, needs: tuple[Path, ...]) -> Account:
    """The account for a cluster in `data` (which need not exist) that can reach all of `needs`."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise NoAccount(
                f"{data} belongs to user id {owner}, you are {os.geteuid()}: "
                "start as that user, or set VAR_DIR to another folder."
            )
        return Account(os.geteuid())
    if not shutil.which("setpriv"):
        raise NoAccount(
            "setpriv is missing; PostgreSQL cannot run as root without it. "
            "Install util-linux, or start as an ordinary user."
        )
    uid = owner or NOBODY
    for capability in ("", *LENT_CAPABILITIES):
        account = Account(uid, handed_over=True, capability=capability)
        if _reaches(account, needs):
            return account
    raise NoAccount(
        f"User id {uid}, under which PostgreSQL runs, cannot reach "
        f"{', '.join(map(str, needs))}: a parent folder is closed to it. "
        "Put the checkout and VAR_DIR where others may walk through "
        "(e.g. /opt/cdp and VAR_DIR=/var/lib/cdp), or start as an ordinary user."
    )


def _reaches(account: Account, needs: tuple[Path, ...]) -> bool:
    script = 'for path; do test -r "$path" && test -x "$path" || exit 1; done'
    command = account.command(("/bin/sh", "-c", script, "sh", *map(str, needs)), signal.SIGKILL)
    return subprocess.run(command, check=False, capture_output=True, cwd="/").returncode == 0  # noqa: S603 - our own argv
