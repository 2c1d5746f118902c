// SPDX-License-Identifier: Apache-2.0
//
// SQLite on a file in memory, or in the folder of the second argument: a transaction of its own for each of a few hundred
// insertions, one large transaction, an index, look-ups, updates, a join, and deletions; the time of one statement.

#include <sqlite3.h>
#include <unistd.h>

#include <string>

#include "measure.h"

namespace {

long statements;

std::string run(sqlite3* database, const std::string& sql) {
  std::string answer;
  const auto keep = [](void* to, int, char** values, char**) {
    *static_cast<std::string*>(to) = values[0] != nullptr ? values[0] : "";
    return 0;
  };
  ++statements;
  if (sqlite3_exec(database, sql.c_str(), keep, &answer, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "%s: %s\n", sql.c_str(), sqlite3_errmsg(database));
    std::exit(1);
  }
  return answer;
}

std::string row(int i) {
  return std::to_string(i) + ", " + std::to_string(i * 7919L % 100'003) + ", 'the text of row number " + std::to_string(i) + "')";
}

void work(sqlite3* database, int size) {
  run(database, "create table one(id integer, value integer, text)");
  run(database, "create table two(id integer primary key, value integer, text)");
  for (int i = 0; i < size / 10; ++i) run(database, "insert into one values(" + row(i));
  run(database, "begin");
  for (int i = 0; i < size; ++i) run(database, "insert into two values(" + row(i));
  run(database, "commit");
  run(database, "create index by_value on two(value)");
  for (int i = 0; i < size / 2; ++i) run(database, "select text from two where value = " + std::to_string(i));
  run(database, "begin");
  for (int i = 0; i < size / 2; ++i) run(database, "update two set value = value + 1 where id = " + std::to_string(i));
  run(database, "commit");
  run(database, "delete from two where id % 3 = 0");
}

}  // namespace

int main(int count, char** arguments) {
  const int size = bench::size_argument(count, arguments);
  const std::string path = std::string(count > 2 ? arguments[2] : "/dev/shm") + "/sgxx-bench-" + std::to_string(getpid());
  unlink(path.c_str());
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) return 1;
  const std::int64_t start = bench::now();
  work(database, size);
  const std::int64_t took = bench::now() - start;
  std::printf("%s rows, sum %s\n", run(database, "select count(*) from two").c_str(),
              run(database, "select sum(value) from two").c_str());
  std::printf("%s\n", run(database, "pragma integrity_check").c_str());
  std::fprintf(stderr, "nanoseconds %.2f\n", static_cast<double>(took) / static_cast<double>(statements));
  sqlite3_close(database);
  unlink(path.c_str());
}
