// SPDX-License-Identifier: Apache-2.0
//
// SQLite on files: every journal mode, two connections on a write-ahead log, threads, memory-mapped reading, vacuum, recovery.
// sgxx-test: folder
// sgxx-test: skip host-folder a write-ahead log wants a shared mapping; sqlite_in_host_folder is the test there
// sgxx-test: flags -lsqlite3 -lm -pthread
// sgxx-test: needs libsqlite3.a
// sgxx-test: timeout 120

#include "sqlite_files.h"

using namespace sqlite_files;

namespace {

void two_connections() {
  sqlite3 *writer = open("wal.db"), *reader = open("wal.db");
  run(writer, "create table if not exists t(id integer primary key, text)");
  const std::string before = run(reader, "begin; select count(*) from t");
  run(writer, "insert into t(text) values('while somebody reads')");
  std::printf("snapshot: %d, there: %d %d\n", run(reader, "select count(*) from t") == before, access("wal.db-wal", F_OK),
              access("wal.db-shm", F_OK));
  run(reader, "commit");
  std::printf("later: %d\n", run(reader, "select count(*) from t") != before);
  std::printf("checkpoint: %s\n", run(writer, "pragma wal_checkpoint(truncate)").c_str());
  run(writer, "pragma mmap_size = 100000000");
  run(reader, "pragma mmap_size = 100000000");
  run(writer, "begin");
  for (int i = 0; i < 3000; ++i) run(writer, "insert into t(text) values('" + std::string(200, 'm') + "')");
  run(writer, "commit; pragma wal_checkpoint(truncate)");
  std::printf("mapped: %s %s\n", run(reader, "select sum(length(text)) from t").c_str(),
              run(writer, "pragma integrity_check").c_str());
  CHECK(sqlite3_close(writer) == SQLITE_OK && sqlite3_close(reader) == SQLITE_OK);
  std::printf("removed at the end: %d %d\n", access("wal.db-wal", F_OK), access("wal.db-shm", F_OK));
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  CHECK(setenv("SQLITE_TMPDIR", ".", 1) == 0);
  for (const char* mode : {"delete", "truncate", "persist", "memory", "wal"}) journal(mode);
  two_connections();
  threads("wal.db");
}
