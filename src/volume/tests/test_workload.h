// SPDX-License-Identifier: Apache-2.0
//
// TestWorkload: a volume on a TestDisk, used at random, and the model of it. Every answer is compared; the first that is neither
// right nor a named fault is kept as a complaint.
#pragma once

#include <optional>
#include <string>

#include "volume/tests/test_disk.h"
#include "volume/tests/test_model.h"

namespace sgxx::volume {

class TestWorkload {
 public:
  explicit TestWorkload(u64 seed) : random_(seed) { volume_.host.disk.seed(seed ^ 0x5eed); }

  BasicTestVolume<NativeHost<TestDisk>>& volume() { return volume_; }
  TestDisk& disk() { return volume_.host.disk; }
  const std::string& complaint() const { return complaint_; }

  /// Makes the volume, on a disk that does as it is told.
  void create();
  /// Opens it; false when that failed, in a way that is no complaint.
  bool open();
  void close() { volume_.close(); }
  /// One operation out of all.
  void step();
  void commit();
  /// Reads everything.
  void compare();

  /// There is a freshness service, which learns of every state that is published.
  bool is_anchored = false;
  /// Faults of integrity are answers, too.
  bool may_be_damaged = false;
  /// Faults of io are.
  bool may_fail = false;
  /// States that are older than the newest that was published may be opened.
  bool may_roll_back = false;
  u64 faults = 0;

 private:
  struct Prepared {
    Anchor anchor;
    TestModel model;
  };

  template <class T>
  bool is_good(const Outcome<T>& outcome, const char* what);
  void complain(const std::string& text) {
    if (complaint_.empty()) complaint_ = text;
  }
  void tell_service(const Anchor& anchor);
  u64 some_file();
  u64 some_index();
  void make();
  void remove(u64 file);
  void write(u64 file);
  void cut(u64 file);
  void read(u64 file, u64 first, u64 count);
  void set_size(u64 file);
  void check_size(u64 file);

  BasicTestVolume<NativeHost<TestDisk>> volume_;
  TestRandom random_;
  TestModel model_;
  std::vector<Prepared> prepared_;
  Anchor published_;  // the newest state that was
  std::optional<Anchor> service_;
  u64 next_content_ = 1;
  std::string complaint_;
};

}  // namespace sgxx::volume
