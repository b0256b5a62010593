"""The database: one SQLAlchemy object, its column types, and how SQLite is opened."""

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, MetaData, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

from tracker.values import NotFound

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC to the microsecond on both databases. A time without a zone is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To storage: UTC, zone dropped."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From storage: aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    registry = registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime})


class SchoolRow:
    """A row that belongs to a school.

    The key is (school, id): no row can refer across schools, and the tables can be spread over a cluster by
    school without a rewrite. The id is a UUIDv7 made here, so that a replayed request finds its own row.
    """

    school_id: Mapped[UUID] = mapped_column(primary_key=True, comment="School the row belongs to")
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, comment="UUIDv7 made by the application")


def one_of(column: str, words: type[StrEnum], *also: str) -> str:
    """The condition of a check constraint: a column holds one of these words, or of those beside them."""
    return f"{column} IN ({', '.join(repr(word) for word in (*also, *(one.value for one in words)))})"


db = SQLAlchemy(model_class=Base)
Row = TypeVar("Row", bound=SchoolRow)


def add(row: Base) -> None:
    """Put a new row into the transaction at once, so that rows which refer to it may follow in any order."""
    db.session.add(row)
    db.session.flush()


def row_of(model: type[Row], school_id: UUID, row_id: UUID) -> Row:
    """A row of a school. Raises NotFound, also for another school's."""
    found = db.session.get(model, (school_id, row_id))
    if found is None:
        raise NotFound
    return found


def locked_row(model: type[Row], school_id: UUID, row_id: UUID) -> Row:
    """A row as it is now, locked until the transaction ends. Raises NotFound, also for another school's."""
    query = select(model).where(model.school_id == school_id, model.id == row_id).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def held_rows(model: type[Row], school_id: UUID, row_ids: Collection[UUID]) -> dict[UUID, Row]:
    """Rows of a school as they are now; nobody changes them until the transaction ends. Leaves out what is not there.

    Others may hold them as well: what is read to decide is held, what is to be changed is locked.
    """
    query = select(model).where(model.school_id == school_id, model.id.in_(row_ids)).order_by(model.id)
    query = query.with_for_update(read=True).execution_options(populate_existing=True)
    return {row.id: row for row in db.session.scalars(query)}


@event.listens_for(Engine, "connect")
def _open_sqlite(connection: Any, _record: Any) -> None:
    """SQLite as a server wants it: readers beside a writer, foreign keys enforced, our own BEGIN."""
    if type(connection).__module__.partition(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # the driver would else begin late and lose the lock order below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # evidence: a commit that was answered survives the power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 15000")  # milliseconds
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    """Take SQLite's write lock at the start, unless the transaction only reads.

    A transaction that reads first and writes later could else be refused half-way (SQLITE_BUSY_SNAPSHOT).
    """
    if connection.dialect.name == "sqlite":
        deferred = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")
