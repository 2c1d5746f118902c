// SPDX-License-Identifier: Apache-2.0
//
// FileTree: files of a volume by their paths, for tools and tests. Paths are relative to the root directory; symbolic links are
// not followed. Directories that were looked at stay in memory; `commit` writes what changed. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "volume/volume.h"

namespace sgxx::volume {

/// A fault in a sentence.
sgxx::Error to_error(const Error& error);

class FileTree {
 public:
  explicit FileTree(Volume& volume) : volume_(volume) {}

  struct Entry {
    std::string name;
    u64 object;
    Record record;
  };

  Result<Entry> look_up(const std::string& path);
  /// In the order of their names.
  Result<std::vector<Entry>> list(const std::string& path);

  /// A new file, empty; what is there is replaced, unless it is a directory. Its directory exists.
  Result<u64> create_file(const std::string& path, u32 permissions);
  Result<void> make_directory(const std::string& path, u32 permissions);
  Result<void> make_symbolic_link(const std::string& target, const std::string& path);
  Result<void> link(const std::string& from, const std::string& to);
  /// What `to` names is replaced, unless it is a directory.
  Result<void> rename(const std::string& from, const std::string& to);
  /// A name, and with the last one the file; a directory when it is empty.
  Result<void> remove(const std::string& path);

  /// Data of an object, whatever it is. Reads as much as there is; writing makes it longer.
  Result<u64> read(u64 object, u64 offset, ByteSpan bytes);
  Result<void> write(u64 object, u64 offset, ByteView bytes);
  Result<void> set_attributes(u64 object, const Record& record);

  Result<std::vector<u8>> read_file(const std::string& path);
  Result<void> write_file(const std::string& path, ByteView bytes, u32 permissions = 0644);

  Result<Anchor> commit();

  struct Report {
    u64 files = 0, directories = 0, links = 0;
    u64 bytes = 0;
    std::vector<std::string> problems;
  };
  /// Reads everything: every block of data, every directory; and compares what names say with what records say.
  Result<Report> check();

 private:
  struct Directory {
    std::map<std::string, u64> entries;
    bool is_dirty = false;
  };
  struct Name {
    u64 directory;
    std::string name;
  };

  Result<Object*> object_of(u64 number);
  Result<Record> record_of(u64 number);
  Result<Directory*> directory(u64 number);
  Result<u64> walk(const std::string& path);
  Result<Name> name_of(const std::string& path);
  Result<u64> make(const std::string& path, const Record& record);
  Result<void> drop(u64 number);
  Result<void> change_links(u64 number, int change);
  Result<void> write_directory(u64 number, Directory& directory);
  Result<bool> lies_in(u64 number, u64 directory_number);
  void check_data(u64 number, u64 size, const std::string& path, Report& report);
  Result<void> check_below(u64 number, const std::string& path, std::map<u64, u32>& seen, Report& report);

  Volume& volume_;
  std::map<u64, Directory> directories_;
};

}  // namespace sgxx::volume
