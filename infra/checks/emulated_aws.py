"""Deploys infra/template.yaml into an emulated AWS from nothing, tries it, updates it and deletes it.

    emulated_aws.py                    with stand-ins as code: everything that the template alone decides
    emulated_aws.py --binaries FOLDER --atlassian URL
                                       with the real functions, the programs FOLDER/ingest-audit and so on, and a
                                       simulated org at that address

Prints a line for each check and exits 1 when one fails. What the emulation cannot show: see ministack.py.
"""

import argparse
import sys
import time
from pathlib import Path

import ministack
from emulated import behaviour, changes, functions, removal, resources, rights, watch
from emulated.stack import Stack, failures


def try_template(stack):
    stand_in = f"#!{sys.executable}\n" + Path(__file__).with_name("stand_in.py").read_text()
    template = stack.upload("stand-in", lambda _: stand_in)
    stack.write("create_stack", template, MailIdentity="example.com", AlarmEmail="ops@example.com")
    resources.check_resources(stack, template)
    resources.check_tables(stack, template)
    resources.check_functions(stack)
    resources.check_secrets(stack)
    resources.check_starters(stack, template)
    watch.check_alarms(stack, template)
    watch.check_raised(stack)
    watch.check_topic(stack, ["ops@example.com"])
    watch.check_queues(stack)
    watch.check_dashboard(stack)
    behaviour.check_routes(stack)
    rights.check_rights(stack)
    rights.check_mail(template)
    behaviour.check_stream(stack)
    changes.check_update(stack, template)
    behaviour.check_schedule(stack)
    changes.check_restore(stack, template)
    removal.check_destroy(stack)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binaries", metavar="FOLDER")
    arguments.add_argument("--atlassian", metavar="URL")
    arguments = arguments.parse_args()
    begun = time.monotonic()
    with ministack.running() as aws:
        stack = Stack(aws)
        if arguments.binaries:
            functions.try_functions(stack, arguments.binaries, arguments.atlassian)
            removal.check_destroy_at_once(stack)
        else:
            try_template(stack)
    print(f"{len(failures)} checks failed, {time.monotonic() - begun:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
