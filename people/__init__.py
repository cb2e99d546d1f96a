"""What is known of one person, put together for programs: profile API, computed traits, the profile as it stood."""
