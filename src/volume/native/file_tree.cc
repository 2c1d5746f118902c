// SPDX-License-Identifier: Apache-2.0
#include "volume/native/file_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "volume/directory.h"

namespace sgxx::volume {
namespace {

template <class T>
Result<T> checked(Outcome<T> outcome) {
  if (!outcome.ok()) return Failure{to_error(outcome.error())};
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(outcome).value();
  }
}

i64 now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Record fresh_record(u32 mode) {
  const i64 time = now();
  return {.mode = mode, .links = S_ISDIR(mode) ? 2u : 1u, .accessed = time, .modified = time, .changed = time, .born = time};
}

u64 blocks_of(u64 bytes) { return (bytes + kBlockSize - 1) / kBlockSize; }

/// So many blocks are read or written at once.
constexpr u64 kBlocksAtOnce = 256;

}  // namespace

sgxx::Error to_error(const Error& error) {
  const std::string block = error.where == 0 ? "" : " (block " + std::to_string(error.where) + ")";
  switch (error.fault) {
    case Fault::io:
      if (error.number == EWOULDBLOCK) return {ErrorKind::system, "the volume is in use"};
      return {ErrorKind::system, "the disk failed: " + std::string(std::strerror(error.number)) + block};
    case Fault::integrity: return {ErrorKind::bad_input, "the volume has been damaged or tampered with" + block};
    case Fault::wrong_key: return {ErrorKind::bad_input, "the volume does not open with this key"};
    case Fault::rolled_back: return {ErrorKind::bad_input, "the volume is an older state than the one that is expected"};
    case Fault::not_a_volume: return {ErrorKind::bad_input, "not a volume"};
    case Fault::unsupported_version:
      return {ErrorKind::unsupported,
              "a volume in a format that this sgxx does not read: copy what is in it with the sgxx that made it"};
    case Fault::no_space: return {ErrorKind::system, "no space left in the volume"};
    case Fault::no_memory: return {ErrorKind::system, "no memory left"};
    case Fault::too_large: return {ErrorKind::bad_input, "more than a volume can hold"};
    case Fault::no_randomness: return {ErrorKind::system, "no random numbers"};
  }
  return {ErrorKind::system, name_of(error.fault)};
}

Result<Object*> FileTree::object_of(u64 number) {
  Object* const object = volume_.find(number);
  if (object == nullptr) return bad_input("an entry names an object that is not there: " + std::to_string(number));
  return object;
}

Result<Record> FileTree::record_of(u64 number) {
  Object* const object = TRY(object_of(number));
  return checked(volume_.record(*object));
}

Result<FileTree::Directory*> FileTree::directory(u64 number) {
  if (const auto known = directories_.find(number); known != directories_.end()) return &known->second;
  const Record record = TRY(record_of(number));
  if (!S_ISDIR(record.mode)) return bad_input("not a directory");
  std::vector<u8> bytes(record.size);
  TRY(read(number, 0, bytes));
  Directory directory;
  DirectoryReader reader(bytes);
  for (;;) {
    const auto entry = TRY(checked(reader.next()));
    if (!entry) break;
    if (!directory.entries.emplace(entry->name, entry->object).second) return bad_input("a directory names something twice");
  }
  return &directories_.emplace(number, std::move(directory)).first->second;
}

Result<u64> FileTree::walk(const std::string& path) {
  u64 number = kRootDirectory;
  for (u64 at = 0; at < path.size();) {
    const u64 end = std::min(path.find('/', at), path.size());
    if (end != at && path.compare(at, end - at, ".") != 0) {
      Directory* const in = TRY(directory(number));
      const auto entry = in->entries.find(path.substr(at, end - at));
      if (entry == in->entries.end()) return bad_input(path + ": no such file or directory");
      number = entry->second;
    }
    at = end + 1;
  }
  return number;
}

Result<FileTree::Name> FileTree::name_of(const std::string& path) {
  const std::string trimmed = path.substr(0, path.find_last_not_of('/') + 1);
  const u64 slash = trimmed.rfind('/');
  std::string name = slash == std::string::npos ? trimmed : trimmed.substr(slash + 1);
  if (!is_entry_name(name)) return bad_input(path + ": not a name for a file");
  const u64 directory = TRY(walk(slash == std::string::npos ? "" : trimmed.substr(0, slash)));
  return Name{directory, std::move(name)};
}

Result<FileTree::Entry> FileTree::look_up(const std::string& path) {
  const u64 number = TRY(walk(path));
  return Entry{path, number, TRY(record_of(number))};
}

Result<std::vector<FileTree::Entry>> FileTree::list(const std::string& path) {
  const u64 listed = TRY(walk(path));
  const Directory& directory = *TRY(this->directory(listed));
  std::vector<Entry> entries;
  for (const auto& [name, number] : directory.entries) entries.push_back({name, number, TRY(record_of(number))});
  return entries;
}

Result<u64> FileTree::make(const std::string& path, const Record& record) {
  const Name name = TRY(name_of(path));
  Directory& directory = *TRY(this->directory(name.directory));
  if (directory.entries.contains(name.name)) return bad_input(path + ": is there already");
  TRY(checked(volume_.promise(1)));
  volume_.unpromise(1);
  Object* const object = TRY(checked(volume_.make(record)));
  directory.entries.emplace(name.name, object->number());
  directory.is_dirty = true;
  if (S_ISDIR(record.mode)) TRY(change_links(name.directory, 1));
  return object->number();
}

Result<u64> FileTree::create_file(const std::string& path, u32 permissions) {
  const Name name = TRY(name_of(path));
  if (TRY(directory(name.directory))->entries.contains(name.name)) {
    if (S_ISDIR(TRY(look_up(path)).record.mode)) return bad_input(path + ": is a directory");
    TRY(remove(path));
  }
  return make(path, fresh_record(S_IFREG | permissions));
}

Result<void> FileTree::make_directory(const std::string& path, u32 permissions) {
  const u64 number = TRY(make(path, fresh_record(S_IFDIR | permissions)));
  directories_[number] = {};
  return {};
}

Result<void> FileTree::make_symbolic_link(const std::string& target, const std::string& path) {
  if (target.empty() || target.size() >= kBlockSize) return bad_input("not a target for a symbolic link");
  const u64 number = TRY(make(path, fresh_record(S_IFLNK | 0777)));
  return write(number, 0, {reinterpret_cast<const u8*>(target.data()), target.size()});
}

Result<void> FileTree::change_links(u64 number, int change) {
  Record record = TRY(record_of(number));
  record.links = static_cast<u32>(static_cast<int>(record.links) + change);
  record.changed = now();
  return set_attributes(number, record);
}

Result<void> FileTree::link(const std::string& from, const std::string& to) {
  const Entry entry = TRY(look_up(from));
  const Name name = TRY(name_of(to));
  Directory& directory = *TRY(this->directory(name.directory));
  if (S_ISDIR(entry.record.mode)) return bad_input(from + ": is a directory");
  if (!directory.entries.emplace(name.name, entry.object).second) return bad_input(to + ": is there already");
  directory.is_dirty = true;
  return change_links(entry.object, 1);
}

/// Whether an object is a directory, or lies below it.
Result<bool> FileTree::lies_in(u64 number, u64 directory_number) {
  if (number == directory_number) return true;
  if (!S_ISDIR(TRY(record_of(directory_number)).mode)) return false;
  for (const auto& [name, below] : TRY(directory(directory_number))->entries) {
    if (TRY(lies_in(number, below))) return true;
  }
  return false;
}

Result<void> FileTree::rename(const std::string& from, const std::string& to) {
  const Entry entry = TRY(look_up(from));
  const Name old_name = TRY(name_of(from));
  const Name new_name = TRY(name_of(to));
  const bool is_directory = S_ISDIR(entry.record.mode);
  if (is_directory && TRY(lies_in(new_name.directory, entry.object))) return bad_input(to + ": lies in " + from);
  Directory& directory = *TRY(this->directory(new_name.directory));
  if (const auto there = directory.entries.find(new_name.name); there != directory.entries.end()) {
    if (there->second == entry.object) return {};
    if (is_directory) return bad_input(to + ": is there already");
    TRY(remove(to));
  }
  directory.entries.emplace(new_name.name, entry.object);
  directory.is_dirty = true;
  Directory& left = *TRY(this->directory(old_name.directory));
  left.entries.erase(old_name.name);
  left.is_dirty = true;
  if (is_directory && old_name.directory != new_name.directory) {
    TRY(change_links(old_name.directory, -1));
    TRY(change_links(new_name.directory, 1));
  }
  return {};
}

Result<void> FileTree::drop(u64 number) {
  const Record record = TRY(record_of(number));
  if (!S_ISDIR(record.mode) && record.links > 1) return change_links(number, -1);
  directories_.erase(number);
  Object* const object = TRY(object_of(number));
  return checked(volume_.remove(*object));
}

Result<void> FileTree::remove(const std::string& path) {
  const Entry entry = TRY(look_up(path));
  const Name name = TRY(name_of(path));
  const bool is_directory = S_ISDIR(entry.record.mode);
  if (is_directory && !TRY(directory(entry.object))->entries.empty()) return bad_input(path + ": is not empty");
  TRY(drop(entry.object));
  Directory& directory = *TRY(this->directory(name.directory));
  directory.entries.erase(name.name);
  directory.is_dirty = true;
  if (is_directory) TRY(change_links(name.directory, -1));
  return {};
}

Result<u64> FileTree::read(u64 number, u64 offset, ByteSpan bytes) {
  Object* const object = TRY(object_of(number));
  const u64 size = TRY(record_of(number)).size;
  if (offset >= size) return u64{0};
  const u64 length = std::min<u64>(bytes.size(), size - offset);
  std::vector<u8> pages(kBlocksAtOnce * kBlockSize);
  for (u64 done = 0; done < length;) {
    const u64 first = (offset + done) / kBlockSize, skipped = (offset + done) % kBlockSize;
    const u64 count = std::min(kBlocksAtOnce, blocks_of(skipped + length - done));
    std::vector<u8*> pointers;
    for (u64 i = 0; i < count; ++i) pointers.push_back(pages.data() + i * kBlockSize);
    TRY(checked(volume_.read(*object, first, pointers)));
    const u64 piece = std::min(length - done, count * kBlockSize - skipped);
    std::memcpy(bytes.data() + done, pages.data() + skipped, piece);
    done += piece;
  }
  return length;
}

Result<void> FileTree::write(u64 number, u64 offset, ByteView bytes) {
  Object* const object = TRY(object_of(number));
  std::vector<u8> pages(kBlocksAtOnce * kBlockSize);
  for (u64 done = 0; done < bytes.size();) {
    const u64 first = (offset + done) / kBlockSize, skipped = (offset + done) % kBlockSize;
    const u64 count = std::min(kBlocksAtOnce, blocks_of(skipped + bytes.size() - done));
    const u64 piece = std::min(bytes.size() - done, count * kBlockSize - skipped);
    // The blocks at both ends may keep bytes of before.
    for (const u64 edge : {u64{0}, count - 1}) {
      u8* const page = pages.data() + edge * kBlockSize;
      TRY(checked(volume_.read(*object, first + edge, {&page, 1})));
    }
    std::memcpy(pages.data() + skipped, bytes.data() + done, piece);
    std::vector<DirtyBlock> blocks;
    for (u64 i = 0; i < count; ++i) blocks.push_back({object, first + i, pages.data() + i * kBlockSize});
    TRY(checked(volume_.promise(count)));
    auto written = volume_.write(blocks);
    volume_.unpromise(count);
    TRY(checked(std::move(written)));
    done += piece;
  }
  Record record = TRY(record_of(number));
  record.size = std::max(record.size, offset + bytes.size());
  record.modified = record.changed = now();
  return set_attributes(number, record);
}

Result<void> FileTree::set_attributes(u64 number, const Record& record) {
  Object* const object = TRY(object_of(number));
  return checked(volume_.set_record(*object, record));
}

Result<std::vector<u8>> FileTree::read_file(const std::string& path) {
  const Entry entry = TRY(look_up(path));
  if (S_ISDIR(entry.record.mode)) return bad_input(path + ": is a directory");
  std::vector<u8> bytes(entry.record.size);
  TRY(read(entry.object, 0, bytes));
  return bytes;
}

Result<void> FileTree::write_file(const std::string& path, ByteView bytes, u32 permissions) {
  const u64 number = TRY(create_file(path, permissions));
  return write(number, 0, bytes);
}

Result<void> FileTree::write_directory(u64 number, Directory& directory) {
  std::vector<u8> bytes;
  u64 end = 0;
  for (const auto& [name, object] : directory.entries) {
    const u64 at = entry_offset(end, name);
    end = at + entry_size(name);
    bytes.resize(blocks_of(end) * kBlockSize);
    write_entry(bytes.data() + at, {object, name});
  }
  Object* const object = TRY(object_of(number));
  TRY(checked(volume_.truncate(*object, blocks_of(bytes.size()))));
  Record record = TRY(record_of(number));
  record.size = bytes.size();
  TRY(set_attributes(number, record));
  TRY(write(number, 0, bytes));
  directory.is_dirty = false;
  return {};
}

Result<Anchor> FileTree::commit() {
  for (auto& [number, directory] : directories_) {
    if (directory.is_dirty) TRY(write_directory(number, directory));
  }
  const Prepared prepared = TRY(checked(volume_.prepare()));
  return checked(volume_.publish(prepared));
}

void FileTree::check_data(u64 number, u64 size, const std::string& path, Report& report) {
  std::vector<u8> pages(kBlocksAtOnce * kBlockSize);
  for (u64 at = 0; at < size; at += pages.size()) {
    const auto data = read(number, at, pages);
    if (data.ok()) continue;
    report.problems.push_back(path + ": " + data.error().message());
    return;
  }
}

Result<void> FileTree::check_below(u64 number, const std::string& path, std::map<u64, u32>& seen, Report& report) {
  u32 subdirectories = 0;
  for (const auto& [name, below] : TRY(directory(number))->entries) {
    const std::string below_path = path.empty() ? name : path + "/" + name;
    Object* const object = volume_.find(below);
    if (object == nullptr) {
      report.problems.push_back(below_path + ": names nothing");
      continue;
    }
    const Record record = TRY(record_of(below));
    const bool is_directory = S_ISDIR(record.mode);
    if (seen[below]++ != 0) {
      if (is_directory) report.problems.push_back(below_path + ": a directory with two names");
      continue;
    }
    check_data(below, record.size, below_path, report);
    report.bytes += record.size;
    if (is_directory) {
      ++subdirectories;
      ++report.directories;
      TRY(check_below(below, below_path, seen, report));
    } else {
      ++(S_ISLNK(record.mode) ? report.links : report.files);
    }
  }
  if (TRY(record_of(number)).links != 2 + subdirectories) report.problems.push_back("/" + path + ": wrong number of links");
  return {};
}

Result<FileTree::Report> FileTree::check() {
  Report report;
  std::map<u64, u32> seen = {{kRootDirectory, 1}};
  TRY(check_below(kRootDirectory, "", seen, report));
  for (u64 number = kRootDirectory; number < volume_.object_slots(); ++number) {
    if (volume_.find(number) == nullptr) continue;
    const Record record = TRY(record_of(number));
    const auto names = seen.find(number);
    if (names == seen.end()) {
      if (record.links != 0) report.problems.push_back("object " + std::to_string(number) + ": has no name");
    } else if (!S_ISDIR(record.mode) && names->second != record.links) {
      report.problems.push_back("object " + std::to_string(number) + ": wrong number of links");
    }
  }
  return report;
}

}  // namespace sgxx::volume
