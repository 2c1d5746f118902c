#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an enclave is: the same bytes from the same input, one measurement that everyone agrees on, and an honest inspect."""

import hashlib
import json
import os
import subprocess
import unittest
import xml.etree.ElementTree

from command import SMALL, Sgxx

MANIFEST = """heap = "4 MiB"
threads = 3
product_id = 7
version = 2
xfrm = ["avx"]
host = ["streams"]
[environment]
B = "2"
A = "1"
"""


class Identity(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("good", SMALL)
        (cls.folder / "m.toml").write_text(MANIFEST)
        cls.must("keygen", "key.pem")
        cls.must("pack", "good", "-o", "good.sgx", "--manifest", "m.toml", "--key", "key.pem", "--split", "good.sgxs")
        cls.digest = hashlib.sha256((cls.folder / "good.sgxs").read_bytes()).hexdigest()

    def test_the_same_bytes_in_another_folder_at_another_time(self):
        other = self.folder / "elsewhere" / "deep"
        os.makedirs(other)
        for name in ("good", "m.toml", "key.pem"):
            (other / f"renamed-{name}").write_bytes((self.folder / name).read_bytes())
        self.must("pack", "renamed-good", "-o", "out.sgx", "--manifest", "renamed-m.toml", "--key", "renamed-key.pem", cwd=other,
                  environment={"TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8", "HOME": "/"})
        self.assertEqual((other / "out.sgx").read_bytes(), (self.folder / "good.sgx").read_bytes())

    def test_the_date_is_asked_for(self):
        for arguments, environment, date in (((), {}, "1970-01-01"), ((), {"SOURCE_DATE_EPOCH": "1700000000"}, "2023-11-14"),
                                             (("--date", "2024-05-31"), {"SOURCE_DATE_EPOCH": "1"}, "2024-05-31")):
            self.must("pack", "good", "-o", "dated.sgx", *arguments, environment=environment)
            self.assertEqual(json.loads(self.must("inspect", "--json", "dated.sgx"))["identity"]["date"], date)

    def test_measure_agrees_with_sha256sum(self):
        for name in ("good.sgx", "good.sgxs"):
            self.assertEqual(self.must("measure", name), f"{self.digest}  {name}\n")
        self.assertEqual(self.must("measure", "good", "--manifest", "m.toml"), f"{self.digest}  good\n")

    def test_what_is_measured_changes_it_and_what_is_signed_does_not(self):
        def measure(*lines):
            (self.folder / "other.toml").write_text("\n".join(lines) + "\n")
            return self.must("measure", "good", "--manifest", "other.toml").split()[0]

        base = measure("threads = 3", "heap = '4 MiB'")
        for line in ("stack = '4 MiB'", "environment = {A = '1'}", "host = ['streams']", "arguments = ['a']", "cpus = 1"):
            self.assertNotEqual(measure("threads = 3", "heap = '4 MiB'", line), base, line)
        for line in ("product_id = 1", "version = 1", "debug = true"):
            self.assertEqual(measure("threads = 3", "heap = '4 MiB'", line), base, line)

    def test_inspect_as_json(self):
        report = json.loads(self.must("inspect", "--json", "good.sgx"))
        self.assertEqual(list(report), ["format", "identity", "configuration", "layout", "sites"])
        identity = report["identity"]
        self.assertEqual(identity["mrenclave"], self.digest)
        self.assertEqual(identity["signature"], "good")
        modulus = subprocess.run(["openssl", "rsa", "-in", "key.pem", "-noout", "-modulus"], cwd=self.folder, check=True,
                                 capture_output=True, text=True).stdout.strip().split("=")[1]
        self.assertEqual(identity["mrsigner"], hashlib.sha256(bytes.fromhex(modulus)[::-1]).hexdigest())
        self.assertEqual((identity["product_id"], identity["version"], identity["debug"]), (7, 2, False))
        self.assertEqual((identity["xfrm"], identity["xfrm_mask"]), ("0x0000000000000003", "0xfffffffffffffffb"))
        configuration = report["configuration"]
        self.assertEqual((configuration["threads"], configuration["heap"], configuration["host"]), (3, 4 << 20, ["streams"]))
        self.assertEqual(configuration["environment_variables"], 2)

        layout = report["layout"]
        end = 0
        for region in layout["regions"]:
            self.assertEqual(region["offset"], end, "regions cover ELRANGE without gaps")
            end += region["length"]
            self.assertIn(region["rights"], ("---", "r--", "rw-", "r-x"), "nothing is writable and executable")
            self.assertEqual(region["type"] == "none", region["contents"] == "never")
        self.assertEqual(end, layout["size"])
        self.assertEqual(layout["size"] & (layout["size"] - 1), 0)
        self.assertGreaterEqual(layout["regions"][0]["length"], 65536)
        self.assertEqual(layout["regions"][0]["contents"], "never")
        self.assertEqual(sum(region["type"] == "tcs" for region in layout["regions"]), 3)

        sites = report["sites"]
        self.assertEqual(sites["total"], len(sites["list"]))
        self.assertEqual(sites["total"], sum(sites["by_decision"].values()))
        self.assertGreater(sites["by_decision"]["redirected"], 50)

    def test_without_rewriting_nothing_is_redirected(self):
        self.must("pack", "good", "-o", "traps.sgx", "--no-rewrite")
        sites = json.loads(self.must("inspect", "--json", "traps.sgx"))["sites"]
        self.assertNotIn("redirected", sites["by_decision"])
        self.assertGreater(sites["by_decision"]["rewriting_off"], 50)

    def test_inspect_as_text(self):
        text = self.must("inspect", "good.sgx", "--sites")
        for expected in (self.digest, "heap", "guard", "TCS", "syscall", "redirected", "product 7, version 2"):
            self.assertIn(expected, text)

    def test_inspect_of_strangers(self):
        self.assertIsNone(json.loads(self.must("inspect", "--json", "good.sgxs"))["identity"]["mrsigner"])
        (self.folder / "odd.sgx").write_bytes((self.folder / "good.sgx").read_bytes().replace(b'{"sites"', b'["sites"', 1))
        self.assertIsNone(json.loads(self.must("inspect", "--json", "odd.sgx"))["sites"])
        self.assertIn("No site report", self.must("inspect", "odd.sgx"))

    def test_memory_map_is_well_formed(self):
        self.must("inspect", "good.sgx", "--svg", "map.svg")
        root = xml.etree.ElementTree.parse(self.folder / "map.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        self.assertIn("heap", xml.etree.ElementTree.tostring(root, encoding="unicode"))

    def test_dump_for_analysers(self):
        self.must("pack", "good", "-o", "dumped.sgx", "--manifest", "m.toml", "--pandora-dump", "dumped")
        pages = json.loads((self.folder / "dumped.json").read_text())
        self.assertGreater(len(pages), 5)
        self.assertGreater((self.folder / "dumped.dump").stat().st_size, 1 << 20)


if __name__ == "__main__":
    unittest.main()
