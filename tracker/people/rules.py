"""What kinds of people a school has. Pure."""

from enum import StrEnum


class PersonKind(StrEnum):
    """Groups that sign agreements of their own (policy clause AG1)."""

    STAFF = "staff"
    GOVERNOR = "governor"
    PUPIL = "pupil"
    EXTERNAL = "external"
