"""How long a school keeps the names of those who left."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base


class RetentionSettings(Base):
    """The periods that a school set; the usual ones hold where there is no row."""

    __tablename__ = "retention_settings"
    __table_args__ = (ForeignKeyConstraint(["school_id"], ["schools.id"]),)

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School")
    staff_months: Mapped[int] = mapped_column(comment="Months after the last day: staff")
    governor_months: Mapped[int] = mapped_column(comment="Months after the last day: governors")
    pupil_months: Mapped[int] = mapped_column(comment="Months after the last day: pupils")
    external_months: Mapped[int] = mapped_column(comment="Months after the last day: externals")
    loan_months: Mapped[int] = mapped_column(comment="Months after the last loan came back")
    incident_months: Mapped[int] = mapped_column(comment="Months after the last incident was closed")
    by_itself: Mapped[bool] = mapped_column(comment="The timer does it; else it only proposes")
    version: Mapped[int] = mapped_column(comment="Counts changes: two people who edit at once are told")

    __mapper_args__ = {"version_id_col": version}
