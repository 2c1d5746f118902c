// SPDX-License-Identifier: Apache-2.0
//
// LMDB on files: it maps its file, writes through descriptors, and with MDB_WRITEMAP through the map itself.
// sgxx-test: folder
// sgxx-test: skip host-folder it wants a shared mapping
// sgxx-test: flags -llmdb -pthread
// sgxx-test: needs liblmdb.a

#include <lmdb.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

void must(int code, const char* what) {
  if (code == MDB_SUCCESS) return;
  std::printf("%s: %s\n", what, mdb_strerror(code));
  std::exit(1);
}

MDB_val value_of(std::string& text) { return {text.size(), text.data()}; }

/// An environment in the working directory.
class Store {
 public:
  Store(const std::string& folder, unsigned flags) {
    std::filesystem::create_directory(folder);
    must(mdb_env_create(&environment_), "create");
    must(mdb_env_set_mapsize(environment_, 4 << 20), "map size");
    must(mdb_env_open(environment_, folder.c_str(), flags, 0600), "open");
  }
  ~Store() { mdb_env_close(environment_); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void fill(int from, int to) {
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    must(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
    must(mdb_dbi_open(transaction, nullptr, 0, &table), "table");
    for (int i = from; i < to; ++i) {
      std::string key = "key " + std::to_string(i), text(static_cast<std::size_t>(i % 400), static_cast<char>('a' + i % 26));
      MDB_val k = value_of(key), v = value_of(text);
      must(mdb_put(transaction, table, &k, &v, 0), "put");
    }
    must(mdb_txn_commit(transaction), "commit");
  }

  void abandon() {
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    must(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
    must(mdb_dbi_open(transaction, nullptr, 0, &table), "table");
    must(mdb_drop(transaction, table, 0), "drop");
    mdb_txn_abort(transaction);
  }

  void show(const char* when) {
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    MDB_cursor* cursor = nullptr;
    must(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction), "begin");
    must(mdb_dbi_open(transaction, nullptr, 0, &table), "table");
    must(mdb_cursor_open(transaction, table, &cursor), "cursor");
    std::size_t count = 0, bytes = 0;
    unsigned sum = 0;
    for (MDB_val k, v; mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == MDB_SUCCESS; ++count) {
      bytes += v.mv_size;
      for (std::size_t i = 0; i < v.mv_size; ++i) sum = sum * 31 + static_cast<const unsigned char*>(v.mv_data)[i];
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    std::printf("%s: %zu records of %zu bytes, %x\n", when, count, bytes, sum);
  }

 private:
  MDB_env* environment_ = nullptr;
};

}  // namespace

int main(int, char** arguments) {
  std::filesystem::current_path(arguments[1]);
  for (const unsigned flags : {0u, static_cast<unsigned>(MDB_WRITEMAP)}) {
    const std::string folder = flags == 0 ? "written" : "mapped";
    {
      Store store(folder, flags);
      store.fill(0, 2000);
      store.show("filled");
      store.abandon();
      store.show("nothing dropped");
    }
    Store store(folder, flags);
    store.show("opened again");
    store.fill(1000, 3000);
    store.show("more");
  }
}
