#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two enclaves on one machine attest each other; one that differs in what matters is refused, and both sides hear the reason."""

import itertools
import re
import socket
import subprocess
import threading
import unittest

from enclaves import SGXX, Enclaves

SECRET = b"a secret between enclaves"


class Channel(Enclaves):
    program = "peer.cc"
    sockets = itertools.count()

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.ours = cls.image("ours")
        cls.identity = dict(re.findall(r"^(MRENCLAVE|MRSIGNER) (\w+)$", cls.must("run", "--device=soft", cls.ours, "who"), re.M))

    def product(self, version="3"):
        return ("signer", self.identity["MRSIGNER"], "7", version)

    def start(self, image, *arguments, machine="machine", command=None):
        command = command or [SGXX, "run", "--device=soft", image]
        return subprocess.Popen([*command, *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**self.environment, **self.on_machine(machine)})

    def end(self, process):
        out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, error), (0, ""))
        return out.strip()

    def talk(self, one, two, policy_of_one, policy_of_two, place=None, machine_of_two="machine"):
        """What both say; `one` connects to `two`."""
        place = place or str(self.folder / f"socket-{next(self.sockets)}")
        second = self.start(two, "accept", place, *policy_of_two, machine=machine_of_two)
        first = self.start(one, "connect", place, *policy_of_one)
        return self.end(first), self.end(second)

    def refused(self, image, reason, text, policy=None):
        """`image` is refused by ours in both roles, for the same reason."""
        policy = policy or self.product()
        anybody = ("signer", self.identity["MRSIGNER"], "7", "0", "enclave", self.identity["MRENCLAVE"])
        for theirs_connects in (True, False):
            with self.subTest(theirs_connects=theirs_connects):
                pair = (image, self.ours, anybody, policy) if theirs_connects else (self.ours, image, policy, anybody)
                said = self.talk(*pair)
                theirs, ours = said if theirs_connects else said[::-1]
                self.assertEqual(ours, f"not_accepted {reason}")
                self.assertEqual(theirs, f"refused_by_peer: the other side does not accept this enclave: {text}")

    def test_two_of_a_kind_talk(self):
        expected = f"talked with {self.identity['MRENCLAVE']}"
        self.assertEqual(self.talk(self.ours, self.ours, self.product(), ("enclave", self.identity["MRENCLAVE"])), (expected, expected))

    def test_over_tcp(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        expected = f"talked with {self.identity['MRENCLAVE']}"
        self.assertEqual(self.talk(self.ours, self.ours, self.product(), self.product(), str(port)), (expected, expected))

    def test_a_modified_one_is_refused(self):
        self.refused(self.image("modified", heap="33 MiB"), "unknown_enclave",
                     "neither its measurement nor its signer is one that the policy names", ("enclave", self.identity["MRENCLAVE"]))

    def test_a_debug_one_is_refused_unless_it_is_asked_for(self):
        debug = self.image("debug", debug=True)
        self.refused(debug, "debug", "it has the DEBUG attribute")
        said = self.talk(debug, self.ours, self.product(), (*self.product(), "debug"))
        self.assertTrue(all(text.startswith("talked with") for text in said), said)

    def test_a_lower_version_is_refused_and_a_higher_one_is_not(self):
        self.refused(self.image("older", version=2), "old_version", "its version is lower than the policy asks for")
        newer = self.image("newer", version=4)
        said = self.talk(newer, self.ours, self.product(), self.product())
        self.assertTrue(all(text.startswith("talked with") for text in said), said)

    def test_another_signer_is_refused(self):
        self.refused(self.image("stranger", signer="others"), "unknown_enclave",
                     "neither its measurement nor its signer is one that the policy names")

    def test_another_product_is_refused(self):
        self.refused(self.image("product", product_id=8), "other_product", "it is another product of its signer")

    def test_another_machine_is_not_believed(self):
        first, second = self.talk(self.ours, self.ours, self.product(), self.product(), machine_of_two="other-machine")
        self.assertTrue(first.startswith("not_authentic"), first)
        self.assertTrue(second.startswith("connection_broken"), second)

    def test_the_host_in_between_reads_nothing_and_changes_nothing(self):
        for position in (None, 1200, 5000):  # of the connecting side's bytes, behind the handshake
            with self.subTest(position=position):
                behind = str(self.folder / f"socket-{next(self.sockets)}")
                second = self.start(self.ours, "accept", behind, *self.product())
                place = str(self.folder / f"socket-{next(self.sockets)}")
                between = Between(place, behind, position)
                first = self.start(self.ours, "connect", place, *self.product())
                said = self.end(first), self.end(second)
                between.join()
                self.assertTrue(position is not None or len(between.seen) > 6 << 20)
                self.assertNotIn(SECRET, between.seen)
                self.assertNotIn(b"\x77" * 16, between.seen)
                talked = [text.startswith("talked") for text in said]
                self.assertEqual(talked, [position is None] * 2, said)
                if position is not None:
                    self.assertTrue(said[1].startswith("not_authentic"), said)

    def test_outside_of_an_enclave(self):
        place = str(self.folder / "anybody")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(place)
            listener.listen(1)
            process = self.start(None, "connect", place, command=[self.folder / "program"])
            self.assertTrue(self.end(process).startswith("not_in_enclave: not in an enclave"))


class Between(threading.Thread):
    """A host that passes on what the two say, remembers it, and changes one byte of what the connecting side sends."""

    def __init__(self, place, behind, position):
        super().__init__(daemon=True)
        self.behind, self.position, self.seen, self.lock = behind, position, bytearray(), threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(place)
        self.listener.listen(1)
        self.start()

    def run(self):
        front, _ = self.listener.accept()
        self.listener.close()
        with front, socket.socket(socket.AF_UNIX) as back:
            self.reach(back)
            ways = [threading.Thread(target=self.carry, args=pair) for pair in ((front, back, self.position), (back, front, None))]
            for way in ways:
                way.start()
            for way in ways:
                way.join()

    def reach(self, back):
        while True:
            try:
                back.connect(self.behind)
                break
            except OSError:
                threading.Event().wait(0.02)

    def carry(self, source, sink, position):
        at = 0
        try:
            while data := source.recv(1 << 16):
                with self.lock:
                    self.seen += data
                if position is not None and at <= position < at + len(data):
                    data = bytearray(data)
                    data[position - at] ^= 1
                at += len(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


if __name__ == "__main__":
    unittest.main()
