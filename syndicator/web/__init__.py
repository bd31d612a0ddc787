"""The web: published bytes from memory first, then the few pages made per request.

    request | Published (artefacts, raw) | Starlette: status, forms, desk, probes, quiet errors

Pages call the acts of ``pipeline`` and read ``store`` with the values that their signatures name;
``app.Website`` holds all of them.
"""
