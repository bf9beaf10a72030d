"""What is linked into the functions, and its bill of materials as CycloneDX 1.6.

    sbom.py TARGET OUT

`cargo tree` says what is linked: it resolves features as the build does. `cargo metadata` joins the features of the whole
workspace, tests and local runner included, and so names crates that no function has; only the facts come from it.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version as release_of
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[2]
TEXT = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)
NO_TEXT = {".rs", ".py", ".toml", ".json", ".yml", ".yaml"}


@dataclass(frozen=True)
class Linked:
    """One thing that is linked, with the files that hold its licence."""

    name: str
    version: str
    expression: str | None
    texts: tuple[Path, ...]
    authors: tuple[str, ...] = ()
    purl: PackageURL | None = None  # none for the workspace's own packages: no registry has them
    sha256: str | None = None

    @property
    def ref(self):
        return f"{self.name}@{self.version}"


def main(target, out):
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(document(*linked(target)))


def linked(target):
    """Everything that is linked, sorted, and for each reference those of what it needs."""
    needs = tree(target)
    packages = {f"{p['name']}@{p['version']}": p for p in metadata(target)["packages"]}
    checksums = {f"{p['name']}@{p['version']}": p.get("checksum") for p in lock()["package"]}
    crates = [crate(packages[ref], checksums[ref]) for ref in needs]
    for function in functions():
        of_function = next(ref for ref in needs if ref.startswith(f"{function}@"))
        needs[of_function] |= {part.ref for part in toolchain()}
    return sorted([*crates, *toolchain()], key=lambda one: (one.name, one.version)), needs


@cache
def functions():
    return sorted(manifest.parent.name for manifest in ROOT.glob("functions/*/Cargo.toml"))


def tree(target):
    """Each line is a depth and a package; a package's needs stand below its first mention."""
    packages = [word for function in functions() for word in ("-p", function)]
    lines = cargo(
        "tree", "--target", target, *packages, "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}"
    ).splitlines()
    needs, above = {}, []
    for line in filter(None, lines):
        depth, name, version, *_ = line.split()
        ref = f"{name}@{version.removeprefix('v')}"
        needs.setdefault(ref, set())
        above[int(depth) :] = [ref]
        if len(above) > 1:
            needs[above[-2]].add(ref)
    return needs


def metadata(target):
    return json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", target))


def lock():
    return tomllib.loads((ROOT / "Cargo.lock").read_text())


def cargo(*words):
    return run("cargo", "--color", "never", "--locked", *words)


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def crate(package, checksum):
    own = package["source"] is None
    return Linked(
        name=package["name"],
        version=package["version"],
        expression=package["license"] and re.sub(r"\s*/\s*", " OR ", package["license"]),  # the old way to write OR
        texts=(ROOT / "LICENSE",) if own else texts_below(Path(package["manifest_path"]).parent),
        authors=tuple(author.split(" <")[0] for author in package["authors"]),
        purl=None if own else PackageURL("cargo", None, package["name"], package["version"]),
        sha256=checksum,
    )


def texts_below(folder):
    return tuple(sorted(f for f in folder.rglob("*") if TEXT.match(f.name) and f.is_file() and f.suffix not in NO_TEXT))


@cache
def toolchain():
    """What the compiler adds to every function: Rust's standard library, and the unwinder that zig links."""
    rust = re.search(r"^release: (.+)$", run("rustc", "--version", "--verbose"), re.MULTILINE)[1]
    of_rust = Path(run("rustc", "--print", "sysroot").strip()) / "share/doc/rust/COPYRIGHT-library.html"
    zig = release_of("ziglang")
    unwinder = Path(importlib.util.find_spec("ziglang").origin).parent / "lib/libunwind/LICENSE.TXT"
    return (
        Linked("rust-std", rust, "MIT OR Apache-2.0", present(of_rust), purl=PackageURL("generic", None, "rust-std", rust)),
        Linked(
            "ziglang-libunwind",
            zig,
            "Apache-2.0 WITH LLVM-exception",
            present(unwinder),
            purl=PackageURL("pypi", None, "ziglang", zig, subpath="ziglang/lib/libunwind"),
        ),
    )


def present(*files):
    return tuple(file for file in files if file.is_file())


def document(parts, needs):
    """The same parts make the same text: its serial number comes from its content, its time from SOURCE_DATE_EPOCH, if any."""
    bom = bill(parts, needs)
    bom.serial_number = uuid.UUID(int=0)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, JsonV1Dot6(bom).output_as_string())
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"the bill of materials is not valid CycloneDX 1.6: {error}")
    return text + "\n"


def bill(parts, needs):
    bom = Bom()
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    bom.metadata.timestamp = datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    components = {part.ref: component(part) for part in parts}
    entries = [one for one in components.values() if one.type is ComponentType.APPLICATION]
    bundle = Component(
        name="tokenwarden", version=entries[0].version, type=ComponentType.APPLICATION, bom_ref="tokenwarden"
    )
    bom.metadata.component = bundle
    bom.components.update(components.values())
    bom.register_dependency(bundle, entries)
    for ref, needed in needs.items():
        bom.register_dependency(components[ref], [components[one] for one in needed])
    return bom


def component(part):
    licence = LicenseFactory().make_from_string(part.expression) if part.expression else None
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.APPLICATION if part.name in functions() else ComponentType.LIBRARY,
        bom_ref=part.ref,
        purl=part.purl,
        licenses=[licence] if licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=part.sha256)] if part.sha256 else [],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
