"""The web: published bytes from memory first, then the few pages made per request.

    request | Published (artefacts, raw) | Starlette: status, register, probes, quiet errors

Everything it needs from the rest of the program comes in as ``Services``.
"""
