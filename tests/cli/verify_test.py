#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`sgxx verify` with Intel's sample: files, policies, exit codes, a caching service; and what `sgxx inspect` says of evidence."""

import http.server
import json
import pathlib
import shutil
import threading
import unittest
import urllib.parse

from command import BAD_INPUT, CANNOT, Sgxx

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VECTORS = next((path for path in (ROOT / "../shared/vectors", ROOT / "../../shared/vectors") if path.is_dir()), None)
REFUSED, UNJUDGED = 1, 3
WITHIN = "2020-01-01"
POLICY = """
roots = ["trustedRootCaCert.pem"]
[[enclave]]
mrenclave = "{mrenclave}"
"""


class Service(http.server.BaseHTTPRequestHandler):
    """A caching service for the sample, in the form of version 3 or 4 of the protocol."""

    asked = []

    def do_GET(self):  # noqa: N802, the name is http.server's
        sample = VECTORS / "dcap/sample"
        Service.asked.append(self.path)
        path, _, query = self.path.partition("?")
        name = path.split("/certification/v4/")[-1]

        def chain(file):
            return urllib.parse.quote((sample / file).read_text(), safe="")

        answers = {
            "pckcert": ("pckCert.pem", "SGX-PCK-Certificate-Issuer-Chain", "pckSignChain.pem"),
            "tcb": ("tcbInfo.json", "TCB-Info-Issuer-Chain", "tcbSignChain.pem"),
            "qe/identity": ("qeIdentity.json", "SGX-Enclave-Identity-Issuer-Chain", "tcbSignChain.pem"),
            "pckcrl": ("intermediateCaCrl.der", "SGX-PCK-CRL-Issuer-Chain", "pckSignChain.pem"),
            "rootcacrl": ("rootCaCrl.der", None, None),
        }
        file, header, issuers = answers.get(name, (None, None, None))
        if file is None or (name == "tcb" and query != "fmspc=00707f000000"):
            self.send_error(404)
            return
        body = (sample / file).read_bytes()
        if name == "rootcacrl":
            body = body.hex().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if header:
            self.send_header(header, chain(issuers))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@unittest.skipIf(VECTORS is None, "../shared/vectors is not beside the project")
class Verify(Sgxx):
    @classmethod
    def prepare(cls):
        for file in (VECTORS / "dcap/sample").iterdir():
            shutil.copy(file, cls.folder)
        (cls.folder / "collateral").mkdir()
        for name in ("pckCert.pem", "pckSignChain.pem", "tcbSignChain.pem", "intermediateCaCrl.pem", "rootCaCrl.der", "tcbInfo.json",
                     "qeIdentity.json"):
            shutil.copy(cls.folder / name, cls.folder / "collateral")
        (cls.folder / "policy.toml").write_text(POLICY.format(mrenclave="0" * 64))
        (cls.folder / "other.toml").write_text(POLICY.format(mrenclave="1" * 64))

    def verify(self, *arguments):
        result = self.call("verify", "quote.dat", *arguments)
        self.assertEqual(result.stderr, b"")
        return result.returncode, result.stdout.decode()

    def verdict(self, *arguments):
        code, text = self.verify("--json", *arguments)
        return code, json.loads(text)

    def test_genuine_is_not_accepted(self):
        code, text = self.verify("--collateral", "collateral", "--root", "trustedRootCaCert.pem", "--as-of", WITHIN)
        self.assertEqual(code, UNJUDGED)
        self.assertRegex(text, r"\Aquote.dat: genuine; not accepted, because no policy says who is expected\n")
        self.assertIn("UpToDate", text)

    def test_the_wrong_root_and_the_wrong_date(self):
        code, verdict = self.verdict("--collateral", "collateral", "--as-of", WITHIN)
        self.assertEqual((code, [refusal["reason"] for refusal in verdict["refusals"]]), (REFUSED, ["root-untrusted"]))
        code, verdict = self.verdict("--collateral", "collateral", "--root", "trustedRootCaCert.pem", "--as-of", "2030-01-01T00:00:00Z")
        reasons = {refusal["reason"] for refusal in verdict["refusals"]}
        self.assertEqual((code, reasons), (REFUSED, {"certificate-expired", "crl-expired", "tcb-info-expired", "qe-identity-expired"}))

    def test_a_policy_judges(self):
        code, verdict = self.verdict("--collateral", "collateral", "--policy", "policy.toml", "--as-of", WITHIN)
        # The sample's enclave is none: its report is all zeroes.
        self.assertEqual(code, REFUSED)
        self.assertTrue(verdict["genuine"] and verdict["judged"])
        self.assertEqual([refusal["reason"] for refusal in verdict["refusals"]], ["attributes", "attributes"])
        code, verdict = self.verdict("--collateral", "collateral", "--policy", "other.toml", "--as-of", WITHIN)
        self.assertIn("identity-not-accepted", [refusal["reason"] for refusal in verdict["refusals"]])

    def test_collateral_one_by_one(self):
        files = [word for file in sorted((self.folder / "collateral").iterdir()) for word in ("--collateral", file)]
        code, _ = self.verify(*files, "--root", "trustedRootCaCert.pem", "--as-of", WITHIN)
        self.assertEqual(code, UNJUDGED)

    def test_a_caching_service(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            code, verdict = self.verdict("--service", url + "/sgx/certification/v4/", "--root", "trustedRootCaCert.pem", "--as-of", WITHIN)
            self.assertEqual((code, verdict["tcb"]["status"]), (UNJUDGED, "UpToDate"))
            self.assertTrue(any("ca=processor" in path for path in Service.asked), Service.asked)
            self.assertTrue(any("encrypted_ppid=8461863bb7ece31f64c8e9b77fd31cad&" in path for path in Service.asked), Service.asked)
        finally:
            server.shutdown()
            server.server_close()
        self.refused(CANNOT, "127.0.0.1", "verify", "quote.dat", "--service", url)

    def test_bad_input(self):
        self.refused(BAD_INPUT, "expected a URL", "verify", "quote.dat", "--service", "ftp://localhost")
        self.refused(BAD_INPUT, "--as-of", "verify", "quote.dat", "--as-of", "yesterday")
        self.refused(BAD_INPUT, "expected one certificate", "verify", "quote.dat", "--root", "quote.dat")
        self.refused(BAD_INPUT, "nowhere", "verify", "nowhere.dat")
        (self.folder / "bad.toml").write_text("accept = ['debug']\n")
        self.refused(BAD_INPUT, "names nobody", "verify", "quote.dat", "--policy", "bad.toml")

    def test_inspect(self):
        quote = json.loads(self.must("inspect", "--json", "quote.dat"))
        self.assertEqual((quote["kind"], quote["quote_version"], quote["certification"]["type"]), ("quote", 3, 1))
        self.assertIn("nothing is verified", self.must("inspect", "quote.dat"))
        shutil.copy(VECTORS / "sgxs/test_enclave.sig", self.folder)
        sigstruct = json.loads(self.must("inspect", "--json", "test_enclave.sig"))
        self.assertEqual(sigstruct["mrenclave"], "784acfd7d5096a8f0fbd3265760bff21b120f62407a9a9e5ba31aa3c8ed198fc")
        self.assertEqual(sigstruct["mrsigner"], "fb4bab3d6036ac1d730fa83d7366df1dd2dfeac194ef335d6854d8a6c6475542")
        self.assertEqual((sigstruct["signature"], sigstruct["date"]), ("good", "2016-12-14"))
        self.assertIn("mask", self.must("inspect", "test_enclave.sig"))
        hardware = (VECTORS / "dcap/quote_raw_tcb.bin").read_bytes()
        (self.folder / "report.bin").write_bytes(hardware[48:432] + bytes(48))
        report = json.loads(self.must("inspect", "--json", "report.bin"))
        self.assertEqual(report["enclave"]["mrenclave"], "d40c35b716c9ef1715d26100bb5e152d5045543017dacfcb492697028985cb7c")
        (self.folder / "short.dat").write_bytes(hardware[:-1])
        self.refused(BAD_INPUT, "it begins like a quote and is none", "inspect", "short.dat")


CERTIFICATE = """
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sgxx/tls.h>
int main() {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  sgxx::tls::present_evidence(context);
  return PEM_write_X509(stdout, SSL_CTX_get0_certificate(context)) == 1 ? 0 : 1;
}
"""


class Certificate(Sgxx):
    """A certificate of attested TLS, made by an enclave on this machine's software SGX."""

    @classmethod
    def prepare(cls):
        (cls.folder / "present.cc").write_text(CERTIFICATE)
        cls.must("c++", "-std=c++20", "present.cc", "-o", "present")
        (cls.folder / "certificate.pem").write_text(cls.must("run", "--device=soft", "present"))
        cls.must("quote", "--collateral", "collateral")
        measurement = cls.must("measure", "present").split()[0]
        (cls.folder / "policy.toml").write_text('accept = ["debug", "insecure-root"]\nroots = ["collateral/root.pem"]\n'
                                                f'[[enclave]]\nmrenclave = "{measurement}"\n')

    def reasons(self, file, *arguments):
        result = self.call("verify", file, "--collateral", "collateral", "--policy", "policy.toml", "--json", *arguments)
        return result.returncode, [refusal["reason"] for refusal in json.loads(result.stdout)["refusals"]]

    def test_it_is_accepted(self):
        self.assertEqual(self.reasons("certificate.pem"), (0, []))

    def test_another_nonce(self):
        self.assertEqual(self.reasons("certificate.pem", "--nonce", "00"), (REFUSED, ["evidence"]))

    def test_its_dates(self):
        code, reasons = self.reasons("certificate.pem", "--as-of", "2040-01-01")
        self.assertEqual(code, REFUSED)
        self.assertIn("evidence", reasons)

    def test_a_certificate_without_evidence(self):
        code, reasons = self.reasons("collateral/root.pem")
        self.assertEqual(code, REFUSED)
        self.assertIn("evidence", reasons)


if __name__ == "__main__":
    unittest.main()
