"""Fetch: one polite, guarded GET, what it means, and when to ask again.

    Source --request--> Request --http (guard, manners)--> Response
    Response --outcome--> Outcome --pace--> when next

Only ``http`` touches the network; the rest takes values and returns values.
"""
