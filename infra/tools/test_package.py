"""What `make package` promises, on made-up binaries and on the real dependencies. In the environment of `lambda`:

    python -m unittest discover -s infra/tools -p test_package.py
"""

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import unittest
import zipfile
import zlib
from pathlib import Path
from unittest import mock

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import licences
import sbom
import zip_functions

TARGET = "x86_64-unknown-linux-gnu"
SOURCE = "int main(void) { return 0; }"
NEWER = "#include <string.h>\nint main(int c, char **v) { return strlcpy(v[0], v[1], c); }"  # strlcpy came with glibc 2.38
SAYING = "#include <stdio.h>\nint main(void) { return puts(\"%s\"); }"


class OfFunctions(unittest.TestCase):
    """Each test has a folder like target/lambda, with binaries that zig makes for Lambda's system."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def made(self, name, source=SOURCE, glibc="2.30", strip=("-s",)):
        bootstrap = self.folder / name / "bootstrap"
        bootstrap.parent.mkdir()
        (self.folder / f"{name}.c").write_text(source)
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", f"x86_64-linux-gnu.{glibc}", "-O1", *strip]
        subprocess.run([*zig, "-o", bootstrap, self.folder / f"{name}.c"], check=True)
        bootstrap.chmod(0o600)
        return bootstrap

    def refused(self):
        with self.assertRaises(SystemExit) as refusal:
            zip_functions.main(self.folder)
        self.assertIsInstance(refusal.exception.code, str, "the exit code is 1 and the reason is printed")
        return refusal.exception.code


class Zips(OfFunctions):
    def test_equal_twice_though_the_files_are_of_another_time(self):
        bootstraps = [self.made("one"), self.made("two", SAYING % "two")]
        zip_functions.main(self.folder)
        first = {archive.name: archive.read_bytes() for archive in self.folder.glob("*.zip")}
        for bootstrap in bootstraps:
            os.utime(bootstrap, (10**9, 10**9))
        zip_functions.main(self.folder)
        self.assertEqual(first, {archive.name: archive.read_bytes() for archive in self.folder.glob("*.zip")})
        self.assertEqual(sorted(first), ["one.zip", "two.zip"])
        self.assertNotEqual(*first.values())

    def test_unzip_to_the_same_bytes_which_may_be_executed(self):
        bootstrap = self.made("one")
        zip_functions.main(self.folder)
        with zipfile.ZipFile(self.folder / "one.zip") as archive:
            [entry] = archive.infolist()
            self.assertEqual(archive.read(entry), bootstrap.read_bytes())
        self.assertEqual(entry.filename, "bootstrap")
        self.assertEqual(entry.external_attr >> 16, stat.S_IFREG | 0o755)
        self.assertEqual(entry.date_time, (1980, 1, 1, 0, 0, 0))

    def test_smaller_than_zlib_makes_them(self):
        bootstrap = self.made("one", strip=())
        bootstrap.write_bytes(bootstrap.read_bytes() + (sbom.ROOT / "Cargo.lock").read_bytes())
        archive = zip_functions.write_zip(bootstrap)
        [entry] = zipfile.ZipFile(archive).infolist()
        self.assertLess(entry.compress_size, 0.98 * len(zlib.compress(bootstrap.read_bytes(), 9)))


class Gates(OfFunctions):
    def test_nothing_to_zip(self):
        self.assertIn("no FUNCTION/bootstrap", self.refused())

    def test_newer_glibc_than_lambdas(self):
        self.made("good")
        self.made("late", NEWER, glibc="2.38")
        refusal = self.refused()
        self.assertRegex(refusal, r"late/bootstrap needs glibc 2\.38, Lambda has 2\.34: build it with")
        self.assertNotIn("good/", refusal)
        self.assertEqual([], list(self.folder.glob("*.zip")))

    def test_symbols_left(self):
        self.made("fat", strip=("-g",))
        self.assertRegex(self.refused(), r"fat/bootstrap is not stripped, it has .*\.symtab: its profile needs")

    def test_a_folder_of_this_machine(self):
        self.made("of-the-workspace", SAYING % "/a/folder/target/x.rs")
        self.made("of-a-registry", SAYING % "/anywhere/registry/src/index/x.rs")
        self.made("of-nobody", SAYING % "/cargo/x.rs")
        with mock.patch.object(zip_functions, "ROOT", Path("/a/folder")):
            refusal = self.refused()
        self.assertIn("of-the-workspace/bootstrap names folders of this machine (/a/folder/): package.sh", refusal)
        self.assertIn("of-a-registry/bootstrap names folders of this machine (registry/src/): package.sh", refusal)
        self.assertNotIn("of-nobody", refusal)

    def test_no_binary_at_all(self):
        (self.folder / "script").mkdir()
        (self.folder / "script/bootstrap").write_text("#!/bin/sh\n")
        self.assertIn("script/bootstrap is no Linux binary", self.refused())

    def test_a_zip_over_the_limit(self):
        self.made("large")
        with mock.patch.object(zip_functions, "LARGEST_ZIP_BYTES", 1000):
            self.assertRegex(self.refused(), r"large\.zip has \d+ bytes, the limit is 1000: link less")


class WhatIsLinked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parts, cls.needs = sbom.linked(TARGET)
        cls.text = sbom.document(cls.parts, cls.needs)
        cls.bill = json.loads(cls.text)
        cls.components = {component["name"]: component for component in cls.bill["components"]}

    def test_is_valid_cyclonedx(self):
        self.assertEqual("1.6", self.bill["specVersion"])
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(self.text))

    def test_is_what_the_functions_link_and_nothing_else(self):
        held = self.components.keys()
        self.assertLessEqual({"ring", "rustls", "tokenwarden-shared", "rust-std", "ziglang-libunwind", *sbom.functions()}, held)
        others = {"dynoxide-rs", "atlassian-sim", "tokenwarden-local", "proptest", "axum"}  # local runner, simulator, tests
        of_the_build = {"serde_derive", "syn", "cc"}
        self.assertEqual(set(), held & (others | of_the_build))
        self.assertNotIn("parking_lot", held)  # of tokio, by a feature that only the local runner asks for

    def test_names_version_licence_and_origin(self):
        ring = self.components["ring"]
        [locked] = [package for package in sbom.lock()["package"] if package["name"] == "ring"]
        self.assertEqual(ring["version"], locked["version"])
        self.assertEqual(ring["purl"], f"pkg:cargo/ring@{locked['version']}")
        self.assertEqual(ring["hashes"], [{"alg": "SHA-256", "content": locked["checksum"]}])
        self.assertEqual(ring["licenses"], [{"expression": "Apache-2.0 AND ISC"}])
        self.assertNotIn("purl", self.components["tokenwarden-shared"])

    def test_leads_from_each_function_to_each_component(self):
        needs = {one["ref"]: one.get("dependsOn", []) for one in self.bill["dependencies"]}
        reached, left = set(), ["tokenwarden"]
        while left:
            ref = left.pop()
            if ref not in reached:
                reached.add(ref)
                left += needs[ref]
        self.assertEqual(reached, {"tokenwarden", *(component["bom-ref"] for component in self.bill["components"])})
        self.assertEqual({ref.split("@")[0] for ref in needs["tokenwarden"]}, set(sbom.functions()))
        [rustls] = [ref for ref in needs if ref.startswith("rustls@")]
        self.assertIn(self.components["ring"]["bom-ref"], needs[rustls])

    def test_is_the_same_text_in_another_process(self):
        again = "import sbom, sys; sys.stdout.write(sbom.document(*sbom.linked(sys.argv[1])))"
        environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parent)}
        run = subprocess.run([sys.executable, "-c", again, TARGET], env=environment, check=True, capture_output=True, text=True)
        self.assertEqual(self.text, run.stdout)

    def test_bears_the_time_of_the_sources_or_none(self):
        with mock.patch.dict(os.environ, {"SOURCE_DATE_EPOCH": "86400"}):
            timed = json.loads(sbom.document(self.parts, self.needs))
        with mock.patch.dict(os.environ, {"SOURCE_DATE_EPOCH": ""}):
            untimed = json.loads(sbom.document(self.parts, self.needs))
        self.assertEqual(timed["metadata"]["timestamp"], "1970-01-02T00:00:00+00:00")
        self.assertNotIn("timestamp", untimed["metadata"])
        self.assertNotEqual(timed["serialNumber"], untimed["serialNumber"])


class Licences(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parts, _ = sbom.linked(TARGET)
        cls.text = licences.document(cls.parts)

    def test_name_every_component_with_a_text_that_is_there(self):
        for part in self.parts:
            [line] = [line for line in self.text.splitlines() if line.startswith(f"{part.name} {part.version}: ")]
            self.assertIn(part.expression, line)
            for number in re.findall(r"\[(\d+)\]", line):
                self.assertIn(f"{licences.RULE}\n[{number}]\n{licences.RULE}\n", self.text)
            self.assertEqual(bool(part.texts), "no text in the package" not in line)

    def test_hold_each_text_once(self):
        texts = re.split(rf"{licences.RULE}\n\[\d+\]\n{licences.RULE}\n", self.text)[1:]
        self.assertGreater(len(texts), 50)
        self.assertEqual(len(texts), len({text.strip() for text in texts}))
        self.assertTrue(any("BoringSSL" in text for text in texts))

    def test_refuse_what_nobody_reviewed(self):
        def refused(**of):
            part = sbom.Linked(name="odd", version="1.0.0", **{"expression": None, "texts": (), **of})
            return licences.complaints_of(part)

        self.assertRegex(refused(expression="GPL-3.0-only")[0], "odd@1.0.0 comes without the text of its licence, GPL-3.0-only: ")
        self.assertRegex(refused(texts=(sbom.ROOT / "LICENSE",))[0], "odd@1.0.0 declares no licence: ")
        self.assertEqual([], refused(expression="MIT"))

    def test_refusal_ends_with_1_and_writes_nothing(self):
        odd = sbom.Linked(name="odd", version="1.0.0", expression="GPL-3.0-only", texts=())
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "LICENCES.txt"
            with mock.patch.object(licences, "linked", return_value=([*self.parts, odd], {})):
                with self.assertRaises(SystemExit) as refusal:
                    licences.main(TARGET, out)
            self.assertIn("odd@1.0.0", refusal.exception.code)
            self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
