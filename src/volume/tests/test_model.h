// SPDX-License-Identifier: Apache-2.0
//
// TestModel: what a volume must answer. A block has one content; or, after an operation on it has failed, one of several, until a
// read tells which.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "volume/tests/test_random.h"
#include "volume/tests/test_volume.h"

namespace sgxx::volume {

class TestModel {
 public:
  static constexpr u64 kZero = 0;
  struct File {
    std::vector<u64> sizes;  // that its record may say
    std::map<u64, std::vector<u64>> blocks;
  };
  std::map<u64, File> files;

  static Page page_of(u64 content) { return content == kZero ? TestVolume::zero_page() : TestVolume::page(content); }

  void set(u64 file, u64 index, u64 content) { files[file].blocks[index] = {content}; }
  void may_be(u64 file, u64 index, u64 content) {
    std::vector<u64>& contents = files[file].blocks[index];
    if (contents.empty()) contents = {kZero};
    contents.push_back(content);
  }

  /// A read of the block may give this; then it is this.
  bool agrees(u64 file, u64 index, const Page& page) {
    std::vector<u64>& contents = files[file].blocks[index];
    if (contents.empty()) contents = {kZero};
    for (const u64 content : contents) {
      if (page != page_of(content)) continue;
      contents = {content};
      return true;
    }
    return false;
  }
};

}  // namespace sgxx::volume
