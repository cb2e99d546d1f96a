"""Messages are mailing's: what journeys sent is copied there with its numbers, which links in old mails name.

What was queued and not sent is called off: its journey did not know the steps by which it would be asked about.
"""

from django.db import migrations

COPY = """
SELECT setval(
  pg_get_serial_sequence('mailing_message', 'id'),
  greatest((SELECT max(id) FROM automation_message), (SELECT max(id) FROM mailing_message), 1)
);
INSERT INTO mailing_message (id, sender, sender_id, about_id, label, step, occasion, channel, kind, purpose, template,
  variant, locale, address_hash, address, identifier_id, lane, state, reason, message_id, subject, html, text,
  consent_entry_id, attempts, queued_at, sending_at, finished_at)
SELECT CASE WHEN EXISTS (SELECT FROM mailing_message AS taken WHERE taken.id = m.id)
    THEN nextval(pg_get_serial_sequence('mailing_message', 'id')) ELSE m.id END,
  'journey', m.journey_id, m.enrollment_id, j.name, m.step, m.occasion, 'email', 'marketing', j.purpose_id,
  'abandoned-cart-1', '', '', m.address_hash, m.address, m.identifier_id, 1,
  CASE WHEN m.state = 'queued' THEN 'suppressed' ELSE m.state END,
  CASE WHEN m.state = 'queued' THEN 'canceled' ELSE m.reason END,
  m.message_id, m.subject, m.html, m.text, m.consent_entry_id,
  CASE WHEN m.sending_at IS NULL THEN 0 ELSE 1 END, m.queued_at, m.sending_at,
  CASE WHEN m.state = 'queued' THEN now() ELSE m.finished_at END
FROM automation_message AS m JOIN automation_journey AS j ON j.id = m.journey_id
ON CONFLICT (sender, sender_id, step, address_hash, occasion) DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("automation", "0009_settings_are_in_graphs"), ("mailing", "0005_pace_lines")]

    operations = [migrations.RunSQL(COPY, migrations.RunSQL.noop)]
