#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keys and signatures: one step equals two, the private key stays private."""

import hashlib
import json
import stat
import subprocess
import unittest

from command import BAD_INPUT, SMALL, Sgxx


class Signing(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("good", SMALL)
        cls.mr_signer = cls.must("keygen", "key.pem").split()[1]
        cls.must("pack", "good", "-o", "good.sgx", "--heap", "2MiB")

    def openssl(self, command):
        subprocess.run(["sh", "-ec", command], cwd=self.folder, check=True, stderr=subprocess.DEVNULL)

    def test_two_steps_equal_one(self):
        self.must("sign", "good.sgx", "--key", "key.pem", "-o", "one.sgx")
        self.must("sign", "good.sgx", "--export", "tbs", "--export-digest", "digest")
        self.assertEqual(hashlib.sha256((self.folder / "tbs").read_bytes()).digest(), (self.folder / "digest").read_bytes())
        self.openssl("openssl rsa -in key.pem -pubout -out key.pub.pem; openssl dgst -sha256 -sign key.pem -out signature tbs; "
                     "openssl pkeyutl -sign -inkey key.pem -pkeyopt digest:sha256 -in digest -out signature2")
        self.must("sign", "good.sgx", "--attach", "signature", "--public-key", "key.pub.pem", "-o", "two.sgx")
        self.must("sign", "good.sgx", "--attach", "signature2", "--public-key", "key.pub.pem", "-o", "three.sgx")
        one = (self.folder / "one.sgx").read_bytes()
        self.assertEqual((self.folder / "two.sgx").read_bytes(), one)
        self.assertEqual((self.folder / "three.sgx").read_bytes(), one)
        self.must("pack", "good", "-o", "at_once.sgx", "--heap", "2MiB", "--key", "key.pem")
        self.assertEqual((self.folder / "at_once.sgx").read_bytes(), one)
        self.assertEqual(self.must("run", "--device=soft", "two.sgx"), "small\n")

    def test_signer_is_the_key(self):
        self.must("sign", "good.sgx", "--key", "key.pem", "-o", "signed.sgx")
        identity = json.loads(self.must("inspect", "--json", "signed.sgx"))["identity"]
        self.assertEqual((identity["mrsigner"], identity["signature"]), (self.mr_signer, "good"))

    def test_in_place_and_again(self):
        self.must("pack", "good", "-o", "again.sgx", "--heap", "2MiB", "--key", "key.pem")
        self.must("keygen", "other.pem")
        self.must("sign", "again.sgx", "--key", "other.pem")
        identity = json.loads(self.must("inspect", "--json", "again.sgx"))["identity"]
        self.assertEqual(identity["signature"], "good")
        self.assertNotEqual(identity["mrsigner"], self.mr_signer)

    def test_a_key_is_private_and_never_overwritten(self):
        self.assertEqual(stat.S_IMODE((self.folder / "key.pem").stat().st_mode), 0o600)
        before = (self.folder / "key.pem").read_bytes()
        self.refused(BAD_INPUT, "key.pem: exists already", "keygen", "key.pem")
        self.assertEqual((self.folder / "key.pem").read_bytes(), before)

    def test_development_key_is_made_once(self):
        environment = {"XDG_DATA_HOME": str(self.folder / "fresh")}
        first = self.call("run", "--device=soft", "--heap", "2MiB", "good", environment=environment)
        path = self.folder / "fresh" / "sgxx" / "development.pem"
        self.assertEqual((first.returncode, first.stdout), (0, b"small\n"))
        self.assertEqual(first.stderr.decode(), f"sgxx: made your development key, {path}\n")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        second = self.call("run", "--device=soft", "--heap", "2MiB", "good", environment=environment)
        self.assertEqual((second.returncode, second.stderr), (0, b""))


if __name__ == "__main__":
    unittest.main()
