// SPDX-License-Identifier: Apache-2.0
//
// What the tests of SQLite on files share.
#pragma once

#include <sqlite3.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace sqlite_files {

inline sqlite3* open(const char* path) {
  sqlite3* database = nullptr;
  CHECK(sqlite3_open(path, &database) == SQLITE_OK);
  sqlite3_busy_timeout(database, 20000);
  return database;
}

/// Runs statements; the first column of the last row.
inline std::string run(sqlite3* database, const std::string& sql) {
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

inline void journal(const char* mode) {
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

/// Threads with a connection each.
inline void threads(const char* path) {
  sqlite3* database = open(path);
  run(database, "create table counter(n); insert into counter values(0)");
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([path] {
      sqlite3* own = open(path);
      for (int i = 0; i < 50; ++i) CHECK(run(own, "begin immediate; update counter set n = n + 1; commit").empty());
      CHECK(sqlite3_close(own) == SQLITE_OK);
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::printf("counted: %s, %s\n", run(database, "select n from counter").c_str(),
              run(database, "pragma integrity_check").c_str());
  CHECK(sqlite3_close(database) == SQLITE_OK);
}

}  // namespace sqlite_files
