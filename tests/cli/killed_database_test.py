#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SQLite on an encrypted volume, in an enclave that is killed in the middle of its transactions: what it said to have committed is
there, nothing is half there. To a volume the end of its enclave is a power failure, for which SQLite's rollback journal wants
`synchronous = extra`: with less it does not wait until the journal's removal is on the disk."""

import shutil
import subprocess
import unittest

from command import SGXX, Sgxx

ROWS = 20  # of a transaction

PROGRAM = r"""
#include <sqlite3.h>
#include <cstdio>
#include <string>

static std::string run(sqlite3* database, const std::string& sql) {
  std::string answer;
  char* message = nullptr;
  const auto keep = [](void* to, int count, char** values, char**) {
    if (count > 0 && values[0] != nullptr) *static_cast<std::string*>(to) = values[0];
    return 0;
  };
  if (sqlite3_exec(database, sql.c_str(), keep, &answer, &message) != SQLITE_OK) answer = std::string("error: ") + message;
  sqlite3_free(message);
  return answer;
}

int main(int, char** argv) {
  const std::string journal = argv[1];
  const bool writes = argv[2] == std::string("write");
  sqlite3* database = nullptr;
  if (sqlite3_open("/data/database", &database) != SQLITE_OK) return 1;
  run(database, "pragma journal_mode = " + journal + "; pragma synchronous = extra");
  run(database, "create table if not exists t(id integer primary key, a, b)");
  std::printf("%s %s %s\n", run(database, "pragma integrity_check").c_str(), run(database, "select count(*) from t").c_str(),
              run(database, "select count(*) from t where a <> b").c_str());
  std::fflush(stdout);
  for (int i = 0; writes; ++i) {
    run(database, "begin");
    const std::string number = std::to_string(i);
    for (int row = 0; row < ROWS; ++row) run(database, "insert into t(a, b) values(" + number + ", " + number + ")");
    run(database, "update t set a = a + 1, b = b + 1 where id % 7 = 0");
    const std::string ended = run(database, "commit");
    if (!ended.empty()) return std::printf("%s\n", ended.c_str()), 1;
    std::printf("%d\n", i);
    std::fflush(stdout);
  }
}
"""


class KilledDatabase(Sgxx):
    @classmethod
    def prepare(cls):
        (cls.folder / "program.cc").write_text(PROGRAM)
        cls.must("c++", "-O1", f"-DROWS={ROWS}", "program.cc", "-lsqlite3", "-lm", "-pthread", "-o", "program")
        (cls.folder / "m.toml").write_text('[[mount]]\ntype = "encrypted"\npath = "/data"\nsource = "volume"\nkey = "signer"\n')

    def setUp(self):
        self.where = self.folder / "volume"
        self.where.mkdir()
        self.addCleanup(shutil.rmtree, self.where)

    def write_and_be_killed(self, journal, transactions):
        """How many transactions it said to have committed."""
        child = subprocess.Popen([SGXX, "run", "--device=soft", "--manifest", "m.toml", "program", journal, "write"], cwd=self.folder,
                                 env=self.environment, stdout=subprocess.PIPE, text=True)
        try:
            lines = [child.stdout.readline() for _ in range(1 + transactions)]
        finally:
            child.kill()
        lines += child.stdout.read().splitlines()
        child.stdout.close()
        child.wait()
        return len(lines) - 1

    def look(self, journal):
        state, count, torn = self.must("run", "--device=soft", "--manifest", "m.toml", "program", journal, "look").split()
        self.assertEqual((state, torn), ("ok", "0"))
        return int(count)

    def check(self, journal):
        before = 0
        for transactions in (1, 2, 3, 5, 8, 13, 40):
            said = self.write_and_be_killed(journal, transactions)
            self.assertGreaterEqual(said, transactions)
            after = self.look(journal)
            self.assertEqual(after % ROWS, 0)
            # The last one may have been committed and not said so.
            self.assertIn((after - before) // ROWS, (said, said + 1))
            before = after

    def test_with_a_write_ahead_log(self):
        self.check("wal")

    def test_with_a_rollback_journal(self):
        self.check("delete")


if __name__ == "__main__":
    unittest.main()
