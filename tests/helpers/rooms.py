"""The order of the rooms, and what breaks it in a tree of sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

HALL = frozenset(
    {"aami", "cluster", "contents", "errors", "files", "parallel", "paths", "progress", "source"}
)
FLOORS = (
    HALL,
    {"io", "runner"},
    {"database", "scoring", "signals"},
    {"beats"},
    {"learning", "plots"},
    {"unseen"},
    {"recordings"},
    {"studies"},
    {"website"},
    {"cli"},
    {"__main__"},
)
"""Each imports from floors above it in this list only; in the hall, modules import each other."""

SAME_FLOOR = {("signals", "database")}
"""Who may import from whom on one floor."""

ROOMS = sorted(set().union(*FLOORS) - HALL - {"website", "cli", "__main__"})

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def sources(package: Path) -> dict[str, ast.Module]:
    """Return the parsed modules of a package by their dotted name; a package is one too."""
    trees = {}
    for path in sorted(package.rglob("*.py")):
        parts = (package.name, *path.relative_to(package).with_suffix("").parts)
        name = ".".join(part for part in parts if part != "__init__")
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


def contents(tree: ast.Module) -> dict[str, list[str]] | None:
    """Return module to public names as a contents page lists them; None without such a page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "contents_page":
            modules = [(keyword.arg, keyword.value) for keyword in node.keywords]
            for page in node.args[1:]:
                names = [key.value for key in page.keys]
                modules += zip(names, page.values, strict=True)
            return {module: _strings(names) for module, names in modules}
    return None


def _strings(written: ast.List) -> list[str]:
    """Return the strings of a list, in which some may be grouped as `*("a", "b")`."""
    parts = (getattr(part, "value", part) for part in written.elts)
    return [
        name
        for part in parts
        for name in ([part] if isinstance(part, str) else ast.literal_eval(part))
    ]


def imports(trees: dict[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """Yield importer and imported module of each import, those in functions and for types too."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{name}: a relative import"
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield name, inner if inner in trees else node.module
        # What a page lists is imported as soon as somebody takes it from the page. A module that
        # lends no names is only mentioned.
        listed = (contents(tree) or {}).items()
        yield from ((name, f"{name}.{module}") for module, names in listed if names)


def inner_imports(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """Return the imports of modules of the package."""
    return {(one, other) for one, other in imports(trees) if other in trees and one != other}


def room_of(module: str) -> str:
    """Return the room, or the module of the hall, in which a module lies; "" is the door."""
    return [*module.split("."), ""][1]


def imports_upwards(trees: dict[str, ast.Module]) -> list[str]:
    """Return the imports that the order of the rooms forbids."""
    forbidden = []
    for one, other in sorted(inner_imports(trees)):
        here, there = room_of(one), room_of(other)
        # The package itself is its name and version, and imports what its users call.
        if here == there or not here or not there:
            continue
        lower = FLOOR_OF[there] < FLOOR_OF[here]
        if not (lower or {here, there} <= HALL or (here, there) in SAME_FLOOR):
            forbidden.append(f"{one} imports {other}")
    return forbidden


def without_place(trees: dict[str, ast.Module]) -> set[str]:
    """Return the rooms, and modules of the hall, that have no place in the order."""
    return {room_of(name) for name in trees} - set(FLOOR_OF) - {""}


def circle(arrows: set[tuple[str, str]]) -> list[str]:
    """Return what lies on, or leads from one circle to another: [] where there is none."""
    while arrows:
        sinks = {end for _, end in arrows} - {start for start, _ in arrows}
        tops = {start for start, _ in arrows} - {end for _, end in arrows}
        kept = {(one, other) for one, other in arrows if one not in tops and other not in sinks}
        if kept == arrows:
            return sorted({name for arrow in arrows for name in arrow})
        arrows = kept
    return []


def circles(trees: dict[str, ast.Module]) -> list[str]:
    """Return the modules and the rooms that lie on circles of imports."""
    modules = inner_imports(trees)
    rooms = {(room_of(one), room_of(other)) for one, other in modules}
    between = {(one, other) for one, other in rooms if one != other and one and other}
    return circle(modules) + circle(between)


def page_faults(trees: dict[str, ast.Module], rooms: list[str]) -> list[str]:
    """Return what is wrong with the contents pages of rooms, each named like its package."""
    faults = []
    for room in rooms:
        tree, page = trees[room], contents(trees[room])
        if page is None:
            faults.append(f"{room} has no contents page")
            continue
        if "\n" in (ast.get_docstring(tree) or "\n"):
            faults.append(f"the docstring of {room} is not one line")
        listed = [name for names in page.values() for name in names]
        faults += [f"{room} lists {name} twice" for name in listed if listed.count(name) > 1]
        modules = {name.removeprefix(f"{room}.").partition(".")[0] for name in trees}
        faults += [f"{room}: {name} is a module too" for name in listed if name in modules]
        for module, names in page.items():
            missing = set(names) - defined(trees.get(f"{room}.{module}"))
            faults += [f"{room}.{module} does not define {name}" for name in sorted(missing)]
    return faults


def defined(tree: ast.Module | None) -> set[str]:
    """Return the names that a module defines itself."""
    names = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                names |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def imports_past_pages(source: str, pages: dict[str, set[str]]) -> list[str]:
    """Return what a notebook imports of the package otherwise than from a contents page.

    `pages` are the modules that may be imported from, each with its public names.
    """
    package = min(pages)
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            faults += [n for n in names if n.split(".")[0] == package and n not in pages]
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == package:
            known = pages.get(node.module, set())
            names = [alias.name for alias in node.names]
            faults += [f"{node.module}.{name}" for name in names if name not in known]
    return faults
