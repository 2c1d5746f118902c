# SPDX-License-Identifier: Apache-2.0
"""One program as many enclaves: images that differ in what a test names."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

from command import SGXX, Sgxx

HERE = pathlib.Path(__file__).resolve().parent


class Enclaves(Sgxx):
    """A test case with two signing keys and two machines."""

    program = None  # the source beside this file
    flags = ()  # for the compiler

    @classmethod
    def prepare(cls):
        cls.compile_here(cls.program, "program")
        for signer in ("ours", "others"):
            cls.must("keygen", f"{signer}.pem")
        (cls.folder / "machine").write_bytes(os.urandom(16))
        (cls.folder / "other-machine").write_bytes(os.urandom(16))

    @classmethod
    def compile_here(cls, source, name):
        cls.must("c++", "-std=c++20", "-O1", "--sgxx-no-sanitize", *cls.flags, HERE / source, "-o", name)

    @classmethod
    def image(cls, name, signer="ours", **manifest):
        """Packs and signs NAME.sgx; keywords are keys of the manifest, over a small enclave of version 3 of product 7."""
        keys = {"product_id": 7, "version": 3, "threads": 2, "heap": "32 MiB", **manifest}
        lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in keys.items()]
        (cls.folder / f"{name}.toml").write_text("\n".join(lines) + "\n")
        cls.must("pack", "program", "-o", f"{name}.sgx", "--manifest", f"{name}.toml", "--key", f"{signer}.pem")
        return f"{name}.sgx"

    @classmethod
    def on_machine(cls, machine):
        return {"SGXX_SOFT_SGX_KEY": str(cls.folder / machine)}
