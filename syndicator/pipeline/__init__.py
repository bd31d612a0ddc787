"""The order of things: each arrow of the flow is one call, one value in and one value out.

    source   | request  | get     | outcome    > bytes, or why there are none    pull.py
    bytes    | read     | decide  | apply      > entries
    entries  | edition  | make    | save       > artefacts > the web, files      publish.py
    entries  | eligible | issue   | create     > an issue, frozen                compose.py
    issue    | review   | approve | start      > variants                        advance.py
    variant  | rendered | mail    | template   > one message for all its readers send.py
    delivery | claim    | step    | message    > inbox                           delivery_worker.py
    failures | check    | confirm | lift       > who is never mailed again       failures.py
    request  | sign up  | email   | confirm    > a subscriber                    people/
    token    | leave    | erase                > nobody, by the journal first    people/

What decides is pure and lives in the stages; what touches comes in as a few plain values, such as a
``Puller`` or a ``NewsletterSender``. Nothing here reads a clock, rolls a die or chooses a part:
``app`` does.
"""
