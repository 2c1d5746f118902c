#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who can unseal what whom has sealed: enclaves that differ in one thing."""

import pathlib
import subprocess
import unittest

from enclaves import Enclaves

SECRET = b"the notes of an enclave"


class Sealing(Enclaves):
    program = "sealer.cc"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.ours = cls.image("ours")

    def run_in(self, image, *arguments, stdin, machine="machine", options=()):
        return self.must("run", "--device=soft", *options, image, *arguments, stdin=stdin, environment=self.on_machine(machine))

    def seal(self, image, policy="signer", **where):
        return self.run_in(image, "seal", policy, stdin=SECRET, **where).encode()

    def unseal(self, image, blob, **where):
        return self.run_in(image, "unseal", stdin=blob, **where)

    def opens(self, image, blob, **where):
        self.assertEqual(self.unseal(image, blob, **where).encode(), SECRET)

    def refuses(self, code, image, blob, **where):
        self.assertEqual(self.unseal(image, blob, **where), code)

    def test_the_same_build_again_and_on_the_same_machine_only(self):
        for policy in ("signer", "enclave"):
            blob = self.seal(self.ours, policy)
            self.opens(self.ours, blob)
            self.refuses("not_authentic", self.ours, blob, machine="other-machine")

    def test_a_newer_version_yes_an_older_one_no(self):
        newer, older = self.image("newer", version=4), self.image("older", version=2)
        blob = self.seal(self.ours)
        self.opens(newer, blob)
        self.refuses("newer_version", older, blob)
        self.opens(self.ours, self.seal(older))
        self.refuses("newer_version", self.ours, self.seal(newer))

    def test_another_build_of_this_signer(self):
        other = self.image("other_build", heap="33 MiB")
        self.opens(other, self.seal(self.ours, "signer"))
        self.refuses("not_authentic", other, self.seal(self.ours, "enclave"))

    def test_another_signer(self):
        stranger = self.image("stranger", signer="others")
        self.refuses("not_authentic", stranger, self.seal(self.ours, "signer"))
        # MRENCLAVE says nothing of who signed: the same build is the same enclave.
        self.opens(stranger, self.seal(self.ours, "enclave"))

    def test_another_product(self):
        self.refuses("not_authentic", self.image("product", product_id=8), self.seal(self.ours))

    def test_debug_and_production_never_share(self):
        debug = self.image("debug", debug=True)
        for policy in ("signer", "enclave"):
            self.refuses("not_authentic", debug, self.seal(self.ours, policy))
            self.refuses("not_authentic", self.ours, self.seal(debug, policy))
            self.opens(debug, self.seal(debug, policy))

    def test_other_processor_state(self):
        if " avx " not in pathlib.Path("/proc/cpuinfo").read_text():
            self.skipTest("no AVX here: nothing to differ in")
        plain = self.image("plain", xfrm=[])
        blob = self.seal(self.ours)
        self.refuses("not_authentic", plain, blob)
        self.refuses("not_authentic", self.ours, self.seal(plain))

    def test_configurations(self):
        kss = self.image("kss", kss=True)
        one, same, higher, lower, other = (("--config-id", number, "--config-svn", version) for number, version in (
            ("01", "2"), ("0100", "2"), ("01", "3"), ("01", "1"), ("02", "2")))
        blob = self.seal(kss, "config", options=one)
        self.opens(kss, blob, options=same)
        self.opens(kss, blob, options=higher)
        self.refuses("newer_version", kss, blob, options=lower)
        self.refuses("not_authentic", kss, blob, options=other)
        self.refuses("newer_version", kss, blob)  # no configuration has version 0
        self.refuses("other_enclave", self.ours, blob)
        self.opens(kss, self.seal(kss, "signer", options=one), options=other)

    def test_a_configuration_needs_kss(self):
        self.refused(125, "needs an enclave with KSS", "run", "--device=soft", "--config-id", "01", self.ours)
        self.refused(125, "expected at most 128 hexadecimal digits", "run", "--device=soft", "--config-id", "0", self.ours)

    def test_nothing_is_fresh(self):
        """What sealing does not do, and says so: an older blob opens, in as many instances as the host likes."""
        older, newer = self.seal(self.ours), self.seal(self.ours)
        self.assertNotEqual(older, newer)
        self.opens(self.ours, newer)
        self.opens(self.ours, older)
        self.opens(self.ours, older)

    def test_outside_of_an_enclave(self):
        for arguments in (["seal", "signer"], ["unseal"]):
            blob = self.seal(self.ours) if arguments == ["unseal"] else SECRET
            result = subprocess.run([self.folder / "program", *arguments], input=blob, capture_output=True)
            self.assertEqual(result.stdout, b"not_in_enclave")


if __name__ == "__main__":
    unittest.main()
