"""What is missing in a docstring in numpydoc's form."""

import ast
import dataclasses
import inspect
import re

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)


def sections(docstring: str) -> dict[str, str]:
    """Return the text of each section by its heading; that before the first is left out."""
    _, *parts = SECTION.split(docstring)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def described(section: str) -> set[str]:
    """Return the names that a section of parameters or attributes describes."""
    heads = (line.partition(" :")[0] for line in section.splitlines() if line[:1].strip())
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def faults(name: str, thing: object) -> list[str]:
    """Return what the docstring of a function or class lacks; methods are looked at too."""
    found = sections(inspect.getdoc(thing) or "")
    if not inspect.getdoc(thing):
        return [f"{name} has no docstring"]
    if not inspect.isclass(thing):
        return _missing(name, thing, found)
    if issubclass(thing, Exception):
        return []
    lacking = _missing_fields(name, thing, found)
    for key, value in vars(thing).items():
        inner = getattr(value, "__func__", value)
        if not key.startswith("_") and (inspect.isfunction(inner) or isinstance(value, property)):
            lacking += [] if inspect.getdoc(inner) else [f"{name}.{key} has no docstring"]
    return lacking


def _missing(name: str, function: object, found: dict[str, str]) -> list[str]:
    signature = inspect.signature(function)
    names = set(signature.parameters) - {"self"}
    lacking = sorted(names - described(found.get("Parameters", "")))
    faults = [f"{name} does not describe {parameter}" for parameter in lacking]
    returns = signature.return_annotation not in (None, "None", inspect.Signature.empty)
    if returns and not {"Returns", "Yields"} & set(found):
        faults.append(f"{name} does not describe what it returns")
    return faults


def _missing_fields(name: str, thing: type, found: dict[str, str]) -> list[str]:
    documented = described(found.get("Parameters", "") + "\n" + found.get("Attributes", ""))
    if dataclasses.is_dataclass(thing):
        names = {field.name for field in dataclasses.fields(thing) if field.init}
    else:
        names = set(inspect.signature(thing).parameters)
    return [f"{name} does not describe {field}" for field in sorted(names - documented)]


def documented_constants(source: str) -> set[str]:
    """Return the constants above a docstring; those without blank lines between share one."""
    names, group, last = set(), set(), 0
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            parts = (part for target in targets for part in ast.walk(target))
            found = {part.id for part in parts if isinstance(part, ast.Name)}
            group = found | (group if statement.lineno == last + 1 else set())
            last = statement.end_lineno
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            names, group = names | group, set()
        else:
            group = set()
    return names
