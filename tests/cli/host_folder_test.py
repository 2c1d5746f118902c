#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Folders of the host's: which one is taken, what is said when there is none, what the host refuses, and what is measured."""

import os
import shutil
import subprocess
import unittest

from command import BAD_INPUT, CANNOT, SGXX, Sgxx

PROGRAM = r"""
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

static void show(const char* what, long result) { std::printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "ok"); }

int main(int, char** argv) {
  const std::string what = argv[1];
  if (chdir("/data") != 0) return show("chdir", -1), 0;
  if (what == "read") {
    char bytes[64] = {};
    const int file = open("given", O_RDONLY);
    show("open", file);
    if (file >= 0 && read(file, bytes, sizeof bytes - 1) > 0) std::puts(bytes);
  }
  if (what == "fill") {
    const int file = open("full", O_WRONLY | O_CREAT, 0600);
    static char bytes[65536];
    long result = 0, written = 0;
    while ((result = write(file, bytes, sizeof bytes)) > 0) written += result;
    show("write", result);
    std::printf("%d\n", written > 0);
    show("reserve", posix_fallocate(file, 0, 1 << 20) == ENOSPC ? (errno = ENOSPC, -1) : 0);
  }
  if (what == "denied") {
    show("read", open("closed", O_RDONLY));
    show("write", open("open", O_WRONLY));
    show("make", open("new", O_WRONLY | O_CREAT, 0600));
    show("search", open("room/file", O_RDONLY));
    show("unlink", unlink("open"));
    show("chmod", chmod("open", 0600));
    show("access", access("closed", R_OK));
    struct stat status;
    show("stat", stat("closed", &status));
    std::printf("mine: %d\n", status.st_uid == getuid());
  }
}
"""

MANIFEST = '[[mount]]\ntype = "host"\npath = "/data"\nsource = "{}"\n'


class HostFolder(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("program", PROGRAM)
        for name in ("one", "other"):
            (cls.folder / name).mkdir()
            (cls.folder / name / "given").write_text(f"in {name}")
        (cls.folder / "m.toml").write_text(MANIFEST.format("one"))

    def inside(self, what, *options, **keywords):
        return self.call("run", "--device=soft", "--manifest", "m.toml", *options, "program", what, **keywords)

    def test_source_is_relative_to_where_it_runs_and_can_be_another(self):
        self.assertEqual(self.inside("read").stdout, b"open: ok\nin one\n")
        self.assertEqual(self.inside("read", "--mount", f"/data={self.folder}/other").stdout, b"open: ok\nin other\n")

    def test_an_image_takes_the_folder_where_it_runs(self):
        self.must("pack", "--manifest", "m.toml", "program", "-o", "image")
        self.must("keygen", "key.pem")
        self.must("sign", "image", "--key", "key.pem")
        result = self.call("run", "--device=soft", "--mount", "/data=other", "image", "read")
        self.assertEqual(result.stdout, b"open: ok\nin other\n", result.stderr)

    def test_the_mount_is_measured_and_what_is_in_it_is_not(self):
        def measure(text):
            (self.folder / "measured.toml").write_text(text)
            return self.must("measure", "--manifest", "measured.toml", "program")
        before = measure(MANIFEST.format("one"))
        (self.folder / "one" / "new").write_text("new")
        self.assertEqual(measure(MANIFEST.format("one")), before)
        self.assertNotEqual(measure(MANIFEST.format("other")), before)
        self.assertNotEqual(measure(MANIFEST.format("one") + "read_only = true\n"), before)

    def test_what_is_wrong_is_named(self):
        (self.folder / "absent.toml").write_text(MANIFEST.format("absent"))
        run = ("run", "--device=soft", "--manifest")
        self.refused(CANNOT, "cannot open the folder absent for the mount at /data", *run, "absent.toml", "program", "read")
        self.refused(CANNOT, "cannot open the folder m.toml", *run, "m.toml", "--mount", "/data=m.toml", "program", "read")
        self.refused(BAD_INPUT, "no mount of type \"host\"", *run, "m.toml", "--mount", "/other=one", "program", "read")
        self.refused(BAD_INPUT, "expected PATH=FOLDER", *run, "m.toml", "--mount", "/data", "program", "read")

    def test_a_full_disk_is_the_programs_to_handle(self):
        (self.folder / "small").mkdir()
        run = f"exec {SGXX} run --device=soft --manifest m.toml --mount /data=small program fill"
        script = f"mount -t tmpfs -o size=256k none small || exit 77; {run}"
        result = subprocess.run(["unshare", "-rm", "sh", "-c", script], cwd=self.folder, env=self.environment, capture_output=True)
        if result.returncode == 77 or b"unshare" in result.stderr:
            self.skipTest("nobody may mount here")
        self.assertEqual(result.stdout, b"write: ENOSPC\n1\nreserve: ENOSPC\n", result.stderr)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "another user is needed")
    def test_what_the_host_denies_the_user_is_denied_the_program(self):
        folder = self.folder / "one"
        for name, mode in (("closed", 0o600), ("open", 0o644)):
            (folder / name).write_text(name)
            (folder / name).chmod(mode)
        (folder / "room").mkdir(mode=0o700)
        self.must("run", "--device=soft", "program", "read")  # makes the development key
        subprocess.run(["chown", "-R", "65534", self.folder / "data"], check=True)
        self.folder.chmod(0o755)
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SGXX]
        result = subprocess.run([*as_nobody, "run", "--device=soft", "--manifest", "m.toml", "program", "denied"], cwd=self.folder,
                                env=self.environment, capture_output=True)
        self.assertEqual(result.stdout.decode(), "read: EACCES\nwrite: EACCES\nmake: EACCES\nsearch: EACCES\nunlink: EACCES\n"
                         "chmod: EPERM\naccess: EACCES\nstat: ok\nmine: 0\n", result.stderr)


if __name__ == "__main__":
    unittest.main()
