#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input of every kind: the documented exit code, exactly one line on standard error, and no crash."""

import struct
import subprocess
import unittest

from command import BAD_INPUT, CANNOT, SMALL, USAGE, Sgxx

# What the fields of an ELF header and a program header are called and where they are (Elf64_Ehdr, Elf64_Phdr).
ELF_FIELDS = {"e_type": (16, "H"), "e_machine": (18, "H"), "e_entry": (24, "Q"), "e_phoff": (32, "Q"), "e_shoff": (40, "Q"),
              "e_phentsize": (54, "H"), "e_phnum": (56, "H"), "e_shentsize": (58, "H"), "e_shnum": (60, "H"), "e_shstrndx": (62, "H")}
SEGMENT_FIELDS = {"p_type": (0, "I"), "p_flags": (4, "I"), "p_offset": (8, "Q"), "p_vaddr": (16, "Q"), "p_filesz": (32, "Q"),
                  "p_memsz": (40, "Q"), "p_align": (48, "Q")}
HOSTILE = {"H": [0, 1, 0xffff], "I": [0, 7, 0xffffffff], "Q": [0, 1, 0xfff, 1 << 31, 1 << 40, 1 << 63, (1 << 64) - 4096, (1 << 64) - 1]}


def with_field(data, offset, kind, value):
    spoiled = bytearray(data)
    struct.pack_into("<" + kind, spoiled, offset, value)
    return bytes(spoiled)


class Programs(Sgxx):
    @classmethod
    def prepare(cls):
        cls.good = cls.compile("good", SMALL).read_bytes()
        cls.compile("dynamic", SMALL, "-O1")
        cls.compile("dynamic_no_pie", SMALL, "-no-pie")
        cls.compile("static_no_pie", SMALL, "-static")
        cls.compile("stripped", SMALL, "-static-pie", "-s")
        cls.compile("library", SMALL, "-shared", "-fPIC")
        cls.compile("object.o", SMALL, "-c")
        cls.compile("execstack", SMALL, "-static-pie", "-Wl,-z,execstack")
        (cls.folder / "text").write_text("#!/bin/sh\necho no program\n")
        (cls.folder / "empty").write_bytes(b"")
        (cls.folder / "zeroes").write_bytes(bytes(100000))
        (cls.folder / "arm").write_bytes(with_field(cls.good, *ELF_FIELDS["e_machine"], 183))
        (cls.folder / "i386").write_bytes(with_field(cls.good, *ELF_FIELDS["e_machine"], 3))
        (cls.folder / "elf32").write_bytes(cls.good[:4] + b"\x01" + cls.good[5:])
        (cls.folder / "big_endian").write_bytes(cls.good[:5] + b"\x02" + cls.good[6:])

    def test_wrong_kinds_of_file(self):
        for name, pattern in (
                ("text", "not an ELF file.*-static-pie"), ("empty", "not an ELF file"), ("zeroes", "not an ELF file"),
                ("arm", "wrong machine 183.*x86-64"), ("i386", "wrong machine 3.*x86-64"), ("elf32", "expected .*64-bit|wrong machine|32-bit"),
                ("big_endian", "big-endian"), ("dynamic", "dynamically linked.*-static-pie"),
                ("dynamic_no_pie", "dynamically linked.*-static-pie"), ("static_no_pie", "not position independent.*-static-pie"),
                ("stripped", "stripped.*remove -s"), ("library", "-static-pie"), ("object.o", "object file.*link it"),
                ("execstack", "executable stack"), ("missing", "cannot read: No such file"), (".", "cannot read: Is a directory")):
            for arguments in (("run", name), ("pack", name, "-o", "out.sgx"), ("measure", name), ("inspect", name)):
                with self.subTest(name=name, command=arguments[0]):
                    self.refused(BAD_INPUT, pattern, *arguments)
        self.assertFalse((self.folder / "out.sgx").exists(), "a failed pack leaves nothing behind")

    def test_truncated_at_many_lengths(self):
        (program_headers,) = struct.unpack_from("<Q", self.good, 32)
        lengths = {1, 3, 4, 15, 16, 63, 64, 65, program_headers + 1, 4095, 4096, len(self.good) - 1}
        lengths |= set(range(0, len(self.good), len(self.good) // 24))
        for length in sorted(lengths):
            with self.subTest(length=length):
                (self.folder / "short").write_bytes(self.good[:length])
                self.refused(BAD_INPUT, "short: (truncated|not an ELF file|the program headers)", "measure", "short")

    def test_hostile_headers_never_crash(self):
        """Each field with each hostile value: refused with one line, or harmless."""
        (first,) = struct.unpack_from("<Q", self.good, 32)
        (count,) = struct.unpack_from("<H", self.good, 56)
        places = [(name, offset, kind) for name, (offset, kind) in ELF_FIELDS.items()]
        for index in range(min(count, 6)):
            places += [(f"{name}[{index}]", first + 56 * index + offset, kind) for name, (offset, kind) in SEGMENT_FIELDS.items()]
        refused = 0
        for name, offset, kind in places:
            for value in HOSTILE[kind]:
                (self.folder / "hostile").write_bytes(with_field(self.good, offset, kind, value))
                result = self.call("measure", "hostile")
                with self.subTest(field=name, value=hex(value)):
                    self.assertIn(result.returncode, (0, BAD_INPUT), result.stderr.decode())
                    if result.returncode:
                        refused += 1
                        self.assertRegex(result.stderr.decode(), r"\Asgxx: hostile: [^\n]+\n\Z")
        self.assertGreater(refused, 100)


class Manifests(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("good", SMALL)

    def test_each_mistake_names_its_place(self):
        for text, pattern in (
                ("heap = true", r"m.toml:1:8: heap: expected a size such as \"64 MiB\""),
                ("\nthreads = 'four'", r"m.toml:2:11: threads: expected an integer from 1 to 4096"),
                ("thread = 1", r"m.toml:1:1: unknown key thread; did you mean threads\?"),
                ("[sgx]\ndebug = true", r"m.toml:1:2: unknown key sgx"),
                ("heap = 5000", "heap: expected a multiple of the page size"),
                ("heap = '1 PiB'", "heap: expected a size such as"),
                ("heap = '65 GiB'", "heap: expected a size from 64 KiB to 64 GiB"),
                ("heap = '64 GiB'", "largest enclave"),
                ("threads = 0", "threads: expected an integer from 1"), ("threads = 100000", "threads: expected an integer"),
                ("thread_stack = '16 GiB'", "largest enclave"),
                ("xfrm = ['mmx']", "xfrm: expected one of \"avx\""), ("xfrm = ['avx512']", "beside \"avx512\""),
                ("host = 'time'", "host: expected a list"), ("environment = 1", "environment: expected a table"),
                ("environment = {A = 1}", "expected a string without NUL as the value of A"),
                ("arguments = [1]", "arguments: expected a string"), ("family_id = 'xyz'", "32 hexadecimal digits"),
                ("heap = ", "m.toml:1:"), ("heap = 65536\nheap = 65536", "m.toml:2:"), ("= 1", "m.toml:1:"), ("[", "m.toml:1:"),
                ("caf\u00e9 = 1", "m.toml:1:4: expected ASCII"), ("measured_data = 'missing.bin'", "missing.bin: cannot read")):
            with self.subTest(text=text):
                (self.folder / "m.toml").write_text(text)
                self.refused(BAD_INPUT, pattern, "pack", "good", "-o", "out.sgx", "--manifest", "m.toml")

    def test_missing_manifest(self):
        self.refused(BAD_INPUT, "nowhere.toml: cannot read", "run", "--manifest", "nowhere.toml", "good")

    def test_too_little_heap_on_the_command_line(self):
        self.refused(BAD_INPUT, "heap.*too small.*expected at least", "pack", "good", "-o", "out.sgx", "--heap", "4KiB")
        self.refused(BAD_INPUT, "--heap: expected a size", "pack", "good", "-o", "out.sgx", "--heap", "lots")


class Images(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("good", SMALL)
        cls.must("keygen", "a.pem")
        cls.must("keygen", "b.pem")
        cls.must("pack", "good", "-o", "good.sgx", "--key", "a.pem", "--split", "good.sgxs", "--heap", "2MiB", "--threads", "2")
        cls.must("pack", "good", "-o", "unsigned.sgx", "--heap", "2MiB", "--threads", "2")
        cls.image = (cls.folder / "good.sgx").read_bytes()
        cls.stream = (cls.folder / "good.sgxs").read_bytes()
        cls.trailer = cls.image[len(cls.stream):]
        assert cls.image.startswith(cls.stream)

    def pages(self):
        """The stream cut into its ECREATE and one piece for each page."""
        pieces, position = [self.stream[:64]], 64
        while position < len(self.stream):
            end = position + 64
            while end < len(self.stream) and not self.stream.startswith(b"EADD\0\0\0\0", end):
                end += 64 + (256 if self.stream[end:end + 8] in (b"EEXTEND\0", b"UNMEASRD") else 0)
            pieces.append(self.stream[position:end])
            position = end
        return pieces

    def run_spoiled(self, pattern, stream, code=BAD_INPUT):
        trailer = bytearray(self.trailer)
        struct.pack_into("<QQ", trailer, len(trailer) - 56, len(stream), len(stream) + len(trailer))
        (self.folder / "bad.sgx").write_bytes(stream + bytes(trailer))
        self.refused(code, pattern, "run", "--device=soft", "bad.sgx")

    def test_good_image_runs(self):
        self.assertEqual(self.must("run", "--device=soft", "good.sgx"), "small\n")

    def test_cut_short(self):
        lengths = {1, 63, 64, 65, 128, len(self.stream), len(self.stream) + 1, len(self.image) - 64, len(self.image) - 1}
        lengths |= set(range(64, len(self.image), len(self.image) // 16))
        for length in sorted(lengths):
            with self.subTest(length=length):
                (self.folder / "short.sgx").write_bytes(self.image[:length])
                self.refused(BAD_INPUT, "short.sgx: ", "run", "--device=soft", "short.sgx")

    def test_longer_than_it_says(self):
        (self.folder / "long.sgx").write_bytes(self.image + b"more")
        self.refused(BAD_INPUT, "long.sgx: ", "run", "--device=soft", "long.sgx")

    def test_reordered(self):
        pages = self.pages()
        self.assertEqual(b"".join(pages), self.stream)
        pages[3], pages[4] = pages[4], pages[3]
        self.run_spoiled("bad.sgx: SGX stream, byte", b"".join(pages))

    def test_a_page_twice(self):
        pages = self.pages()
        self.run_spoiled("bad.sgx: SGX stream, byte", b"".join(pages[:4] + pages[3:]))

    def test_a_page_missing(self):
        pages = self.pages()
        self.run_spoiled("SGX_INVALID_MEASUREMENT|is for another enclave|measure", b"".join(pages[:3] + pages[4:]))

    def test_one_flipped_bit_in_a_page(self):
        for position in (64 + 64 + 64 + 5, len(self.stream) // 2, len(self.stream) - 1):
            with self.subTest(position=position):
                spoiled = bytearray(self.stream)
                spoiled[position] ^= 1
                self.run_spoiled("bad.sgx: ", bytes(spoiled))

    def test_one_flipped_bit_in_the_signature(self):
        start = len(self.stream) + 64
        for offset, pattern in ((0, "SGX_INVALID_SIG_STRUCT"), (200, "SGX_INVALID_SIGNATURE"), (600, "SGX_INVALID_SIGNATURE"),
                                (930, "SGX_INVALID_SIGNATURE|ECREATE"), (970, "SGX_INVALID_SIGNATURE"), (1100, "SGX_INVALID_SIGNATURE"),
                                (1500, "SGX_INVALID_SIGNATURE")):
            with self.subTest(offset=offset):
                spoiled = bytearray(self.image)
                spoiled[start + offset] ^= 1
                (self.folder / "bad.sgx").write_bytes(spoiled)
                self.refused(BAD_INPUT, pattern, "run", "--device=soft", "bad.sgx")

    def test_unsigned(self):
        self.refused(BAD_INPUT, "not signed.*sgxx sign", "run", "--device=soft", "unsigned.sgx")
        self.refused(BAD_INPUT, "no signature.*sgxx sign", "run", "--device=soft", "good.sgxs")

    def test_options_for_programs_on_an_image(self):
        for option in (("--heap", "1MiB"), ("--threads", "3"), ("--no-rewrite",), ("--debug",)):
            with self.subTest(option=option):
                self.refused(BAD_INPUT, f"is packed already: {option[0]}", "run", *option, "good.sgx")
        self.refused(BAD_INPUT, "--key is for programs", "run", "--key", "a.pem", "good.sgx")

    def test_wrong_keys(self):
        subprocess.run("""set -e
            openssl genrsa -3 -out rsa2048.pem 2048
            openssl genrsa -3 -out rsa4096.pem 4096
            openssl genrsa -out e65537.pem 3072
            openssl ecparam -genkey -name prime256v1 -out ec.pem
            openssl rsa -in a.pem -pubout -out public.pem
            openssl rsa -in a.pem -aes256 -passout pass:secret -out encrypted.pem
            openssl rsa -in b.pem -pubout -out b.pub.pem
            head -c 300 a.pem > cut.pem""", shell=True, check=True, cwd=self.folder, stderr=subprocess.DEVNULL)
        for name, pattern in (("rsa2048.pem", "RSA-2048 key; SGX needs RSA-3072"), ("rsa4096.pem", "RSA-4096 key; SGX needs RSA-3072"),
                              ("e65537.pem", "exponent 65537; SGX needs exponent 3"), ("ec.pem", "not an RSA key"),
                              ("public.pem", "public key"), ("encrypted.pem", "encrypted"), ("cut.pem", "not a private key"),
                              ("good", "not a private key|too large"), ("missing.pem", "cannot read")):
            with self.subTest(key=name):
                self.refused(BAD_INPUT, f"{name}: .*({pattern})", "sign", "unsigned.sgx", "--key", name, "-o", "out.sgx")
        self.must("sign", "unsigned.sgx", "--export", "tbs")
        subprocess.run(["openssl", "dgst", "-sha256", "-sign", "a.pem", "-out", "signature", "tbs"], cwd=self.folder, check=True)
        for signature, key, pattern in (("signature", "b.pub.pem", "does not belong to this image and key"),
                                        ("tbs", "public.pem", "256 bytes; an RSA-3072 signature has 384"),
                                        ("signature", "rsa2048.pem", "RSA-2048")):
            with self.subTest(signature=signature, key=key):
                self.refused(BAD_INPUT, pattern, "sign", "unsigned.sgx", "--attach", signature, "--public-key", key, "-o", "out.sgx")


class CommandLines(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("good", SMALL)

    def test_usage(self):
        for arguments, pattern in (
                ((), "subcommand|sgxx --help"), (("frobnicate",), "unknown command frobnicate"), (("--frob",), "unknown option --frob"),
                (("run",), "PROGRAM is required; see sgxx run --help"), (("run", "--frob", "good"), "--frob; see sgxx run --help"),
                (("run", "--device=magic", "good"), "magic"), (("run", "--threads", "0", "good"), "0 not in range|range"),
                (("pack", "good"), "output is required; see sgxx pack --help"), (("sign", "x.sgx"), "see sgxx sign --help"),
                (("sign", "x.sgx", "--attach", "s"), "public-key"), (("measure",), "file is required"), (("keygen",), "key is required"),
                (("detect", "extra"), "extra")):
            with self.subTest(arguments=arguments):
                self.refused(USAGE, pattern, *arguments)

    def test_unknown_option_of_the_compiler_driver(self):
        self.refused(BAD_INPUT, "unknown option --sgxx-frob", "c++", "--sgxx-frob", "x.cc")
        self.refused(CANNOT, "cannot run no-such-compiler", "c++", "--sgxx-compiler=no-such-compiler", "x.cc")

    def test_no_hardware(self):
        if self.call("detect", "--json").stdout.find(b'"linux": true') >= 0:
            self.skipTest("this machine has SGX")
        self.must("run", "--device=soft", "good")  # makes the development key
        self.refused(CANNOT, "sgx|SGX", "run", "--device=linux", "good")

    def test_files_that_cannot_be_written(self):
        self.refused(BAD_INPUT, "/nowhere/out.sgx: cannot write", "pack", "good", "-o", "/nowhere/out.sgx")
        self.refused(BAD_INPUT, "/nowhere/key.pem: cannot write", "keygen", "/nowhere/key.pem")


if __name__ == "__main__":
    unittest.main()
