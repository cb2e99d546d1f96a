"""`manage.py replay`: raw requests put through processing again."""
