"""Pages of privacy that stand behind no single table: how long data is kept, and the processing register."""
