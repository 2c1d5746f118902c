#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""examples/provisioning does what its reader is told: a key for the right enclave, and for no other."""

import os
import pathlib
import subprocess
import unittest

from enclaves import Enclaves

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "provisioning"


class Provisioning(Enclaves):
    @classmethod
    def prepare(cls):
        for name in ("keyserver", "counter"):
            cls.must("c++", "-std=c++20", "-O1", "--sgxx-no-sanitize", EXAMPLE / f"{name}.cc", "-o", name)
        cls.must("keygen", "signer.pem")
        for name in ("server", "impostor"):
            subprocess.run([cls.folder / "keyserver", "--make-identity", name], cwd=cls.folder, check=True)
        (cls.folder / "machine").write_bytes(os.urandom(16))
        (cls.folder / "other-machine").write_bytes(os.urandom(16))
        (cls.folder / "secret.key").write_bytes(os.urandom(32))
        cls.right = cls.pack("counter")
        cls.must("quote", "--collateral", "collateral", environment=cls.on_machine("machine"))

    @classmethod
    def pack(cls, name, *options):
        cls.must("pack", "counter", "-o", f"{name}.sgx", "--manifest", EXAMPLE / "counter.toml", "--measured-data", "server.sha256",
                 "--key", "signer.pem", *options)
        return f"{name}.sgx"

    def setUp(self):
        self.state = self.folder / self.id()
        self.state.mkdir()
        self.server = None

    def tearDown(self):
        self.stop()

    def stop(self, lines=0):
        """The lines that the server wrote. It may still be about to write the last of these many when its client has ended."""
        if self.server is None:
            return []
        said = [self.server.stdout.readline().decode().rstrip() for _ in range(lines)]
        self.server.terminate()
        said += self.server.communicate(timeout=30)[0].decode().splitlines()
        self.server = None
        return said

    def start(self, identity="server", options=("--insecure-root",)):
        mrenclave = self.must("measure", self.right).split()[0]
        self.server = subprocess.Popen(
            [self.folder / "keyserver", f"{identity}.pem", "secret.key", "collateral", mrenclave, *options, "0"],
            cwd=self.folder, stdout=subprocess.PIPE)
        self.port = self.server.stdout.readline().decode().split()[-1]

    def count(self, image=None, machine="machine"):
        result = self.call("run", "--device=soft", "--mount", f"/state={self.state}", image or self.right, "127.0.0.1", self.port,
                           environment=self.on_machine(machine))
        return result.stdout.decode().strip() if result.returncode == 0 else result.stderr.decode().strip()

    def test_state_survives_restarts_of_both(self):
        self.start()
        self.assertEqual([self.count(), self.count()], ["1", "2"])
        self.assertEqual(sum(line.startswith("released to ") for line in self.stop(2)), 2)
        self.start()
        self.assertEqual(self.count(), "3")

    def test_others_get_nothing(self):
        self.start()
        self.assertIn("no key", self.count(self.pack("other", "--heap", "65MiB")))
        self.assertIn("no key", self.count(machine="other-machine"))
        said = self.stop(2)
        self.assertIn("identity-not-accepted", said[0])
        self.assertIn("root-untrusted", said[1])

    def test_the_insecure_root_is_not_believed_by_itself(self):
        self.start(options=())
        self.assertIn("no key", self.count())
        self.assertIn("root-untrusted", self.stop(1)[0])

    def test_the_enclave_takes_no_key_from_another_server(self):
        self.start("impostor")
        self.assertIn("another server", self.count())

    def test_changed_state_is_refused(self):
        self.start()
        self.assertEqual(self.count(), "1")
        file = self.state / "counter"
        changed = bytearray(file.read_bytes())
        changed[-1] ^= 1
        file.write_bytes(changed)
        self.assertIn("tag", self.count())


if __name__ == "__main__":
    unittest.main()
