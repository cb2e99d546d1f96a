"""Exact conversion between timestamptz and integer microseconds, in integer arithmetic; inlined by the planner."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0002_room_for_updates")]
    operations = [
        migrations.RunSQL(
            """CREATE FUNCTION profiles_at(us bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
            $$ SELECT timestamptz 'epoch' + (us / 1000000) * interval '1 second' + (us % 1000000) * interval '1 microsecond' $$;
            CREATE FUNCTION profiles_us(at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
            $$ SELECT (extract(epoch FROM at) * 1000000)::bigint $$""",
            "DROP FUNCTION profiles_at(bigint); DROP FUNCTION profiles_us(timestamptz)",
        )
    ]
