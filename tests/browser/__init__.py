"""What people see, in a real Chromium: pages of the live server, and the shop's journey through the real service."""
