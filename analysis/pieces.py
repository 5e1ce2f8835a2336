"""An SVG of matplotlib's taken apart: groups by name, and the definitions that they refer to."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_DECLARED = re.compile(rf' xmlns(:\w+)?="({re.escape(_SVG)}|{re.escape(_LINK)})"')
_SPACE = re.compile(r">\s+<")


def take_apart(svg: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Give the groups of an SVG by their ids, and all definitions by theirs, both as markup.

    Ids are left to definitions only, so that pieces of several figures can stand in one document; equal
    definitions have equal ids, as matplotlib makes them of what they say.
    """
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _LINK)
    root = ElementTree.fromstring(svg)
    shared: dict[str, str] = {}
    _lift(root, shared)
    groups = {}
    for group in root.iter(f"{{{_SVG}}}g"):
        name = group.attrib.pop("id", "")
        if name:
            groups[name] = group
    return {name: _written(group) for name, group in groups.items()}, shared


def _lift(element: Element, shared: dict[str, str]) -> None:
    """Take definitions out of a tree; styles, which would be those of the whole document, are dropped."""
    for child in list(element):
        if child.tag == f"{{{_SVG}}}defs":
            for one in child:
                if "id" in one.attrib:
                    shared[one.attrib["id"]] = _written(one)
            element.remove(child)
        else:
            _lift(child, shared)


def _written(element: Element) -> str:
    text = ElementTree.tostring(element, encoding="unicode")
    return _SPACE.sub("><", _DECLARED.sub("", text)).strip()
