"""The servers of the embedded stack (Kafka, PostgreSQL, Redis), started from packages.

Each module has `prepare(directory, …) -> Program`: it makes the directory ready (idempotent, works
on one left by a crash) and says what to start; `process.spawn` or the supervisor starts it.
"""
