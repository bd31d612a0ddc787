"""The stylesheet: colours that can be read, in light and in dark."""

from __future__ import annotations

import re

import pytest

from tests.publish.sites import site

STYLE = site().style.decode()
_BLOCK = re.compile(r":root\s*\{([^}]*)\}")
_COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6})")


def _schemes() -> dict[str, dict[str, str]]:
    light, dark = (_COLOUR.findall(block) for block in _BLOCK.findall(STYLE)[:2])
    return {"light": dict(light), "dark": dict(light) | dict(dark)}


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "wash"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "accent", "wrong"])
def test_every_text_can_be_read_on_every_ground(scheme: str, ground: str, ink: str) -> None:
    """S6; WCAG 1.4.3: at least 4.5 to 1."""
    colours = _schemes()[scheme]

    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_and_the_edges_of_fields_can_be_seen(scheme: str) -> None:
    """WCAG 1.4.3, 1.4.11."""
    colours = _schemes()[scheme]

    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["quiet"], colours["paper"]) >= 3


def test_colours_have_one_home() -> None:
    """A colour written elsewhere would escape the test above; print alone has its own."""
    screen = STYLE.partition("@media print")[0]
    for block in _BLOCK.findall(screen):
        screen = screen.replace(block, "")

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl\(", screen) == []


def test_nothing_comes_from_another_host() -> None:
    """S4."""
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "@font-face" not in STYLE


def test_both_schemes_and_paper_are_thought_of() -> None:
    assert "prefers-color-scheme: dark" in STYLE
    assert "@media print" in STYLE
    assert ":focus-visible" in STYLE
