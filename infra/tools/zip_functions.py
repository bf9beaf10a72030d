"""Zips each FOLDER/FUNCTION/bootstrap to FOLDER/FUNCTION.zip and refuses what Lambda could not start or start fast."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

NEWEST_GLIBC = (2, 34)  # what provided.al2023 has: Amazon Linux 2023 ships glibc 2.34
LARGEST_ZIP_BYTES = 4_000_000  # a cold start fetches the zip; grow this only with a measurement in hand
NO_TIME = (1980, 1, 1, 0, 0, 0)  # the same binary makes the same zip, so an unchanged function is not deployed again


def main(folder):
    bootstraps = sorted(Path(folder).glob("*/bootstrap"))
    complaints = [] if bootstraps else [f"no bootstrap below {folder}"]
    for bootstrap in bootstraps:
        archive = write_zip(bootstrap)
        glibc = newest_glibc(bootstrap)
        size = archive.stat().st_size
        print(f"{archive}  {size / 1e6:.2f} MB  GLIBC_{'.'.join(map(str, glibc))}")
        if glibc > NEWEST_GLIBC:
            complaints.append(f"{bootstrap} needs GLIBC {glibc}, Lambda has {NEWEST_GLIBC}")
        if size > LARGEST_ZIP_BYTES:
            complaints.append(f"{archive} has {size} bytes, the limit is {LARGEST_ZIP_BYTES}")
    sys.exit("\n".join(complaints) or 0)


def write_zip(bootstrap):
    archive = bootstrap.parent.with_suffix(".zip")
    archive.write_bytes(b"")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        entry = zipfile.ZipInfo("bootstrap", NO_TIME)
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        out.writestr(entry, bootstrap.read_bytes())
    return archive


def newest_glibc(bootstrap):
    symbols = subprocess.run(["objdump", "-T", bootstrap], check=True, capture_output=True, text=True).stdout
    versions = re.findall(r"GLIBC_(\d+)\.(\d+)", symbols)
    return max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
