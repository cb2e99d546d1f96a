"""Mail in the admin: templates with their editor, the brand, the policy everything goes out by, and its stop switch."""
