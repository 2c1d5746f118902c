#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the SDK's types refuse: of each pair the first line compiles and the second does not."""

import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

PROGRAM = """#include <sgxx/config.h>
#include <sgxx/report.h>
#include <sgxx/seal.h>
#include <iostream>
using namespace sgxx;
using Array = std::array<std::uint8_t, 32>;
struct Padded {{ char letter; int number; }};
void use(Secret<Array>& secret, SecretBytes& bytes, const Report& report, Array& array) {{
  {line}
  static_cast<void>(secret), static_cast<void>(bytes), static_cast<void>(report), static_cast<void>(array);
}}
"""

PAIRS = {
    "copying a secret": ("Secret<Array> other = secret.copy();", "Secret<Array> other = secret;"),
    "assigning a copy": ("secret = secret.copy();", "Secret<Array> other; other = secret;"),
    "a secret as a plain value": ("Array value = secret.reveal();", "Array value = secret;"),
    "a plain value as a secret": ("auto other = Secret<Array>::taken_from(array);", "Secret<Array> other = array;"),
    "printing a secret": ("std::cout << to_hex(secret.bytes());", "std::cout << secret;"),
    "comparing a secret with what is none": ("bool same = secret == secret.copy();", "bool same = secret == array;"),
    "ordering secrets": ("bool same = secret == secret.copy();", "bool less = secret < secret.copy();"),
    "a secret with an owner inside": ("Secret<Array> other;", "Secret<std::string> other;"),
    "a secret with padding": ("Secret<Array> other;", "Secret<Padded> other;"),
    "copying secret bytes": ("auto other = SecretBytes::copy_of(bytes.bytes());", "SecretBytes other = bytes;"),
    "printing secret bytes": ("std::cout << bytes.text();", "std::cout << bytes;"),
    "one identity for the other": ("MrEnclave a = own_identity().mr_enclave;", "MrEnclave a = own_identity().mr_signer;"),
    "comparing different numbers": ("bool same = ProductId{1} == ProductId{2};", "bool same = ProductId{1} == SecurityVersion{1};"),
    "a policy for everybody": ("KeyPolicy policy = KeyPolicy::this_signer();", "KeyPolicy policy;"),
    "a policy out of a number": ("auto policy = KeyPolicy::from_bits(2);", "KeyPolicy policy(2);"),
    "unmeasured data for measured": ("ByteView data = unmeasured_data().untrusted;", "ByteView data = unmeasured_data();"),
    "believing an unverified report": ("Identity who = verify_report(report).identity;", "Identity who = report.identity;"),
}


def compiles(line):
    return subprocess.run(["g++", "-std=c++20", "-fsyntax-only", f"-I{ROOT / 'include'}", "-x", "c++", "-"],
                          input=PROGRAM.format(line=line), capture_output=True, text=True).returncode == 0


class Misuse(unittest.TestCase):
    def test_pairs(self):
        self.assertTrue(compiles("\n".join(f"{{ {right} }}" for right, _ in PAIRS.values())))
        for name, (_, wrong) in PAIRS.items():
            with self.subTest(name):
                self.assertFalse(compiles(wrong), wrong)


if __name__ == "__main__":
    unittest.main()
