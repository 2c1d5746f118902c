// SPDX-License-Identifier: Apache-2.0
//
// Stubs: where a redirected site goes. One needs no stack (the program's may have a red zone) and no register but the one that
// the instruction itself destroys: rcx for syscall, rdx for the others. It holds
//
//     the instructions before the site | lea resume(%rip), %rcx | jmp runtime_syscall
//
// and resumes behind the window; or, when instructions after the site moved too, in the stub, which then goes on with
//
//     the instructions after the site | jmp behind the window
#pragma once

#include "rewrite/plan.h"
#include "rewrite/window.h"

namespace sgxx::rewrite {

class StubWriter {
 public:
  StubWriter(const Targets& targets, EnclaveOffset program_base, EnclaveOffset stub_base)
      : targets_(targets), program_base_(program_base), stub_base_(stub_base) {}

  /// Appends the stub of a site; returns the bytes that replace its window, or nothing when a distance does not fit in 32 bits.
  std::optional<std::vector<u8>> write(SiteKind kind, const Window& window);

  std::vector<u8> take_bytes() { return std::move(bytes_); }
  std::vector<MovedAddress> take_moved() { return std::move(moved_); }

 private:
  EnclaveOffset here() const { return stub_base_ + bytes_.size(); }
  EnclaveOffset in_program(Vaddr address) const { return program_base_ + address.value; }
  void put(std::initializer_list<u8> bytes) { bytes_.insert(bytes_.end(), bytes); }
  /// Puts the distance from the end of the field (and `trailing` more bytes) to `target`.
  void put_distance(EnclaveOffset target, u64 trailing = 0);
  void put_moved(const Moved& moved);
  EnclaveOffset runtime_entry(SiteKind kind) const;

  Targets targets_;
  EnclaveOffset program_base_, stub_base_;
  std::vector<u8> bytes_;
  std::vector<MovedAddress> moved_;
  bool in_reach_ = true;
};

}  // namespace sgxx::rewrite
