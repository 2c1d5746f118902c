#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From a program in an enclave to a verdict elsewhere: quotes of the software SGX, its collateral, and who believes what."""

import json
import pathlib
import subprocess
import unittest

from enclaves import Enclaves

DATA = "5a" * 64


class Quoting(Enclaves):
    program = "quoter.cc"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.ours = cls.image("ours")
        cls.quote = cls.quote_of(cls.ours)
        cls.must("quote", "--collateral", "collateral", environment=cls.on_machine("machine"))
        cls.must("quote", "--collateral", "other-collateral", environment=cls.on_machine("other-machine"))
        cls.mrenclave = cls.must("measure", cls.ours).split()[0]

    @classmethod
    def quote_of(cls, image, machine="machine"):
        result = cls.call("run", "--device=soft", image, DATA, environment=cls.on_machine(machine))
        if result.returncode != 0:
            raise AssertionError(result.stderr.decode())
        return result.stdout

    def verdict(self, quote, accept='"insecure-root"', roots='roots = ["collateral/root.pem"]', collateral="collateral", rule=None, options=()):
        """Exit code and the reasons of `sgxx verify`."""
        (self.folder / "quote.bin").write_bytes(quote)
        rule = rule or f'mrenclave = "{self.mrenclave}"'
        (self.folder / "policy.toml").write_text(
            (f'accept = [{accept}]\n' if accept else '') + f'{roots}\n[[enclave]]\n{rule}\n')
        result = self.call("verify", "quote.bin", "--collateral", collateral, "--policy", "policy.toml", "--json", *options)
        said = json.loads(result.stdout)
        return result.returncode, [refusal["reason"] for refusal in said["refusals"]]

    def test_accepted_for_the_right_reasons(self):
        self.assertEqual(self.verdict(self.quote), (0, []))
        said = json.loads(self.call("verify", "quote.bin", "--collateral", "collateral", "--json").stdout)
        self.assertEqual(said["report_data"], DATA)

    def test_the_insecure_root_needs_its_word_and_to_be_named(self):
        self.assertEqual(self.verdict(self.quote, accept=""), (1, ["insecure-root"]))
        self.assertIn("root-untrusted", self.verdict(self.quote, roots="")[1])

    def test_another_enclave(self):
        other = self.quote_of(self.image("other", heap="33 MiB"))
        self.assertEqual(self.verdict(other), (1, ["identity-not-accepted"]))

    def test_versions_and_signers(self):
        signer = json.loads(self.must("inspect", "--json", self.ours))["identity"]["mrsigner"]
        rule = f'mrsigner = "{signer}"\nproduct_id = 7\nmin_version = {{}}'
        self.assertEqual(self.verdict(self.quote, rule=rule.format(3)), (0, []))
        self.assertEqual(self.verdict(self.quote, rule=rule.format(4)), (1, ["identity-not-accepted"]))
        others = self.quote_of(self.image("others", signer="others"))
        self.assertEqual(self.verdict(others, rule=rule.format(3)), (1, ["identity-not-accepted"]))

    def test_debug_enclaves_need_their_word(self):
        quote = self.quote_of(self.image("debug", debug=True))
        rule = f'mrsigner = "{json.loads(self.must("inspect", "--json", self.ours))["identity"]["mrsigner"]}"\nproduct_id = 7\nmin_version = 3'
        self.assertEqual(self.verdict(quote, rule=rule), (1, ["debug"]))
        self.assertEqual(self.verdict(quote, rule=rule, accept='"insecure-root", "debug"'), (0, []))

    def test_another_machine_is_another_platform(self):
        quote = self.quote_of(self.ours, "other-machine")
        self.assertIn("root-untrusted", self.verdict(quote)[1])
        self.assertEqual(self.verdict(quote, roots='roots = ["other-collateral/root.pem"]', collateral="other-collateral"), (0, []))

    def test_collateral_expires(self):
        code, reasons = self.verdict(self.quote, options=("--as-of", "2040-01-01"))
        self.assertEqual(code, 1)
        self.assertTrue(any(reason.endswith("expired") for reason in reasons), reasons)

    def test_any_changed_byte_is_seen(self):
        # The signed parts: header and report, signatures, key, the quoting enclave's report and its authentication data.
        for place in range(0, 1046, 61):
            changed = bytearray(self.quote)
            changed[place] ^= 1
            self.assertEqual(self.verdict(bytes(changed))[0], 1, place)

    def test_openssl_agrees_about_the_chain(self):
        chain = self.quote[self.quote.index(b"-----BEGIN"):].rstrip(b"\0")
        (self.folder / "chain.pem").write_bytes(chain)
        verified = subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", "collateral/root.pem", "-untrusted", "chain.pem", "chain.pem"],
                                  cwd=self.folder, capture_output=True)
        self.assertEqual(verified.returncode, 0, verified.stderr.decode())

    def test_sample_and_platform(self):
        self.must("quote", "-o", "sample.bin", "--report-data", "0102", environment=self.on_machine("machine"))
        said = json.loads(self.call("verify", "sample.bin", "--collateral", "collateral", "--root", "collateral/root.pem", "--json").stdout)
        self.assertTrue(said["genuine"])
        self.assertFalse(said["accepted"])
        self.assertTrue(said["report_data"].startswith("010200"))
        self.assertIn("INSECURE", self.must("quote", "--platform", environment=self.on_machine("machine")))
        self.refused(125, "--report-data", "quote", "-o", "sample.bin", "--report-data", "xyz")


if __name__ == "__main__":
    unittest.main()
