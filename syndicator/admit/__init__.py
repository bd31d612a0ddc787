"""What an answer means: which entries are new, which changed, what must wait for a person.

All of it is pure: a feed as read and what the store remembers go in, ``Changes`` come out.
``decide`` is the page to begin with.
"""
