"""The store: the only place that knows SQLAlchemy, and the only home of what must survive.

Every function takes the transaction ``tx`` first and never commits: whoever opened it does, by
leaving ``with database.write() as tx``. No function reads the clock: moments come in.

In one transaction the order is always: rows of sources, then entries and stories, then the marks
of what must be republished. On PostgreSQL that order is what keeps two writers from waiting for
each other for ever; on SQLite there is one writer at a time anyway.
"""
