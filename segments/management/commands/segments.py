"""`manage.py segments status|recompute|audit [SLUG …]`: segments seen to by hand."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from cdp.jobs.models import Job
from cdp.jobs.services import enqueue, follow
from segments.models import AuditRun, DirtyProfile, Segment
from segments.queries import LiveSegment, by_level, live_segments
from segments.queries.status import SegmentStatus, status
from segments.services.auditing import start_audit
from segments.services.recomputing_all import recompute_everything

HEAD = ("segment", "level", "members", "due", "overdue", "next due", "version", "uses")


class Command(BaseCommand):
    """Looks after segments: exit code 1 where something is wrong, with what to do about it."""

    help = "Segments: how they stand, recompute all (or the named ones), compare them with a full recomputation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which segments."""
        parser.add_argument("what", choices=("status", "recompute", "audit"))
        parser.add_argument("slugs", nargs="*", help="for status and recompute; default: every live one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; jobs are run here where no worker takes them."""
        chosen = self._chosen(options["slugs"])
        if options["what"] == "audit" and options["slugs"]:
            raise CommandError("an audit compares every live segment: leave the slugs out")
        getattr(self, options["what"])(chosen, is_all=not options["slugs"])

    def status(self, chosen: Sequence[LiveSegment], *, is_all: bool) -> None:
        """A line a segment, what waits, and the last audit."""
        levels = {one.id: number for number, level in enumerate(by_level(live_segments())) for one in level}
        known = status([one.id for one in chosen])
        rows = [HEAD, *(_line(one, levels[one.id], known[one.id]) for one in chosen)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        self.stdout.write(f"{DirtyProfile.objects.count():,} people wait to be evaluated")
        latest = AuditRun.objects.filter(finished_at__isnull=False).order_by("-started_at").first()
        self.stdout.write(
            "never audited" if latest is None else f"audited {latest.finished_at:%Y-%m-%d %H:%M} UTC: {latest}"
        )

    def recompute(self, chosen: Sequence[LiveSegment], *, is_all: bool) -> None:
        """All in one job, or each of the named ones in one of its own."""
        jobs = [recompute_everything()] if is_all else []
        if not is_all:
            ordered = [one for level in by_level(chosen) for one in level]
            jobs = [enqueue("segments.recompute", {"segment_id": one.id}).pk for one in ordered]
        for job_id in jobs:
            self._follow(job_id)

    def audit(self, chosen: Sequence[LiveSegment], *, is_all: bool) -> None:
        """Compare; ends with code 1 where something was wrong."""
        job = self._follow(start_audit())
        run = AuditRun.objects.get(pk=job.result["run"])
        for one in run.details:
            wrong = one["wrong_in"] + one["wrong_out"] + one["wrong_due"]
            problem = f", could not be compared: {one['problem']}" if one["problem"] else ""
            self.stdout.write(f"{one['slug']}: {one['members']:,} members, {wrong:,} wrong{problem}")
        if run.wrong:
            raise CommandError(f"{run.wrong:,} were wrong and are put right: audit again to be sure")

    def _chosen(self, slugs: Sequence[str]) -> list[LiveSegment]:
        live = {one.slug: one for one in live_segments()}
        for slug in slugs:
            if slug not in live:
                state = Segment.objects.filter(slug=slug).values_list("state", flat=True).first()
                there = ", ".join(sorted(live)) or "none"
                raise CommandError(f"{slug!r} is {state or 'no segment'}; live ones: {there}")
        return [live[slug] for slug in slugs] if slugs else list(live.values())

    def _follow(self, job_id: UUID) -> Job:
        job = follow(job_id, self.stderr.write, run=True)
        if job is None or job.state != Job.State.DONE:
            raise CommandError("it was not done" if job is None else f"the job is {job.state}: {job.error}")
        return job


def _line(one: LiveSegment, level: int, known: SegmentStatus) -> tuple[str, ...]:
    return (
        one.slug,
        str(level),
        f"{known.members:,}",
        f"{known.due:,}",
        f"{known.overdue:,}",
        f"{known.next_due_at:%Y-%m-%d %H:%M}" if known.next_due_at else "–",
        str(one.version),
        ", ".join(sorted(one.mentions.segments)) or "–",
    )
