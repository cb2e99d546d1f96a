"""How each table of imports is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="imports.Import",
        personal=("preview", "report"),
        keyed_by="found by searching the files: a file hangs on nobody. The file itself stands below IMPORTS_DIR",
        export="not exported: what became of a file is in the person's events and traits",
        erase="a file that names the person is deleted with its preview and report, a running one when it is over",
        retention="the file, its preview and the samples of its report 30 days after it ended; the counts for ever",
    ),
    Subject(
        model="imports.ImportReject",
        personal=("raw", "reason"),
        keyed_by="found by searching the rows: what was rejected hangs on nobody",
        export="not exported: nothing of it was stored about the person",
        erase="rows that name the person are deleted",
        retention="30 days after the import ended",
    ),
)
