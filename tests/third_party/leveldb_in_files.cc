// SPDX-License-Identifier: Apache-2.0
//
// LevelDB on files: a log that is appended to, tables that are written once, renamed and mapped, a thread that compacts.
// sgxx-test: folder
// sgxx-test: skip host-folder it wants a shared mapping
// sgxx-test: flags -lleveldb -lsnappy -pthread
// sgxx-test: needs libleveldb.a libsnappy.a

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace {

void must(const leveldb::Status& status) {
  if (status.ok()) return;
  std::printf("%s\n", status.ToString().c_str());
  std::exit(1);
}

std::unique_ptr<leveldb::DB> open() {
  leveldb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 64 << 10;  // so that there is something to compact
  leveldb::DB* made = nullptr;
  must(leveldb::DB::Open(options, "store", &made));
  return std::unique_ptr<leveldb::DB>(made);
}

void show(leveldb::DB& store, const char* when) {
  const std::unique_ptr<leveldb::Iterator> at(store.NewIterator({}));
  std::size_t count = 0;
  unsigned sum = 0;
  for (at->SeekToFirst(); at->Valid(); at->Next(), ++count) {
    for (const char letter : at->value().ToString()) sum = sum * 31 + static_cast<unsigned char>(letter);
  }
  must(at->status());
  std::printf("%s: %zu records, %x\n", when, count, sum);
}

}  // namespace

int main(int, char** arguments) {
  std::filesystem::current_path(arguments[1]);
  leveldb::WriteOptions safely;
  safely.sync = true;
  {
    const auto store = open();
    for (int round = 0; round < 20; ++round) {
      leveldb::WriteBatch batch;
      for (int i = 0; i < 200; ++i) {
        const int number = (round * 37 + i * 11) % 1500;
        batch.Put("key " + std::to_string(number),
                  std::string(static_cast<std::size_t>(number % 300), static_cast<char>('a' + round)));
        if (i % 7 == 0) batch.Delete("key " + std::to_string((number + 5) % 1500));
      }
      must(store->Write(round % 5 == 0 ? safely : leveldb::WriteOptions(), &batch));
    }
    show(*store, "filled");
    store->CompactRange(nullptr, nullptr);
    show(*store, "compacted");
  }
  const auto store = open();
  show(*store, "opened again");
  std::string value;
  must(store->Get({}, "key 299", &value));
  std::printf("%zu\n", value.size());
}
