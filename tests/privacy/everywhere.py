"""Searching for canaries in every place the service keeps anything: each column of each table, Valkey, files, the lake.

By name of nothing: tables and columns come from the database's own catalog, files from the folders as they are.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import redis
from django.conf import settings
from django.db import connection

TEXTS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'uuid')
ORDER BY 1, 2
"""


def hits(canaries: Sequence[str]) -> list[str]:
    """Where any of `canaries` stands, in any case: "table.column", "valkey", or a file."""
    wanted = [one.lower() for one in canaries]
    return sorted({*_in_tables(wanted), *_in_valkey(wanted), *_in_files(wanted)})


def _in_tables(wanted: list[str]) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(TEXTS)
        for table, column, kind in cursor.fetchall():
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            any_of = " OR ".join([f"position(%s in lower({text})) > 0"] * len(wanted))
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {any_of}', wanted)
            if cursor.fetchone()[0]:
                yield f"{table}.{column}"


def _in_valkey(wanted: list[str]) -> Iterator[str]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter(count=1000):
            if _says(key + (client.dump(key) or b""), wanted):
                yield "valkey"


def _in_files(wanted: list[str]) -> Iterator[str]:
    for root in {str(settings.VAR_DIR), str(settings.IMPORTS_DIR), str(settings.EXPORTS_DIR), str(settings.LAKE_URL)}:
        for path in Path(root).rglob("*"):
            if path.is_file() and _in_file(path, wanted):
                yield f"{Path(root).name}/{path.relative_to(root)}"


def _in_file(path: Path, wanted: list[str]) -> bool:
    """As it stands, and unpacked: Parquet; ZIPs, among them models, whose texts have four bytes a letter."""
    if path.suffix == ".parquet" and _says(str(pq.read_table(path).to_pylist()).encode(), wanted):
        return True
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(_says(archive.read(name).replace(b"\0", b""), wanted) for name in archive.namelist()):
                return True
    return _says(path.read_bytes(), wanted)


def _says(raw: bytes, wanted: list[str]) -> bool:
    text = raw.lower()
    return any(one.encode() in text for one in wanted)
