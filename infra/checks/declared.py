"""Checks of what the template says, beyond what the linters know.

    declared.py TRANSLATED CHECKOV     both as JSON: the translated template, and checkov's findings in it

Prints each complaint and exits 1, or prints one line of summary. Runs in the environment of the SAM CLI.
"""

import json
import sys
from pathlib import Path

import check_alarms
import check_checkov
import check_forms
import check_wildcards


def main(translated, checkov):
    template = json.loads(Path(translated).read_text())
    listed, wildcards = check_wildcards.complaints(template)
    skipped, findings = check_checkov.complaints(json.loads(Path(checkov).read_text()))
    alarms, watched = check_alarms.complaints(template)
    found = wildcards + findings + watched + check_forms.complaints(template)
    print("\n".join(found) or f"infra/template.yaml: no complaint by sam, cfn-lint, checkov ({skipped} findings skipped with a reason); "
          f"{listed} wildcards reviewed, {alarms} alarms in the runbook")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
