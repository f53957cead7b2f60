"""A small part of a document: an element with its children, found by local names."""

from __future__ import annotations

from collections.abc import Iterator


class Node:
    """`line` and `parent` are known of those elements that are handed out (see documents.py).

    Children are kept by name, the first of each name with a chain of the others: a file of
    100,000 items asks for millions of children.
    """

    __slots__ = ("children", "currency", "last", "line", "name", "parent", "spaces", "text", "twin")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        #: Of amounts; empty elsewhere.
        self.currency = ""
        self.line = 0
        self.children: dict[str, Node] | None = None
        #: The next sibling of this name and, kept by the first of them, the last one.
        self.twin: Node | None = None
        self.last: Node | None = None
        self.parent: Node | None = None
        #: The values of namespace declarations made here.
        self.spaces: tuple[str, ...] = ()

    def add(self, child: Node) -> None:
        """Make `child` the last one."""
        if self.children is None:
            self.children = {child.name: child}
            return
        first = self.children.setdefault(child.name, child)
        if first is not child:
            (first.last or first).twin = child
            first.last = child

    def all(self, *path: str) -> Iterator[Node]:
        """Every element at `path`, in document order among those of one parent."""
        node = self.children.get(path[0]) if self.children is not None else None
        while node is not None:
            if len(path) > 1:
                yield from node.all(*path[1:])
            else:
                yield node
            node = node.twin

    def first(self, *path: str) -> Node | None:
        """The first element at `path`."""
        node, several = self, False
        for name in path:
            found = node.children.get(name) if node.children is not None else None
            if found is None:
                # Rarely: what the first of several lacks, another one may have.
                return next(self.all(*path), None) if several else None
            several = several or found.twin is not None
            node = found
        return node

    def value(self, *path: str) -> str | None:
        """The text of the first element at `path` that has one."""
        node = self.first(*path)
        if node is None:
            return None
        return node.text or next((one.text for one in self.all(*path) if one.text), None)

    def within(self, name: str) -> Node | None:
        """The nearest element of that name around this one."""
        node = self.parent
        while node is not None and node.name != name:
            node = node.parent
        return node


def first_value(node: Node, *paths: tuple[str, ...]) -> str | None:
    """The text at the first of several paths that has one."""
    return next((text for path in paths if (text := node.value(*path))), None)
