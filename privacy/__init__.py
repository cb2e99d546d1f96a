"""Privacy: what people ask of us and how it is done: preference center, requests, erasure, retention, the register."""
