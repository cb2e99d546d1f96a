"""Ways through journeys whose mail had reached its last state before messages were mailing's end as it did.

They were taken for ways whose mail is still to go: nobody would ever tell them that it went, and whoever stands in a
journey does not come into it anew.
"""

from django.db import migrations

END = """
UPDATE automation_enrollment AS e SET
  state = CASE WHEN m.state = 'suppressed' THEN 'exited' ELSE 'done' END, reason = m.reason, due_at = NULL,
  entered_at = coalesce(e.entered_at, m.queued_at), ended_at = coalesce(m.finished_at, m.sending_at, m.queued_at)
FROM (
  SELECT DISTINCT ON (about_id, step) about_id, step, state, reason, queued_at, sending_at, finished_at
  FROM mailing_message WHERE sender = 'journey' AND about_id IS NOT NULL ORDER BY about_id, step, id DESC
) AS m
WHERE e.state = 'sending' AND m.about_id = e.id AND m.step = e.node AND m.state NOT IN ('queued', 'sending');
UPDATE automation_enrollment AS e SET state = 'exited', reason = 'removed', due_at = NULL, ended_at = now()
WHERE e.state = 'sending'
  AND NOT EXISTS (SELECT FROM mailing_message AS m WHERE m.sender = 'journey' AND m.about_id = e.id);
"""


class Migration(migrations.Migration):
    dependencies = [("automation", "0011_no_messages_of_its_own"), ("mailing", "0005_pace_lines")]

    operations = [migrations.RunSQL(END, migrations.RunSQL.noop)]
