#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The freshness server forgets nothing and believes nobody: members of etcd that die, lie or are turned back; clients that are others."""

import base64
import json
import shutil
import unittest

from cluster import ROOT, LyingMember, VouchedMember, WithFreshness

HERE = ROOT / "tests" / "volumes"


class Freshness(WithFreshness):
    @classmethod
    def prepare(cls):
        super().prepare()
        cls.must("c++", "-std=c++20", "-O1", "--sgxx-no-sanitize", HERE / "anchor.cc", "-o", "anchor")
        cls.clients = {name: cls.client(name, **keys) for name, keys in {
            "anchor": {}, "update": {"version": 2, "heap": "65 MiB"}, "product": {"product_id": cls.CLIENT_PRODUCT + 1},
            "signer": {"key": "others"}, "stranger": {"product_id": cls.CLIENT_PRODUCT + 2}}.items()}
        cls.volume = 0

    @classmethod
    def client(cls, name, key="ours", version=1, product_id=WithFreshness.CLIENT_PRODUCT, heap="64 MiB"):
        (cls.folder / f"{name}.toml").write_text(
            f'product_id = {product_id}\nversion = {version}\nheap = "{heap}"\nthreads = 4\n'
            f'[[mount]]\ntype = "measured"\npath = "/config"\nsource = "{cls.folder / "config"}"\n'
            '[[mount]]\ntype = "host"\npath = "/collateral"\nsource = "collateral"\nread_only = true\n')
        cls.must("pack", "anchor", "-o", f"{name}.sgx", "--manifest", f"{name}.toml", "--key", f"{key}.pem")
        return f"{name}.sgx"

    def setUp(self):
        type(self).volume += 1  # each test has a volume of its own

    def ask(self, server, *commands, client="anchor", machine="machine", server_id=None, measurement=None):
        result = self.call("run", "--device=soft", self.clients[client], measurement or self.server_measurement,
                           server_id or server.id, server.port, self.volume, *commands, environment=self.on_machine(machine))
        self.assertEqual(result.stderr, b"")
        return result.stdout.decode().splitlines()

    def test_anchors_go_forwards_and_outlive_the_server(self):
        first = self.serve()
        self.assertEqual(self.ask(first, "get", "0-1a", "0-1a", "get", "1a-5a", "get"), ["none", "done", "done", "1a", "done", "5a"])
        first.kill()
        second = self.serve()
        self.assertEqual(second.id, self.server_id)
        self.assertEqual(self.ask(second, "get", "5a-6a"), ["5a", "done"])

    def test_a_fork_is_noticed(self):
        server = self.serve()
        self.assertEqual(self.ask(server, "0-1a", "1a-2a"), ["done", "done"])
        self.assertEqual(self.ask(server, "1a-2b", "1a-3b", "0-1b", "2a-3b"), ["conflict: 2a", "conflict: 2a", "conflict: 2a", "done"])

    def test_counters_belong_to_who_made_them(self):
        server = self.serve()
        self.assertEqual(self.ask(server, "0-9a"), ["done"])
        self.assertEqual(self.ask(server, "get", client="update"), ["9a"])
        for other in ("product", "signer"):
            with self.subTest(other):
                self.assertEqual(self.ask(server, "get", "9a-10b", "0-1b", client=other), ["none", "conflict: none", "done"])
        self.assertEqual(self.ask(server, "get"), ["9a"])
        [said] = self.ask(server, "get", client="stranger")
        self.assertRegex(said, "^refused_by_peer: ")
        self.assertTrue(any("identity-not-accepted" in line for line in server.said), server.said)
        [said] = self.ask(server, "get", machine="other-machine")
        self.assertRegex(said, "^refused_by_peer: ")

    def test_clients_believe_the_right_server_only(self):
        server = self.serve()
        [said] = self.ask(server, "get", measurement="00" * 32)
        self.assertRegex(said, "^not_accepted: .*identity-not-accepted")
        [said] = self.ask(server, "get", server_id="11" * 16)
        self.assertRegex(said, "^not_accepted: .*other counters")
        self.assertEqual(self.ask(server, "get"), ["none"])

    def test_with_one_member_down_all_goes_on(self):
        server = self.serve()
        self.assertEqual(self.ask(server, "0-1a"), ["done"])
        for victim in range(3):
            self.cluster.kill(victim)
            self.assertEqual(self.ask(server, "get", f"{victim + 1}a-{victim + 2}a"), [f"{victim + 1}a", "done"])
            self.cluster.start(victim)

    def test_without_a_majority_requests_fail_and_nothing_is_lost(self):
        server = self.serve()
        self.assertEqual(self.ask(server, "0-1a"), ["done"])
        self.cluster.kill(0, 1)
        for said in self.ask(server, "get", "1a-2a"):
            self.assertRegex(said, "^unavailable: no answer in time")
        self.cluster.start(0, 1)
        # What was asked for without an answer may have happened, or happen yet; asking again makes it certain.
        self.assertEqual(self.ask(server, "1a-2a", "get", "2a-3a", "get"), ["done", "2a", "done", "3a"])

    def test_a_member_that_lies_is_outvoted(self):
        liar = LyingMember(self.cluster.clients[0])
        self.addCleanup(liar.stop)
        server = self.serve(etcd=[liar.url, *self.cluster.urls()[1:]])
        self.assertEqual(self.ask(server, "0-1a"), ["done"])
        kept = {}

        def old(path, answer):
            return kept.setdefault(path, answer()) if path.endswith("range") else answer()

        def with_value(make):
            def lie(path, answer):
                said = json.loads(answer())
                for entry in said.get("kvs", []):
                    entry["value"] = base64.b64encode(make(base64.b64decode(entry["value"]))).decode()
                return json.dumps(said).encode()
            return lie

        def idle(path, answer):
            return answer() if path.endswith("range") else b'{"header":{},"succeeded":true}'

        lies = {"old values": old, "forged values": with_value(lambda real: real[:8] + bytes([real[8] + 7]) + real[9:]),
                "garbage": with_value(lambda _: b"garbage"), "no JSON": lambda *_: b"\xff{[", "deep JSON": lambda *_: b"[" * 100000,
                "emptiness": lambda *_: b'{"header":{}}', "an error": lambda *_: b'{"error":"no","code":14}', "no writes": idle}
        for generation, (name, lie) in enumerate(lies.items(), 1):
            with self.subTest(name):
                liar.lie = lie
                self.assertEqual(self.ask(server, "get", f"{generation}a-{generation + 1}a", "get"),
                                 [f"{generation}a", "done", f"{generation + 1}a"])

    def test_who_remembers_sees_the_whole_cluster_turned_back(self):
        server = self.serve()
        self.assertEqual(self.ask(server, "0-1a"), ["done"])
        self.cluster.kill()
        self.cluster.keep()
        self.cluster.start()
        self.assertEqual(self.ask(server, "1a-2a"), ["done"])
        self.cluster.kill()
        self.cluster.turn_back()
        self.cluster.start()
        for said in self.ask(server, "get", "1a-3a"):
            self.assertRegex(said, "^rolled_back: ")
        self.assertTrue(any("gone back" in line for line in server.said))

    def test_another_cluster_is_refused(self):
        liar = LyingMember(self.cluster.clients[0])
        self.addCleanup(liar.stop)
        liar.lie = lambda *_: b'{"header":{}}'
        server = self.serve(etcd=[liar.url])
        self.assertRegex(server.why(), "another, or was emptied")

    def test_members_that_measured_authorities_vouch_for(self):
        right, wrong = (VouchedMember(self.folder / f"{name}-etcd") for name in ("right", "wrong"))
        self.addCleanup(right.stop)
        self.addCleanup(wrong.stop)
        shutil.copytree(self.folder / "config", self.folder / "vouched")
        shutil.copy(right.authority, self.folder / "vouched" / "etcd.pem")
        measured = self.server_image("vouched", "vouched")
        server = self.serve("--initialize", etcd=[right.url], image="vouched.sgx", state="vouched-state")
        self.assertEqual(self.ask(server, "0-1a", "get", measurement=measured), ["done", "1a"])
        self.assertRegex(self.serve(etcd=self.cluster.urls(), image="vouched.sgx", state="vouched-state").why(), "by https")
        impostor = self.serve("--initialize", etcd=[wrong.url], image="vouched.sgx", state="other-state", until="waiting")
        self.assertTrue(any("issuer certificate" in line for line in impostor.said), impostor.said)

    def test_a_key_is_made_once_and_opened_here_only(self):
        self.assertRegex(self.serve("--initialize").why(), "exists already")
        self.assertRegex(self.serve(state="nowhere").why(), "is not there")
        self.assertRegex(self.serve(machine="other-machine").why(), "tag")

    def test_another_server_of_this_build_takes_the_key(self):
        server = self.serve()
        self.assertEqual(self.ask(server, "0-1a"), ["done"])
        joined = self.serve("--join", f"127.0.0.1:{server.port}", state="joined")
        self.assertEqual(joined.id, server.id)
        server.kill()
        self.assertEqual(self.ask(joined, "get", "1a-2a"), ["1a", "done"])
        joined.kill()
        self.assertEqual(self.ask(self.serve(state="joined"), "get"), ["2a"])


if __name__ == "__main__":
    unittest.main()
