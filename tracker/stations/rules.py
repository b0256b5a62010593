"""Stations and jobs: who may be paired, which job may be ordered, what a station may say of one. Pure."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a job is. Only the station's evidence decides what came of it; states are never renamed."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    RUNNING = "running"
    ENDED = "ended"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
