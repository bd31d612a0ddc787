"""Images that are no pictures: emoji, faces, counters (P8)."""

from __future__ import annotations

import pytest

from syndicator.parse.clean import clean_html


@pytest.mark.parametrize(
    ("smiley", "text"),
    [
        (
            '<img src="https://s.w.org/images/core/emoji/2/1f642.png" alt="🙂" class="emoji">',
            "🙂",
        ),
        ('<img src="https://s.w.org/images/core/emoji/2/72x72/1f1eb-1f1ee.png">', "🇫🇮"),
        ('<img src="https://a.example/wp-includes/images/smilies/icon_wink.gif" alt=";)">', ";)"),
        ('<img src="https://cdn.example/twemoji/14.0.2/svg/2764.svg" alt="❤">', "❤"),
        ('<img src="https://a.example/x.png" class="wp-smiley size-s" alt="<3">', "&lt;3"),
        ('<img src="data:image/gif;base64,R0" class="emoji" alt="😀">', "😀"),
        ('<img src="https://a.example/images/emoji/party.png">', ""),
    ],
)
def test_an_emoji_image_becomes_the_character_it_stands_for(smiley: str, text: str) -> None:
    """P8: no picture of the post, and no image to load for one character"""
    found = clean_html(f"<p>Hyvä {smiley}</p>")
    assert found.html == f"<p>Hyvä {text}</p>"
    assert found.images == ()


@pytest.mark.parametrize(
    "portrait",
    [
        "https://secure.gravatar.com/avatar/0123?s=96",
        "https://2.gravatar.com/avatar/0123",
        "https://i0.wp.com/www.gravatar.com/avatar/0123",
        "https://avatars2.githubusercontent.com/u/1",
        "https://a.example/uploads/avatars/3/kuva.jpg",
    ],
)
def test_an_author_s_face_is_no_picture_and_no_tracker(portrait: str) -> None:
    found = clean_html(f'<p>Teksti</p><img src="{portrait}" alt="Maija">')
    assert (found.html, found.images, found.trackers) == ("<p>Teksti</p>", (), ())


def test_a_photo_whose_name_only_resembles_a_smiley_or_face_stays() -> None:
    for name in (
        "avatar-2-juliste.jpg",
        "emoji-keraaja.jpg",
        "hymy_icon_smiles.jpg",
        "pixel-art/1.png",
    ):
        assert len(clean_html(f'<img src="https://a.example/2026/{name}">').images) == 1, name
