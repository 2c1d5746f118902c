#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Removes each check of the verifier and watches its test fail.

One changed file is compiled apart and linked in front of the library that has the right one, so nothing in the tree or the build
changes. Needs a build of sgxx_verification_test.

  tests/verify/mutations.py --build build/release [--only F6]
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VERIFY = ROOT / "src/verify"

# (name, file, text, replacement, tests that must fail). A text must occur; its first occurrence is replaced.
MUTATIONS = [
    ("F1 QE identity may be unsigned", "store.cc", "if (document.signer == nullptr) {", "if (false) {", "QeIdentity.ItsSignature*"),
    ("F1 under any root", "appraise.cc", "path.root->point() != verdict_.root_key", "false", "QeIdentity.SomebodyElses*"),
    ("F1 MRSIGNER of the QE", "appraise.cc", "if (report.mr_signer != identity.mr_signer)", "if (false)", "QeIdentity.EveryField*"),
    ("F1 product of the QE", "appraise.cc", "if (report.isv_prod_id != identity.product_id)", "if (false)", "QeIdentity.EveryField*"),
    ("F1 debug QE", "appraise.cc", "if ((report.attributes.flags & isa::attribute::debug) != 0)", "if (false)", "QeIdentity.AMaskOfZero*"),
    ("F1 SVN of the QE", "tcb_info.cc", "return isv_svn >= candidate.isv_svn;", "return true;", "QeIdentity.TheSvn*"),
    ("F2 status of the QE is not merged", "appraise.cc", "merge(verdict_.platform_status, verdict_.qe_status)", "verdict_.platform_status",
     "QeIdentity.TheSvn*"),
    ("F2 advisories are ignored", "judge.cc", "if (!policy_.accepts(Accept::any_advisory)) {", "if (false) {", "Policy.StatusAndAdvisories*"),
    ("F2 revoked is a status like others", "appraise.cc", "if (verdict_.status == TcbStatus::revoked)", "if (false)", "Status.EveryOne*"),
    ("F2 components of TCB", "tcb_info.cc", "if (has[i] < needed[i]) return false;", "", "Status.TheLevel*"),
    ("F2 PCESVN", "tcb_info.cc", "|| platform.pce_svn < level.pce_svn", "", "Status.TheLevel*"),
    ("F3 certificates expire", "chain.cc", "if (as_of_ > certificate.not_after())", "if (false)", "Dates.EachIs*"),
    ("F3 lists expire", "chain.cc", "if (as_of_ > list->next_update())", "if (false)", "Dates.EachIs*"),
    ("F3 documents expire", "appraise.cc", "if (as_of_ > head.next_update)", "if (false)", "Dates.EachIs*"),
    ("F3 CRL rollback", "judge.cc", "if (lowest == 0 || (has && *has >= lowest)) return;", "return;", "Policy.OlderCollateral*"),
    ("F4 the bound of time", "judge.cc", "if (policy_.not_before && as_of < *policy_.not_before)", "if (false)", "Policy.AClock*"),
    ("F6 any root", "chain.cc", "  if (!trusted) findings_.refuse", "  return true;\n  if (!trusted) findings_.refuse", "Chain.TheRootKey*"),
    ("F6 a name is enough", "chain.cc", "if (!store_.is_signed_by(certificate, candidate)) continue;", "", "Chain.ANameIs*"),
    ("F6 basic constraints", "certificate.cc", "if (must_sign_certificates != authority_)", "if (false)", "Chain.EachCertificate*"),
    ("F6 extended key usage", "certificate.cc", "if ((flags & EXFLAG_XKUSAGE) != 0", "if (false", "Chain.EachCertificate*"),
    ("F6 path length", "certificate.cc", "role == Role::root && below == 0", "false", "Chain.EachCertificate*"),
    ("F6 critical extensions", "certificate.cc", "if (!forbidding_extension_.empty()) return", "if (false) return", "Chain.EachCertificate*"),
    ("F6 revocation", "chain.cc", "if (!list->lists(certificate)) return true;", "return true;", "Chain.Revoked*"),
    ("F6 signatures of lists", "chain.cc", "if (store_.is_signed_by(list, issuer) &&", "if (", "Chain.RevocationLists*"),
    ("F6 FMSPC", "appraise.cc", "document.content->fmspc == platform->fmspc &&", "", "Chain.TcbInfoIs*"),
    ("F6 PCEID", "appraise.cc", "&& document.content->pce_id == platform->pce_id", "", "Chain.TcbInfoIs*"),
    ("F7 ranges", "crypto.cc", "return SignatureCheck::out_of_range;", "return SignatureCheck::bad;", "Signatures.Ranges*"),
    ("F7 the attestation key is bound", "appraise.cc", "if (quote_.qe.qe_report.report_data != expected)", "if (false)",
     "Signatures.TheAttestationKey*"),
    ("F7 the QE's report is signed", "appraise.cc", "platform_is_authentic_ = path.authentic && check == SignatureCheck::good;",
     "platform_is_authentic_ = path.authentic;", "Chain.ANameIs*:Appraisal.APartThat*"),
    ("F8 nothing left over", "quote.cc", "if (!rest_.empty()) return malformed", "if (false) return malformed", "Lengths.*"),
    ("F8 strict base64", "pem.cc", "if (bits != 0) return std::nullopt;", "", "Lengths.EveryByte*:Pem.*"),
    ("F8 strays of a chain", "appraise.cc", "chains().check_strays(path);", "", "Lengths.EveryByte*"),
    ("F9 debug", "judge.cc", "if ((flags & debug) != 0 && !policy_.accepts(Accept::debug))", "if (false)", "Policy.Attributes*"),
    ("F9 nobody is named", "judge.cc", "if (!names_somebody(rules[i])) continue;", "", "Policy.NamesSomebody*"),
    ("F9 configuration id", "judge.cc", "add(wanted ? *wanted == has : any || is_zero(has), what);", "(void)any;", "Policy.WhatTheHost*"),
    ("F9 version", "judge.cc", "enclave.version >= *rule.min_version", "true", "Policy.EveryCondition*"),
    ("F9 the insecure root", "judge.cc", "if (verdict_.root == Root::insecure && ", "if (false && ", "Policy.TheInsecure*"),
    ("F10 platforms", "judge.cc", "if (policy_.platforms.empty()) return;", "return;", "Policy.Platforms*"),
]


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)


def compile_command(build, name):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"] == str(VERIFY / name) and "sgxx_verify.dir" in entry["command"]:
            return shlex.split(entry["command"])
    raise SystemExit(f"{name} is not part of {build}")


def link_command(build):
    last = run(["ninja", "-C", str(build), "-t", "commands", "sgxx_verification_test"]).stdout.splitlines()
    return next(line for line in reversed(last) if "-o tests/verify/sgxx_verification_test" in line)


def outcome(build, scratch, link, mutation):
    _, name, text, replacement, tests = mutation
    source = (VERIFY / name).read_text()
    if text not in source:
        return f"STALE: the text is not in {name}"
    changed, object_file, binary = scratch / name, scratch / "changed.o", scratch / "test"
    changed.write_text(source.replace(text, replacement, 1))
    command = compile_command(build, name)
    command[command.index("-o") + 1] = str(object_file)
    command[command.index("-c") + 1] = str(changed)
    command += ["-Wno-error", "-w"]
    built = run(command, cwd=build)
    if built.returncode:
        return "BROKEN: " + built.stdout[-500:]
    linked = link.split(" && ")[1] if " && " in link else link
    linked = linked.replace("-o tests/verify/sgxx_verification_test", f"{object_file} -o {binary}")
    built = run(linked, cwd=build, shell=True)
    if built.returncode:
        return "BROKEN: " + built.stdout[-500:]
    code = run(["timeout", "120", str(binary), f"--gtest_filter={tests}", "--gtest_brief=1"]).returncode
    return None if code else f"MISSED: {tests} pass"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=str(ROOT / "build/release"), type=pathlib.Path)
    parser.add_argument("--only", default="", help="mutations whose name contains this")
    options = parser.parse_args()
    build = options.build.resolve()
    link = link_command(build)
    missed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for mutation in MUTATIONS:
            if options.only not in mutation[0]:
                continue
            wrong = outcome(build, pathlib.Path(scratch), link, mutation)
            print(f"{'caught ' if wrong is None else 'NOT    '} {mutation[0]}{'' if wrong is None else ': ' + wrong}", flush=True)
            missed += wrong is not None
    print(f"{missed} not caught" if missed else "every mutation was caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
