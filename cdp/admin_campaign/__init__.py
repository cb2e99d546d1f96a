"""Campaigns in the admin: their list, the guided form, approval, the running page, and what each variant brought."""
