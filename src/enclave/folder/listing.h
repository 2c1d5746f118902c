// SPDX-License-Identifier: Apache-2.0
//
// Listing: the names in a directory of the host's, copied in and checked as a whole when its reader starts, so that positions in
// it are the enclave's own.
#pragma once

#include "abi/folder.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class Listing {
 public:
  Listing() = default;
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  ~Listing();

  /// What the open directory holds now. EIO, ENOMEM (also for more names than anybody has).
  Outcome<> load(u32 handle);

  struct Name {
    u64 number;
    u32 type;  // S_IF*, 0: not known
    Text text;
    u64 next;  // position of the one behind it
  };
  /// The name at a position, 0 first; nothing at the end. A position that no name has is taken for the next one that has.
  std::optional<Name> at(u64 position) const;

 private:
  Outcome<> make_room();
  u64 pages_ = 0;  // address
  u64 page_count_ = 0;
  u64 length_ = 0;
};

}  // namespace sgxx::enclave
