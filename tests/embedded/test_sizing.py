"""What PostgreSQL and Valkey take of a machine."""

from cdp.embedded.machine import GB, MB, Machine, postgres_settings, valkey_memory

ORDINARY = Machine(cores=2, memory=8 * GB, disk_free=100 * GB, shared_memory=4 * GB)
TINY = Machine(cores=1, memory=256 * MB, disk_free=2 * GB, shared_memory=64 * MB)


def test_an_ordinary_machine_gives_a_quarter_of_its_memory_to_shared_buffers() -> None:
    settings = postgres_settings(ORDINARY, durable=True)
    assert settings["shared_buffers"] == "2048MB"
    assert settings["effective_cache_size"] == "4915MB"
    assert settings["max_wal_size"] == "8192MB"


def test_what_is_acknowledged_is_on_disk() -> None:
    settings = postgres_settings(ORDINARY, durable=True)
    assert (settings["fsync"], settings["synchronous_commit"], settings["full_page_writes"]) == ("on", "on", "on")


def test_a_tiny_container_gets_the_least_and_no_posix_shared_memory() -> None:
    settings = postgres_settings(TINY, durable=True)
    assert settings["shared_buffers"] == "128MB"
    assert settings["max_wal_size"] == "512MB"
    assert settings["dynamic_shared_memory_type"] == "mmap"
    assert "dynamic_shared_memory_type" not in postgres_settings(ORDINARY, durable=True)


def test_errors_with_personal_data_in_their_text_are_not_logged() -> None:
    settings = postgres_settings(ORDINARY, durable=True)
    assert (settings["log_min_messages"], settings["log_min_error_statement"]) == ("fatal", "panic")


def test_valkey_takes_a_sixteenth_between_its_bounds() -> None:
    assert valkey_memory(ORDINARY) == 512 * MB
    assert valkey_memory(TINY) == 64 * MB
