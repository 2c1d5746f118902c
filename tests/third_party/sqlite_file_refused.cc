// SPDX-License-Identifier: Apache-2.0
//
// A database in a file cannot be opened inside, where no mount is declared; SQLite says so and the program goes on.
// sgxx-test: flags -lsqlite3 -lm
// sgxx-test: needs libsqlite3.a
// sgxx-test: enclave-stdout unable to open database file

#include <sqlite3.h>
#include <unistd.h>

#include "check.h"

int main() {
  sqlite3* database = nullptr;
  const char* path = "/tmp/sgxx-test-third-party.sqlite";
  CHECK(sqlite3_open(path, &database) == SQLITE_OK || database != nullptr);
  const int result = sqlite3_exec(database, "create table if not exists t(x)", nullptr, nullptr, nullptr);
  std::printf("%s\n", result == SQLITE_OK ? "opened" : sqlite3_errmsg(database));
  sqlite3_close(database);
  unlink(path);
}
