// SPDX-License-Identifier: Apache-2.0
//
// Every memory access that the enclave makes, decoded before it happens. What lies outside ELRANGE may be touched by the two host
// copy routines alone, as aligned words of the host areas, each word read at most once between an entry and the next exit, and
// only after an LFENCE. Words are overwritten as soon as they have been read.
#pragma once

#include <string>
#include <unordered_map>

#include "boundary/stepper.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {

class AccessWatch : public Stepper {
 public:
  explicit AccessWatch(TestHost& host);

  std::vector<std::string> complaints;
  u64 host_reads = 0, host_writes = 0;
  bool overwrite_after_reading = true;

 protected:
  Step visit(ThreadRecord& record, ucontext_t& context, u64 rip) override;
  void left(ThreadRecord& record, ucontext_t& context) override;

 private:
  struct Access {
    int base = -1, index = -1;  // REG_*, or kInstructionPointer
    u64 scale = 0;
    u64 displacement = 0;
    enum class Segment : u8 { none, fs, gs } segment = Segment::none;
    u32 size = 0;
    bool reads = false, writes = false, repeats = false;
  };
  const std::vector<Access>& accesses_at(u64 rip);
  void check(const Access& access, u64 address, u64 rip);
  void complain(const char* what, u64 rip, u64 address);

  TestHost& host_;
  u64 from_host_begin_, to_host_begin_, to_host_end_, entry_begin_, entry_end_;
  std::unordered_map<u64, std::vector<Access>> decoded_;
  std::unordered_map<u64, bool> read_words_;
  u64* overwrite_next_ = nullptr;
  bool fenced_ = false;
};

}  // namespace sgxx::boundary
