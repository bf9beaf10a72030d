"""What checkov finds, against the list of what is skipped with a reason, both ways."""

from fnmatch import fnmatchcase
from pathlib import Path

LIST = Path(__file__).with_name("checkov_skips.txt")


def complaints(report):
    """(how many findings are skipped, what is wrong)"""
    found = [(f["check_id"], f["resource"], f["check_name"]) for f in report["results"]["failed_checks"]]
    skips = [[column.strip() for column in line.split("|")] for line in LIST.read_text().splitlines()
             if line.strip() and not line.startswith("#")]
    covers = {tuple(skip): [f for f in found if f[0] == skip[0] and fnmatchcase(f[1], skip[1])] for skip in skips}
    skipped = {f for its in covers.values() for f in its}
    nothing_read = [] if report["summary"]["passed"] and not report["summary"]["parsing_errors"] else ["checkov did not read the template"]
    return len(skipped), nothing_read + sorted(
        [f"checkov: {' '.join(f)}" for f in found if f not in skipped]
        + [f"checkov_skips.txt skips what checkov does not find: {skip[0]} {skip[1]}" for skip, its in covers.items() if not its]
        + [f"checkov_skips.txt gives no reason: {skip[0]} {skip[1]}" for skip in skips if len(skip) != 3 or not skip[2]])
