"""A small form's body, read with an end to it."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

_MOST_BYTES = 16_384
_MOST_FIELDS = 300
"""A member city is a box to tick, and a network may have some hundred."""


async def read_form(
    request: Request, *, most_bytes: int = _MOST_BYTES, most_fields: int = _MOST_FIELDS
) -> FormData:
    """Return the fields of a urlencoded form.

    Raises:
        HTTPException: 413 for a body larger than any form of ours, or with more fields; other
            encodings read as a form without fields. 400 if its sender hung up, which nobody reads.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        text = body.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=most_fields)
    except ValueError:
        raise HTTPException(413) from None
    fields: list[tuple[str, str | UploadFile]] = [*pairs]
    return FormData(fields)
