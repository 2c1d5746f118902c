# SPDX-License-Identifier: Apache-2.0
"""An etcd cluster of three members on the loopback, members that lie, and a freshness server over them."""

import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

from command import SGXX, Sgxx

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = os.environ.get("SGXX_FRESHNESS", "sgxx-freshness")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def exchange(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request(method, path, body)
        return connection.getresponse().read()
    finally:
        connection.close()


class Cluster:
    """Three members, each with a folder of its own that survives it."""

    def __init__(self, folder):
        self.folder = folder
        ports = free_ports(6)
        self.clients, self.peers = ports[:3], ports[3:]
        self.processes = [None] * 3

    def urls(self):
        return [f"http://127.0.0.1:{port}" for port in self.clients]

    def start(self, *members):
        names = ",".join(f"m{i}=http://127.0.0.1:{port}" for i, port in enumerate(self.peers))
        for i in members or range(3):
            client, peer = f"http://127.0.0.1:{self.clients[i]}", f"http://127.0.0.1:{self.peers[i]}"
            self.processes[i] = subprocess.Popen(
                ["etcd", "--name", f"m{i}", "--data-dir", self.folder / f"m{i}", "--listen-client-urls", client,
                 "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", names, "--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap",
                 "--log-level", "error", "--unsafe-no-fsync"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def wait(self, seconds=30):
        """Until each member that runs sees a leader."""
        deadline = time.monotonic() + seconds
        waiting = [i for i, process in enumerate(self.processes) if process is not None]
        while waiting and time.monotonic() < deadline:
            waiting = [i for i in waiting if not self.healthy(i)]
            time.sleep(0.05 if waiting else 0)
        if waiting:
            raise AssertionError(f"etcd has no leader: {waiting}")

    def healthy(self, i):
        try:
            return json.loads(exchange(self.clients[i], "GET", "/health")).get("health") == "true"
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def kill(self, *members):
        for i in members or range(3):
            if self.processes[i] is not None:
                self.processes[i].kill()
                self.processes[i].wait(timeout=30)
                self.processes[i] = None

    def keep(self):
        """Copies what all members have on their disks; they must be stopped."""
        shutil.rmtree(self.folder / "kept", ignore_errors=True)
        for i in range(3):
            shutil.copytree(self.folder / f"m{i}", self.folder / "kept" / f"m{i}")

    def turn_back(self):
        for i in range(3):
            shutil.rmtree(self.folder / f"m{i}")
            shutil.copytree(self.folder / "kept" / f"m{i}", self.folder / f"m{i}")


class VouchedMember:
    """One member that is a cluster by itself, reached by https; `authority` is who vouches for it."""

    def __init__(self, folder):
        folder.mkdir()
        client, peer = free_ports(2)
        self.port, self.authority = client, folder / "ca.pem"
        for name, options in (("ca", ["-x509", "-subj", "/CN=etcd authority"]),
                              ("member", ["-subj", "/CN=member", "-addext", "subjectAltName=IP:127.0.0.1"])):
            subprocess.run(["openssl", "req", *options, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                            folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", folder / "member.pem", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                        "-copy_extensions", "copy", "-days", "2", "-out", folder / "member.crt"], check=True, capture_output=True)
        self.url = f"https://127.0.0.1:{client}"
        self.process = subprocess.Popen(
            ["etcd", "--data-dir", folder / "data", "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
             "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-cluster", f"default=http://127.0.0.1:{peer}", "--cert-file", folder / "member.crt", "--key-file",
             folder / "member.key", "--logger", "zap", "--log-level", "error", "--unsafe-no-fsync"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.process.kill()
        self.process.wait(timeout=30)


class LyingMember:
    """A gateway in front of a member, which does with each answer what `lie` says: from the path, and a function that gets the
    honest answer, to an answer."""

    @staticmethod
    def honest(_, answer):
        return answer()

    def __init__(self, port):
        self.lie = self.honest
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.lie(self.path, lambda: exchange(port, "POST", self.path, request))
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=30)


class FreshnessServer:
    """The server's enclave. `said` holds its lines so far."""

    def __init__(self, test, folder, etcd, *options, image="freshness.sgx", machine="machine", until="listening on"):
        command = [SGXX, "run", "--device=soft", "--mount", f"/state={folder}", "--mount", f"/collateral={test.folder / 'collateral'}",
                   image, "--listen", "127.0.0.1:0", "--timeout", "2", *options]
        for url in etcd:
            command += ["--etcd", url]
        self.errors = open(test.folder / "server.err", "wb+")
        self.process = subprocess.Popen(command, cwd=test.folder, env={**test.environment, **test.on_machine(machine)},
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.said, self.id, self.port = [], None, None
        for line in self.process.stdout:
            self.said.append(line.strip())
            if line.startswith("id "):
                self.id = line.split()[1]
            if line.startswith("listening on "):
                self.port = int(line.split()[-1])
            if line.startswith(until):
                break
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.said.append(line.strip())

    def why(self):
        """Of a server that has not come up: its last words."""
        self.process.wait(timeout=60)
        self.errors.seek(0)
        return self.errors.read().decode()

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)
        self.reader.join(timeout=30)
        self.process.stdout.close()
        self.errors.close()


class WithFreshness(Sgxx):
    """A test case with a cluster, the server's image and one machine."""

    CLIENT_PRODUCT = 7

    @classmethod
    def on_machine(cls, machine):
        return {"SGXX_SOFT_SGX_KEY": str(cls.folder / machine)}

    @classmethod
    def prepare(cls):
        for machine in ("machine", "other-machine"):
            (cls.folder / machine).write_bytes(os.urandom(16))
        cls.must("quote", "--collateral", "collateral", environment=cls.on_machine("machine"))
        signer = {name: cls.must("keygen", f"{name}.pem").split()[1] for name in ("ours", "others")}
        (cls.folder / "config").mkdir()
        shutil.copy(cls.folder / "collateral" / "root.pem", cls.folder / "config" / "root.pem")
        (cls.folder / "config" / "clients.toml").write_text(
            'accept = ["insecure-root"]\nroots = ["root.pem"]\n' + "".join(
                f'[[enclave]]\nmrsigner = "{signer[name]}"\nproduct_id = {product}\nmin_version = 1\n'
                for name, product in (("ours", cls.CLIENT_PRODUCT), ("ours", cls.CLIENT_PRODUCT + 1), ("others", cls.CLIENT_PRODUCT))))
        (cls.folder / "state").mkdir()
        cls.server_measurement = cls.server_image("freshness", "config")
        cls.cluster = Cluster(cls.folder)
        cls.addClassCleanup(cls.cluster.kill)
        cls.cluster.start()
        first = FreshnessServer(cls, cls.folder / "state", cls.cluster.urls(), "--initialize")
        first.kill()
        cls.server_id = first.id

    @classmethod
    def server_image(cls, name, config):
        (cls.folder / f"{name}.toml").write_text(
            (ROOT / "src" / "freshness" / "server" / "freshness.toml").read_text().replace('"config"', f'"{cls.folder / config}"'))
        cls.must("pack", SERVER, "-o", f"{name}.sgx", "--manifest", f"{name}.toml", "--key", "ours.pem")
        return cls.must("measure", f"{name}.sgx").split()[0]

    def serve(self, *options, etcd=None, state="state", **keywords):
        (self.folder / state).mkdir(exist_ok=True)
        server = FreshnessServer(self, self.folder / state, etcd or self.cluster.urls(), *options, **keywords)
        self.addCleanup(server.kill)
        return server
