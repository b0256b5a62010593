"""Alembic's entry: uses the connection that tracker.migrate opened, so that a migration is one transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
