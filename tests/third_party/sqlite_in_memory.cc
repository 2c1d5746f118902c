// SPDX-License-Identifier: Apache-2.0
//
// SQLite with a database in memory: tables, an index, transactions, joins, sorting that needs memory, and an error.
// sgxx-test: flags -lsqlite3 -lm
// sgxx-test: needs libsqlite3.a

#include <sqlite3.h>

#include <string>

#include "check.h"

static sqlite3* database = nullptr;

static int run(const std::string& text) {
  return sqlite3_exec(
      database, text.c_str(),
      [](void*, int columns, char** values, char**) {
        for (int i = 0; i < columns; ++i) std::printf("%s%c", values[i] ? values[i] : "NULL", i + 1 < columns ? '|' : '\n');
        return 0;
      },
      nullptr, nullptr);
}

int main() {
  CHECK(sqlite3_open(":memory:", &database) == SQLITE_OK);
  CHECK(run("create table item(id integer primary key, name text not null, weight real)") == SQLITE_OK);
  CHECK(run("begin") == SQLITE_OK);
  sqlite3_stmt* insert = nullptr;
  CHECK(sqlite3_prepare_v2(database, "insert into item(name, weight) values(?1, ?2)", -1, &insert, nullptr) == SQLITE_OK);
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "name " + std::to_string(i * 7919 % 20000);
    sqlite3_bind_text(insert, 1, name.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_double(insert, 2, i % 100 / 4.0);
    CHECK(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK);
  }
  sqlite3_finalize(insert);
  CHECK(run("commit; create index by_name on item(name)") == SQLITE_OK);
  CHECK(run("select count(*), sum(weight), min(name), max(name) from item") == SQLITE_OK);
  CHECK(run("select a.id, b.id from item a join item b on b.name = 'name ' || a.id where a.id < 4 order by 1") == SQLITE_OK);
  CHECK(run("select weight, count(*) from item group by weight order by weight desc limit 3") == SQLITE_OK);
  CHECK(run("select upper(name), length(hex(randomblob(8))) from item order by name desc, id limit 2") == SQLITE_OK);
  CHECK(run("with recursive n(x) as (select 1 union all select x + 1 from n where x < 1000) select sum(x) from n") == SQLITE_OK);
  CHECK(run("insert into item(name) values(null)") == SQLITE_CONSTRAINT);
  std::printf("%s\n", sqlite3_errmsg(database));
  CHECK(sqlite3_close(database) == SQLITE_OK);
}
