"""A file of addresses written by hand: the smallest .mmdb with one network, for tests without a real database."""

import ipaddress
from typing import Any


def write_mmdb(network: str, record: dict[str, Any]) -> bytes:
    """A database (IPv6 tree, records of 24 bits) in which this network, v4 or v6, has this record and no other any."""
    net = ipaddress.ip_network(network)
    bits, length = int(net.network_address), net.prefixlen
    if net.version == 4:
        length += 96
    nodes = length
    tree = b""
    for depth in range(length):
        bit = bits >> (127 - depth) & 1
        found = depth + 1 if depth + 1 < length else nodes + 16
        sides = (found, nodes) if bit == 0 else (nodes, found)
        tree += b"".join(side.to_bytes(3, "big") for side in sides)
    metadata = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": "Test-City",
        "description": {"en": "Test"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": nodes,
        "record_size": 24,
    }
    return tree + bytes(16) + _value(record) + b"\xab\xcd\xefMaxMind.com" + _value(metadata)


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(_value(key) + _value(one) for key, one in value.items())
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_value, value))
    kind, size = (9, 8) if value > 2**30 else (5, 2) if value < 30 else (6, 4)  # as the metadata want them
    return _control(kind, size) + int(value).to_bytes(size, "big")


def _control(kind: int, size: int) -> bytes:
    head, rest = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | head]) + rest if kind < 8 else bytes([head, kind - 7]) + rest
