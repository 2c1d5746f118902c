#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs on encrypted volumes: what the tool and a program share, who gets the key, and what a freshness server refuses."""

import os
import random
import shutil
import subprocess
import time
import unittest

from cluster import ROOT, SGXX, WithFreshness

EXAMPLE = ROOT / "examples" / "notes_volume"
BLOCK = 4096


class Keys(WithFreshness):
    """key = "program" and sealed keys, without a freshness service."""

    @classmethod
    def prepare(cls):
        (cls.folder / "machine").write_bytes(os.urandom(16))
        cls.must("keygen", "ours.pem")
        cls.must("c++", "-std=c++20", "-O1", "--sgxx-no-sanitize", ROOT / "tests" / "volumes" / "volume_user.cc", "-o", "user")
        for key in ("program", "signer", "enclave"):
            cls.image(f"{key}", key)
        cls.image("later", "signer", version=2)
        cls.image("grown", "enclave", version=2)
        for name in ("one", "other"):
            cls.must("volume", "keygen", "--hex", f"{name}.key")
        cls.one, cls.other = ((cls.folder / f"{name}.key").read_text().strip() for name in ("one", "other"))

    @classmethod
    def image(cls, name, key, version=1, freshness='freshness = "none"'):
        (cls.folder / f"{name}.toml").write_text(
            f'product_id = 3\nversion = {version}\nheap = "32 MiB"\nthreads = 4\n[[mount]]\ntype = "encrypted"\npath = "/data"\n'
            f'source = "volume"\nkey = "{key}"\n{freshness}\ncache = "1 MiB"\n')
        cls.must("pack", "user", "-o", f"{name}.sgx", "--manifest", f"{name}.toml", "--key", "ours.pem")

    def setUp(self):
        self.name = self.id().split(".")[-1]
        (self.folder / self.name).mkdir()

    def run_inside(self, image, *words):
        result = self.call("run", "--device=soft", "--mount", f"/data={self.folder / self.name}", f"{image}.sgx", *words,
                           environment=self.on_machine("machine"))
        return result.returncode, result.stdout.decode().splitlines()

    def test_what_the_tool_makes_a_program_opens_and_the_other_way_round(self):
        (self.folder / "note").write_text("from outside")
        volume_id = self.must("volume", "create", self.name, "--key-file", "one.key").strip()
        self.must("volume", "cp", "note", f"{self.name}:/note", "--key-file", "one.key")
        self.assertEqual(self.run_inside("program", self.one, "info", "read", "note", "write", "reply", "from inside"),
                         (0, [volume_id, "from outside"]))
        self.must("volume", "check", self.name, "--key-file", "one.key")
        self.must("volume", "cp", f"{self.name}:/reply", "reply", "--key-file", "one.key")
        self.assertEqual((self.folder / "reply").read_text(), "from inside")

    def test_without_the_key_there_is_nothing(self):
        self.assertEqual(self.run_inside("program", self.one, "write", "a", "secret"), (0, []))
        self.assertNotIn(b"secret", (self.folder / self.name / "volume").read_bytes())
        self.assertEqual(self.run_inside("program", "locked"), (0, ["cannot read: Required key not available"]))
        self.assertEqual(self.run_inside("program", self.other, "read", "a"), (1, ["wrong_key"]))
        self.assertEqual(self.run_inside("program", self.one, "read", "a"), (0, ["secret"]))

    def test_another_key_inside_and_outside(self):
        self.assertEqual(self.run_inside("program", self.one, "write", "a", "kept", "rewrap", self.other), (0, []))
        self.assertEqual(self.run_inside("program", self.one, "read", "a"), (1, ["wrong_key"]))
        self.assertEqual(self.run_inside("program", self.other, "read", "a"), (0, ["kept"]))
        self.must("volume", "rewrap", self.name, "--key-file", "other.key", "--new-key-file", "one.key")
        self.assertEqual(self.run_inside("program", self.one, "read", "a"), (0, ["kept"]))

    def test_from_a_key_of_ones_own_to_a_sealed_one(self):
        self.assertEqual(self.run_inside("program", self.one, "write", "a", "kept", "rewrap", "signer"), (0, []))
        self.assertEqual(self.run_inside("signer", "sealed", "read", "a"), (0, ["kept"]))
        self.assertEqual(self.run_inside("later", "sealed", "read", "a"), (0, ["kept"]))
        self.assertIn('"signer"', self.must("volume", "info", self.name, "--json"))
        self.refused(125, "does not open with this key", "volume", "ls", self.name, "--key-file", "one.key")

    def test_the_tool_leaves_anchored_volumes_as_they_are(self):
        self.image("anchored", "program", freshness='freshness = "file"\nfreshness_file = "anchor"')
        (self.folder / "note").write_text("from outside")
        for text in ("first", "second"):
            self.assertEqual(self.run_inside("anchored", self.one, "write", "a", text), (0, []))
        self.refused(125, "a freshness service keeps this volume", "volume", "cp", "note", f"{self.name}:/more", "--key-file", "one.key")
        self.must("volume", "cp", f"{self.name}:/a", "out", "--key-file", "one.key")
        self.assertEqual((self.folder / "out").read_text(), "second")
        self.assertEqual(self.run_inside("anchored", self.one, "read", "a"), (0, ["second"]))

    def test_changed_volumes_are_refused(self):
        self.assertEqual(self.run_inside("program", self.one, "write", "a", "kept"), (0, []))
        volume = self.folder / self.name / "volume"
        good = volume.read_bytes()
        for blocks in (range(4, len(good) // BLOCK), (2, 3)):
            damaged = bytearray(good)
            for block in blocks:
                damaged[block * BLOCK + 77] ^= 1
            volume.write_bytes(damaged)
            self.assertEqual(self.run_inside("program", self.one, "read", "a"), (1, ["not_authentic"]))


class Rollback(WithFreshness):
    """examples/notes_volume with the freshness server."""

    CLIENT_PRODUCT = 2

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.must("c++", "-std=c++20", "-O1", "--sgxx-no-sanitize", EXAMPLE / "notes_volume.cc", "-o", "notes_volume")
        cls.must("pack", "notes_volume", "-o", "notes.sgx", "--manifest", EXAMPLE / "notes_volume.toml", "--key", "ours.pem")
        (cls.folder / "anchors").mkdir()

    def setUp(self):
        self.notes = self.folder / self.id().split(".")[-1]
        self.notes.mkdir()

    def command(self, server, *words, notes=None):
        service = ("--server", f"127.0.0.1:{server.port}", self.server_measurement, self.server_id) if server else ()
        return ("run", "--device=soft", "--mount", f"/notes={notes or self.notes}", "notes.sgx", *service, *words)

    def note(self, server, *words, notes=None):
        """What the program says, or how it fails."""
        result = self.call(*self.command(server, *words, notes=notes), environment=self.on_machine("machine"))
        return result.stdout.decode().splitlines() if result.returncode == 0 else result.stderr.decode()

    def keep(self):
        return (self.notes / "volume").read_bytes()

    def bring_back(self, content):
        (self.notes / "volume").write_bytes(content)

    def test_the_example_without_a_server(self):
        self.assertEqual(self.note(None, "add", "buy milk"), [])
        old = self.keep()
        self.assertEqual(self.note(None, "add", "call home"), [])
        new = self.keep()
        self.assertEqual(self.note(None, "list"), ["buy milk", "call home"])
        self.bring_back(old)
        self.assertIn("the newest", self.note(None, "list"))
        self.bring_back(new)
        self.assertEqual(self.note(None, "list"), ["buy milk", "call home"])

    def test_an_old_volume_is_refused_whole_and_in_parts(self):
        server = self.serve()
        self.assertEqual(self.note(server, "add", "one"), [])
        old = self.keep()
        for text in ("two", "three"):
            self.assertEqual(self.note(server, "add", text), [])
        new = self.keep()
        self.bring_back(old)
        self.assertIn("the newest", self.note(server, "list"))
        self.assertIn("the newest", self.note(server, "add", "four"))
        server.kill()
        server = self.serve()
        self.assertIn("the newest", self.note(server, "list"))
        # Parts of it: whatever is shown is the newest, all of it, or nothing.
        chance = random.Random(5)
        changed = [i for i in range(len(new) // BLOCK) if new[i * BLOCK:(i + 1) * BLOCK] != old[i * BLOCK:(i + 1) * BLOCK]]
        for count in (1, 2, len(changed) - 1):
            mixed = bytearray(new)
            for block in chance.sample(changed, count):
                mixed[block * BLOCK:(block + 1) * BLOCK] = old[block * BLOCK:(block + 1) * BLOCK].ljust(BLOCK, b"\0")
            self.bring_back(mixed)
            said = self.note(server, "list")
            if said != ["one", "two", "three"]:
                self.assertRegex(said, "the newest|damaged|Bad message|cannot read")
        self.bring_back(new)
        self.assertEqual(self.note(server, "list"), ["one", "two", "three"])

    def test_of_two_histories_one_goes_on(self):
        server = self.serve()
        self.assertEqual(self.note(server, "add", "one"), [])
        fork = self.folder / "fork"
        shutil.copytree(self.notes, fork)
        self.assertEqual(self.note(server, "add", "mine"), [])
        self.assertIn("the newest", self.note(server, "add", "theirs", notes=fork))
        self.assertEqual(self.note(server, "list"), ["one", "mine"])

    def test_without_a_majority_notes_are_not_kept_and_none_is_lost(self):
        server = self.serve()
        self.assertEqual(self.note(server, "add", "one"), [])
        self.cluster.kill(2)
        self.assertEqual(self.note(server, "add", "two"), [])
        self.cluster.kill(1)
        self.assertIn("no answer in time", self.note(server, "add", "three"))
        self.cluster.start(1, 2)
        self.assertEqual(self.note(server, "list"), ["one", "two"])
        self.assertEqual(self.note(server, "add", "three"), [])
        self.assertEqual(self.note(server, "list"), ["one", "two", "three"])

    def test_a_service_that_has_lost_the_volume_is_noticed(self):
        for text in ("one", "two"):
            self.assertEqual(self.note(None, "add", text), [])  # anchored in a file
        self.assertIn("the newest", self.note(self.serve(), "list"))

    def test_answers_that_come_late_are_no_loss(self):
        self.must("c++", "-std=c++20", "-O1", "--sgxx-no-sanitize", ROOT / "tests" / "volumes" / "late.cc", "-o", "late")
        self.must("pack", "late", "-o", "late.sgx", "--manifest", EXAMPLE / "notes_volume.toml", "--key", "ours.pem")
        for request in range(3):
            with self.subTest(carried_out=request):
                notes, anchors = (self.folder / f"late-{what}-{request}" for what in ("notes", "anchors"))
                notes.mkdir()
                anchors.mkdir()
                run = ("run", "--device=soft", "--mount", f"/notes={notes}", "--mount", f"/anchors={anchors}", "late.sgx")
                said = self.call(*run, "fail", request, environment=self.on_machine("machine")).stdout.decode()
                self.assertEqual(said, "10000\n")  # one is kept
                said = self.must(*run, "open", environment=self.on_machine("machine")).split("\n")
                self.assertIn("a", said)
                self.assertIn("goes on", said)

    def test_whenever_the_program_is_killed_what_was_kept_is_there(self):
        server = self.serve()
        chance = random.Random(6)
        kept = []
        for i in range(4):
            process = subprocess.Popen([SGXX, *map(str, self.command(server, "add", f"note {i}"))], cwd=self.folder,
                                       env={**self.environment, **self.on_machine("machine")}, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                if process.wait(timeout=chance.uniform(0.1, 0.8)) == 0:
                    kept.append(f"note {i}")
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=30)
            time.sleep(0.05)
            said = self.note(server, "list")
            self.assertIsInstance(said, list, said)
            self.assertLessEqual(set(kept), set(said))


if __name__ == "__main__":
    unittest.main()
