// SPDX-License-Identifier: Apache-2.0
//
// SQLite on files: every journal mode, two connections on a write-ahead log, threads, memory-mapped reading, vacuum, recovery.
// sgxx-test: folder
// sgxx-test: flags -lsqlite3 -lm -pthread
// sgxx-test: needs libsqlite3.a
// sgxx-test: timeout 120

#include <sqlite3.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

sqlite3* open(const char* path) {
  sqlite3* database = nullptr;
  CHECK(sqlite3_open(path, &database) == SQLITE_OK);
  sqlite3_busy_timeout(database, 20000);
  return database;
}

/// Runs statements; the first column of the last row.
std::string run(sqlite3* database, const std::string& sql) {
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

void journal(const char* mode) {
  const std::string path = std::string(mode) + ".db";
  sqlite3* database = open(path.c_str());
  std::printf("%s: %s", mode, run(database, std::string("pragma journal_mode = ") + mode).c_str());
  run(database, "create table t(id integer primary key, text)");
  for (int i = 0; i < 200; ++i) run(database, "insert into t(text) values('row " + std::to_string(i) + "')");
  run(database, "begin; insert into t(text) select text || text from t; commit");
  run(database, "begin; delete from t; rollback");
  run(database, "delete from t where id % 3 = 0; vacuum");
  std::printf(", %s rows", run(database, "select count(*) from t").c_str());
  std::printf(", %s", run(database, "pragma integrity_check").c_str());
  CHECK(sqlite3_close(database) == SQLITE_OK);
  database = open(path.c_str());
  std::printf(", reopened: %s\n", run(database, "select sum(length(text)) from t").c_str());
  CHECK(sqlite3_close(database) == SQLITE_OK);
}

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

void threads() {
  sqlite3* database = open("wal.db");
  run(database, "create table counter(n); insert into counter values(0)");
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([] {
      sqlite3* own = open("wal.db");
      for (int i = 0; i < 50; ++i) CHECK(run(own, "begin immediate; update counter set n = n + 1; commit").empty());
      CHECK(sqlite3_close(own) == SQLITE_OK);
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::printf("counted: %s, %s\n", run(database, "select n from counter").c_str(),
              run(database, "pragma integrity_check").c_str());
  CHECK(sqlite3_close(database) == SQLITE_OK);
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  CHECK(setenv("SQLITE_TMPDIR", ".", 1) == 0);
  for (const char* mode : {"delete", "truncate", "persist", "memory", "wal"}) journal(mode);
  two_connections();
  threads();
}
