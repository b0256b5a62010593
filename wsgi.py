"""Entry point for a WSGI server: `application`."""

from tracker.app import create_app

application = create_app()
