"""The licences of everything that is linked into the functions: a line for each, then every text once.

    licences.py TARGET OUT
"""

import sys
from html.parser import HTMLParser
from pathlib import Path

from sbom import linked

# Reviewed: the licences that a part may have without their text. Such a package has no notice of its own to pass on, and the
# text is a standard one, so it is named instead; where there is a choice, the one that we chose.
STANDARD = {
    "Apache-2.0": "Apache-2.0",
    "MIT": "MIT",
    "Apache-2.0 OR MIT": "Apache-2.0",
    "MIT OR Apache-2.0": "Apache-2.0",
}
RULE = "-" * 80


def main(target, out):
    parts, _ = linked(target)
    complaints = [complaint for part in parts for complaint in complaints_of(part)]
    if complaints:
        sys.exit("\n".join(complaints))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(document(parts))


def complaints_of(part):
    if not part.expression:
        return [f"{part.ref} declares no licence: ask its authors for one, or link something else"]
    if not part.texts and part.expression not in STANDARD:
        return [
            f"{part.ref} comes without the text of its licence, {part.expression}: "
            "read that licence and add it to STANDARD in infra/tools/licences.py, or link something else"
        ]
    return []


def document(parts):
    numbers = {}  # of each text, in the order in which they are first needed
    lines = [line(part, numbers) for part in parts]
    texts = [f"{RULE}\n[{number}]\n{RULE}\n{text}\n" for text, number in numbers.items()]
    head = "What is linked into Tokenwarden's functions, under which licence. The numbers are those of the texts below."
    return "\n".join([head, "", *lines, "", *texts])


def line(part, numbers):
    held = sorted({numbers.setdefault(text, len(numbers) + 1) for text in map(text_of, part.texts)})
    if held:
        where = " ".join(f"[{number}]" for number in held)
    else:
        by = f"; by {', '.join(part.authors)}" if part.authors else ""
        where = f"no text in the package, see SPDX id {STANDARD[part.expression]}{by}"
    return f"{part.name} {part.version}: {part.expression}: {where}"


def text_of(file):
    """The text without what does not show, so that equal texts are equal."""
    text = file.read_text(errors="replace")
    if file.suffix == ".html":
        text = without_tags(text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def without_tags(html):
    pieces = []
    parser = HTMLParser()
    parser.handle_data = pieces.append
    parser.feed(html)
    parser.close()
    return "".join(pieces)


if __name__ == "__main__":
    main(*sys.argv[1:])
