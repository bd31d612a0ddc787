"""The real thing, built from settings. The only place that chooses parts or reads the clock.

opened    settings > database, web client, parsers, builder: everything but what runs by itself
website   its parts > the ASGI app of all pages and published bytes
serving   + engine, bell and web server: ``syndicator run``
"""

from syndicator.app.parts import App, opened

__all__ = ["App", "opened"]
