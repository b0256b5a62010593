"""Schools, the people who may sign in, and their sessions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tracker.db import Base, SchoolRow, one_of
from tracker.values import Role


class School(Base):
    """A school. A trust is many schools in one database."""

    __tablename__ = "schools"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, comment="UUIDv7 made by the application")
    code: Mapped[str] = mapped_column(String(32), comment="Short name typed at sign-in where there are many schools")
    name: Mapped[str] = mapped_column(String(200), comment="As printed on certificates")
    address: Mapped[str] = mapped_column(Text, comment="As printed on certificates, lines separated by newlines")
    postcode: Mapped[str] = mapped_column(String(10), comment="UK postcode")
    dfe_number: Mapped[str] = mapped_column(String(8), comment="LA and establishment number, 123/4567; empty if none")
    incident_contact: Mapped[str] = mapped_column(Text, comment="Whom to tell of lost equipment (policy clause DS9)")
    procedure_version: Mapped[str] = mapped_column(String(40), comment="Version of the school's wiping procedure")
    policy_version: Mapped[str] = mapped_column(String(40), comment="Version of the school's E-Safety policy")
    crest: Mapped[bytes | None] = mapped_column(LargeBinary, comment="PNG for certificates")
    created_at: Mapped[datetime] = mapped_column(comment="UTC")


class User(SchoolRow, Base):
    """Somebody who may sign in: unique and audited, never shared (policy clauses AC1 and AC2)."""

    __tablename__ = "users"
    __table_args__ = (
        ForeignKeyConstraint(["school_id"], ["schools.id"]),
        UniqueConstraint("school_id", "username"),
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("role <> 'auditor' OR expires_on IS NOT NULL", name="auditor_expires"),
    )

    username: Mapped[str] = mapped_column(String(64), comment="Lower case, unique in the school")
    name: Mapped[str] = mapped_column(String(200), comment="As people know them")
    role: Mapped[str] = mapped_column(String(20), comment="values.Role")
    password_hash: Mapped[str] = mapped_column(String(200), comment="Argon2id, encoded with its parameters")
    must_change: Mapped[bool] = mapped_column(comment="The password was given by somebody else and opens one page only")
    active: Mapped[bool] = mapped_column(comment="False once the account is closed; never deleted")
    expires_on: Mapped[date | None] = mapped_column(comment="Last day of a guest account; an auditor has one")
    failures: Mapped[int] = mapped_column(comment="Wrong passwords since the last right one")
    locked_until: Mapped[datetime | None] = mapped_column(comment="UTC; sign-in is refused until then")
    created_at: Mapped[datetime] = mapped_column(comment="UTC")


class SignInSession(SchoolRow, Base):
    """One browser that is signed in. The browser holds the token, the row only its hash."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "user_id"], ["users.school_id", "users.id"]),
        UniqueConstraint("school_id", "token_hash"),
    )

    user_id: Mapped[UUID] = mapped_column(index=True, comment="Whose session")
    token_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the browser's token")
    created_at: Mapped[datetime] = mapped_column(comment="UTC; the session ends a fixed time later")
    used_at: Mapped[datetime] = mapped_column(comment="UTC, to the minute; the session ends when idle too long")
    ended_at: Mapped[datetime | None] = mapped_column(comment="UTC; signed out, or signed out everywhere")
    origin: Mapped[str] = mapped_column(String(64), comment="IP address at sign-in")
