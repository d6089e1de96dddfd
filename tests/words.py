"""Words that documents, help, errors and names do without, each with what stands in its place: a
sentence's subject is the Celery, Redis or HTTP thing, its verb is the field's."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

#: Word -> what to write.
REPLACED: Mapping[str, str] = {
    "anew": "again",
    "anybody": "a caller, a user, any client",
    "births": "creations",
    "blazing": "a figure with its unit",
    "easily": "nothing",
    "everybody": "each user, every client",
    "foretold": "expected, estimated",
    "forth": "nothing",
    "hear": "receive, read",
    "heard": "received, read",
    "hears": "receives, reads",
    "heed": "acknowledge",
    "heeded": "acknowledged",
    "heeds": "acknowledges",
    "hence": "so",
    "henceforth": "from then on",
    "hereby": "by this",
    "herein": "here",
    "hitherto": "until now",
    "housekeeping": "cleanup",
    "just": "nothing, or only",
    "lest": "so that … not",
    "leverage": "use",
    "likewise": "too, the same",
    "magic": "the mechanism",
    "moreover": "and",
    "nobody": "no caller, no worker, no client",
    "nobodys": "of no caller, of no worker",
    "nowhere": "in no …",
    "obviously": "nothing",
    "ought": "has to, should",
    "powerful": "what it does",
    "promptly": "within … seconds",
    "robust": "what it survives",
    "said": "given, written, logged, reported",
    "saying": "reporting, naming",
    "seamless": "what needs no change",
    "shall": "has to, will",
    "simply": "nothing",
    "somebody": "a user, a caller, a person",
    "speak": "send, serve",
    "speaks": "sends, serves",
    "spoken": "sent",
    "stranger": "another client",
    "strangers": "other clients, the public",
    "telling": "sending, reporting",
    "tell": "report, log, send, show",
    "tells": "reports, logs, sends, shows",
    "thereby": "by this",
    "therein": "in it",
    "thereof": "of it",
    "thereupon": "then",
    "thus": "so",
    "told": "sent, called, reported, logged",
    "unheard": "not received",
    "upon": "on, at",
    "utilize": "use",
    "whence": "from where",
    "whither": "where to",
    "whose": "of it, its, with",
}
#: Forms that the documents do without, as regular expressions -> what to write. Commands and texts
#: of the page may still have them.
PHRASES: Mapping[str, str] = {
    r"(?:go|goes|going|went|gone) on": "continue",
    r"(?:take|takes|took|taken|taking)(?: \w+){0,4} back": "the record becomes `running` again",
    r"(?:is|are|was|were|be) away": "is unreachable",
    r"(?:begin|begins|began|begun|beginning)": "start",
    r"(?:an|the|this|its|no) acts?": "request",
    r"provok\w+": "run, test",
    r"asked": "requested",
    r"at rest": "idle",
    r"an end that|ends of (?!the|both)": "final state",
    r"(?:the|one|each|same|next|this) pass(?:es)?": "the check for lost runs",
    r"(?:is|are|be) answered|answers with": "the API responds with",
    r"count(?:s|ed)? as (?:its|their) text": "uses `str()`",
}
#: The same of texts that people see, besides: records, page, terminal, errors, log lines.
SEEN: Mapping[str, str] = {
    **PHRASES,
    r"(?<!there )is no(?! longer)": "is not a …",
    r"(?<!there )(?:is|are) none": "is not valid, is unknown",
    r"asks": "requires",
    r"any more": "no longer",
    r"of it": "the thing itself",
    r"goe?s? together": "be combined",
    r"may read": "permits to read",
}

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`]*`")


def of_prose(text: str) -> set[str]:
    """The words of a document that are in the list; code is no prose."""
    return of_text(_CODE.sub("", _FENCE.sub("", text)))


def phrases_of(text: str, forms: Mapping[str, str] = PHRASES) -> dict[str, str]:
    """What a document has of the forms above, with what to write; code is no prose."""
    prose = " ".join(_CODE.sub("``", _FENCE.sub("", text)).split())
    return {
        found[0]: instead
        for form, instead in forms.items()
        for found in re.finditer(rf"\b(?:{form})\b", prose, re.IGNORECASE)
    }


def of_text(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z]+", text)} & REPLACED.keys()


def of_names(tree: ast.Module) -> set[str]:
    """The words of what a module names: functions, classes, parameters and variables."""
    words = (part for name in _names(tree) for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
    return {word.lower() for word in words} & REPLACED.keys()


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.id


def of_strings(tree: ast.Module) -> set[str]:
    """The words of a module's texts: docstrings, errors, log lines, help, descriptions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            found |= of_text(node.value)
    return found


def seen(tree: ast.Module) -> Iterator[str]:
    """A module's texts without its docstrings."""
    held = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in held:
            yield node.value


def in_quotes(script: str) -> str:
    """The texts of a script."""
    quoted = re.findall(r'"[^"\n]*"|`[^`]*`', script)
    return " ".join(text.replace("`", '"') for text in quoted if " " in text)


def of_remarks(tree: ast.Module, text: str) -> set[str]:
    """The words of a module's docstrings and comments; its other texts may be data."""
    found = of_text(" ".join(re.findall(r"(?:^ *|  )#.*", text, re.MULTILINE)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found |= of_text(ast.get_docstring(node) or "")
    return found


def modules(folder: Path) -> Iterator[tuple[str, ast.Module, str]]:
    """Each module of a folder: its name, its tree and its text."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield str(path.relative_to(folder.parent)), ast.parse(text), text
