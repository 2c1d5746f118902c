#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A TLS client outside talks to a server inside, and believes it for the right reason only."""

import socket
import subprocess
import threading
import unittest

from enclaves import HERE, SGXX, Enclaves

EXAMPLE = HERE.parents[1] / "examples" / "provisioning"
TRUSTING = ("--insecure-root",)


def relay(listener, port, change):
    """One connection through a man in the middle, who changes what the server sends."""
    with listener, listener.accept()[0] as client, socket.create_connection(("127.0.0.1", port)) as server:
        def forward():
            try:
                while data := client.recv(65536):
                    server.sendall(data)
            except OSError:
                pass

        threading.Thread(target=forward, daemon=True).start()
        client.settimeout(30)
        try:
            while data := server.recv(65536):
                client.sendall(change(data))
        except OSError:
            pass


class TlsServer(Enclaves):
    program, flags = "greeter.cc", (f"-I{EXAMPLE}",)

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.compile_here("visitor.cc", "visitor")
        cls.server = cls.image("server")
        cls.mrenclave = cls.must("measure", cls.server).split()[0]
        cls.must("quote", "--collateral", "collateral", environment=cls.on_machine("machine"))

    def serve(self, image=None, kind="attested", visitors=1, machine="machine"):
        process = subprocess.Popen([SGXX, "run", "--device=soft", image or self.server, kind, str(visitors)], cwd=self.folder,
                                   env={**self.environment, **self.on_machine(machine)}, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate, timeout=60)
        return int(process.stdout.readline())

    def visit(self, port, *options, mrenclave=None):
        command = [self.folder / "visitor", str(port), "collateral", mrenclave or self.mrenclave, *options]
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        return (result.stdout or result.stderr).strip()

    def test_the_right_one_is_believed(self):
        self.assertEqual(self.visit(self.serve(), *TRUSTING), "hello")

    def test_again_and_again_each_with_a_quote_of_its_own(self):
        said = self.visit(self.serve(visitors=20), *TRUSTING, "--visits", "20").splitlines()
        self.assertEqual(said[0], "hello")
        self.assertRegex(said[1], r"^[0-9]+ handshakes per second$")

    def test_the_insecure_root_needs_its_word(self):
        self.assertRegex(self.visit(self.serve()), "^refused: .*root-untrusted")

    def test_another_enclave_is_refused(self):
        self.assertRegex(self.visit(self.serve(self.image("bigger", heap="48 MiB")), *TRUSTING), "^refused: .*identity-not-accepted")

    def test_one_that_can_be_debugged_is_refused(self):
        debugged = self.image("debugged", debug=True)
        measured = self.must("measure", debugged).split()[0]
        self.assertRegex(self.visit(self.serve(debugged), *TRUSTING, mrenclave=measured), "^refused: .*debug")

    def test_another_machine_is_refused(self):
        self.assertRegex(self.visit(self.serve(machine="other-machine"), *TRUSTING), "^refused: .*root-untrusted")

    def test_a_server_without_evidence_is_refused(self):
        self.assertRegex(self.visit(self.serve(kind="plain"), *TRUSTING), "^refused: .*evidence")
        self.assertEqual(self.visit(self.serve(kind="plain"), mrenclave="anybody"), "hello")

    def test_a_man_in_the_middle_changes_nothing_unseen(self):
        for name, change, expected in (("nothing", bytes, "^hello$"), ("a bit", lambda data: data[:-1] + bytes([data[-1] ^ 1]), "^refused: no TLS connection$")):
            with self.subTest(changes=name):
                port = self.serve()
                listener = socket.create_server(("127.0.0.1", 0))
                here = listener.getsockname()[1]
                middle = threading.Thread(target=relay, args=(listener, port, change))
                middle.start()
                self.assertRegex(self.visit(here, *TRUSTING), expected)
                middle.join(timeout=60)


if __name__ == "__main__":
    unittest.main()
