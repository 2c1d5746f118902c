// SPDX-License-Identifier: Apache-2.0
//
// SQLite in a folder of the host's: every journal that needs no shared mapping, recovery, threads with a connection each.
// sgxx-test: folder host
// sgxx-test: flags -lsqlite3 -lm -pthread
// sgxx-test: needs libsqlite3.a
// sgxx-test: timeout 120

#include "sqlite_files.h"

using namespace sqlite_files;

namespace {

/// A write-ahead log works for one connection that keeps its index in its own memory.
void exclusive_log() {
  sqlite3* database = open("exclusive.db");
  run(database, "pragma locking_mode = exclusive");
  std::printf("log: %s\n", run(database, "pragma journal_mode = wal").c_str());
  run(database, "create table t(n)");
  for (int i = 0; i < 100; ++i) run(database, "insert into t values(" + std::to_string(i) + ")");
  std::printf("in the log: %s, there: %d\n", run(database, "select sum(n) from t").c_str(), access("exclusive.db-wal", F_OK));
  CHECK(sqlite3_close(database) == SQLITE_OK);
  database = open("exclusive.db");
  run(database, "pragma locking_mode = exclusive");
  std::printf("later: %s, %s\n", run(database, "select count(*) from t").c_str(),
              run(database, "pragma integrity_check").c_str());
  CHECK(sqlite3_close(database) == SQLITE_OK);
}

/// What was not committed when the connection went is not there for the next one.
void rolled_back() {
  sqlite3* database = open("persist.db");
  const std::string before = run(database, "select count(*) from t");
  run(database, "begin; delete from t");
  CHECK(sqlite3_close(database) == SQLITE_OK);
  database = open("persist.db");
  std::printf("rolled back: %d\n", run(database, "select count(*) from t") == before);
  CHECK(sqlite3_close(database) == SQLITE_OK);
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  CHECK(setenv("SQLITE_TMPDIR", ".", 1) == 0);
  for (const char* mode : {"delete", "truncate", "persist", "memory"}) journal(mode);
  exclusive_log();
  rolled_back();
  threads("delete.db");
}
