"""Elements of XML and HTML that a test needs to be there."""

from __future__ import annotations

import lxml.html
from lxml.etree import _Element
from lxml.html import HtmlElement


def child(parent: _Element, path: str) -> _Element:
    """Return the first element at a path below this one."""
    found = parent.find(path)
    assert found is not None, f"no {path} in {parent.tag}"
    return found


def text_of(parent: _Element, path: str) -> str:
    """Return what the first element at a path says."""
    return child(parent, path).text or ""


def attributes(element: _Element) -> dict[str, str]:
    """Return what stands in an element's tag."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def strings(tree: _Element, path: str) -> list[str]:
    """Return the texts or attributes that an XPath of them finds, in their order."""
    found = tree.xpath(path)
    assert isinstance(found, list)
    return [str(one) for one in found]


def elements(tree: _Element, path: str) -> list[HtmlElement]:
    """Return the elements of a page that an XPath finds, in their order."""
    found = tree.xpath(path)
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, lxml.html.HtmlElement)]
