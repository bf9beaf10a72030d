"""Zips each FOLDER/FUNCTION/bootstrap to FOLDER/FUNCTION.zip and refuses what Lambda could not start or start fast.

The zips are deflated by Zopfli, which any unzip reads, and all at the same time. The same bootstrap makes the same zip.
"""

import os
import stat
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import zopfli
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

ROOT = Path(__file__).resolve().parents[2]
NEWEST_GLIBC = (2, 34)  # what provided.al2023 has: Amazon Linux 2023 ships glibc 2.34
LARGEST_ZIP_BYTES = 4_000_000  # a cold start fetches the zip; grow this only with a measurement in hand
NO_TIME = (1980, 1, 1, 0, 0, 0)  # an unchanged function is not deployed again
UNIX = 3  # the zip's "made by": without it, permissions mean nothing
# 3.7 per cent smaller than zlib's level 9; more rounds and more blocks than these double the time for a tenth of a per cent.
ZOPFLI = {"iterations": 5, "block_splitting_max": 120}


def main(folder):
    bootstraps = sorted(Path(folder).glob("*/bootstrap"))
    refuse_if([] if bootstraps else [f"{folder}: no FUNCTION/bootstrap below it: build the functions first"])
    refuse_if([complaint for bootstrap in bootstraps for complaint in binary_complaints(bootstrap)])
    largest_first = sorted(bootstraps, key=lambda bootstrap: -bootstrap.stat().st_size)
    with ProcessPoolExecutor() as every_core:
        archives = list(every_core.map(write_zip, largest_first))
    refuse_if([complaint for archive in sorted(archives) for complaint in zip_complaints(archive)])


def refuse_if(complaints):
    if complaints:
        sys.exit("\n".join(complaints))


def binary_complaints(bootstrap):
    """What is wrong with a binary, and how it is mended; nothing when it may be shipped."""
    with open(bootstrap, "rb") as file:
        try:
            elf = ELFFile(file)
        except ELFError as error:
            return [f"{bootstrap} is no Linux binary ({error}): build it with `cargo lambda build`"]
        glibc, symbols = newest_glibc(elf), symbol_sections(elf)
    complaints = []
    if glibc > NEWEST_GLIBC:
        complaints.append(
            f"{bootstrap} needs glibc {dotted(glibc)}, Lambda has {dotted(NEWEST_GLIBC)}: "
            "build it with `cargo lambda build`, which links against an old glibc"
        )
    if symbols:
        complaints.append(f'{bootstrap} is not stripped, it has {", ".join(symbols)}: its profile needs strip = "symbols"')
    if paths := machine_paths(bootstrap):
        complaints.append(f'{bootstrap} names folders of this machine ({", ".join(paths)}): package.sh has to remap them')
    return complaints


def newest_glibc(elf):
    needed = elf.get_section_by_name(".gnu.version_r")
    names = [version.name for _, versions in needed.iter_versions() for version in versions] if needed else []
    numbers = [name.removeprefix("GLIBC_").split(".") for name in names if name.startswith("GLIBC_2")]
    return max((tuple(map(int, number)) for number in numbers), default=(0, 0))


def symbol_sections(elf):
    names = (section.name for section in elf.iter_sections())
    return sorted(name for name in names if name == ".symtab" or name.startswith((".debug_", ".zdebug_")))


def machine_paths(bootstrap):
    """A folder directly below / is not looked for: `/src` is a part of too many paths that say nothing of this machine."""
    home = Path.home()
    folders = [ROOT, home, Path(os.environ.get("CARGO_HOME", home / ".cargo"))]
    wanted = ["registry/src/"] + sorted({f"{folder}/" for folder in folders if len(folder.parts) > 2})
    held = bootstrap.read_bytes()
    return [path for path in wanted if path.encode() in held]


def write_zip(bootstrap):
    archive = bootstrap.parent.with_suffix(".zip")
    entry = zipfile.ZipInfo("bootstrap", NO_TIME)
    entry.create_system = UNIX
    entry.external_attr = (stat.S_IFREG | 0o755) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zopfli.ZipFile(archive, "w", **ZOPFLI) as out:
        out.writestr(entry, bootstrap.read_bytes())
    return archive


def zip_complaints(archive):
    with zipfile.ZipFile(archive) as written:
        if written.read("bootstrap") != (archive.with_suffix("") / "bootstrap").read_bytes():
            return [f"{archive} does not unzip to what was zipped: try another release of zopflipy"]
    size = archive.stat().st_size
    if size > LARGEST_ZIP_BYTES:
        return [
            f"{archive} has {size} bytes, the limit is {LARGEST_ZIP_BYTES}: link less "
            "(`cargo tree -e normal,features`), or raise LARGEST_ZIP_BYTES with the measured cold start in hand"
        ]
    return []


def dotted(version):
    return ".".join(map(str, version))


if __name__ == "__main__":
    main(*sys.argv[1:])
