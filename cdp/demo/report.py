"""What the demo writes down: var/demo.json for programs, and a few lines for the reader."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """A demo member of staff."""

    group: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Everything needed to try the demo. It holds secrets of the demo only."""

    base_url: str
    admin_url: str
    write_key: str
    server_write_key: str
    server_key: str
    accounts: list[Account]
    mail_folder: str
    truth_file: str = ""
    shop_url: str = ""
    try_these: list[str] = field(default_factory=list)


def read_report(path: Path) -> DemoReport | None:
    """The report of an earlier start; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text())
        return DemoReport(**found | {"accounts": [Account(**account) for account in found["accounts"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_report(path: Path, report: DemoReport) -> None:
    """In one step, readable by its owner only."""
    draft = path.with_name(".demo.json")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(report), indent=2) + "\n")
    draft.replace(path)


def summary(report: DemoReport, path: Path) -> str:
    """The lines printed once the demo is ready. `path`: where the report was written."""
    accounts = [f"  {account.group:<15} {account.email:<28} {account.password}" for account in report.accounts]
    tries = [f"  {line}" for line in report.try_these]
    mailbox = f"{report.base_url}/dev/mailbox/"
    head = f"shop    {report.shop_url}\nadmin   {report.admin_url}\nmailbox {mailbox}\nkeys    in {path}"
    return "\n".join([head, "accounts:", *accounts, "try these:", *tries])
