"""What the platform knows now of the visitor in front of the demo shop: /dev/knows/, with DEMO=1 only.

`binding` says of whom a session may be told, `gathering` reads it, `views` answers with an ETag. Nothing is written.
"""
