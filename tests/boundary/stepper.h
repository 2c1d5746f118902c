// SPDX-License-Identifier: Apache-2.0
//
// Observers that the tests derive from. A Stepper follows the enclave instruction by instruction, hides the trap flag from
// PUSHFQ and POPFQ, makes RDRAND, RDSEED and RDTSC deterministic, and shows the state at each EEXIT.
#pragma once

#include <cstring>
#include <vector>

#include "device/soft/enclave.h"
#include "device/soft/observer.h"

namespace sgxx::boundary {

using device::soft::LoadedState;
using device::soft::Step;
using device::soft::ThreadRecord;

/// Sets an observer for a scope.
class Watch {
 public:
  explicit Watch(device::soft::Observer& observer) { device::soft::set_observer(&observer); }
  ~Watch() { device::soft::set_observer(nullptr); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
};

inline u64 reg(const ucontext_t& context, int name) { return static_cast<u64>(context.uc_mcontext.gregs[name]); }
inline void set_reg(ucontext_t& context, int name, u64 value) { context.uc_mcontext.gregs[name] = static_cast<greg_t>(value); }

class Stepper : public device::soft::Observer {
 public:
  bool wants_steps() override { return on; }
  Step step(ThreadRecord& record, ucontext_t& context) final;

  bool on = true;
  u64 instructions = 0;  ///< of the enclave, seen so far
  u64 random_state = 1;
  u64 tsc = 1'000'000;

 protected:
  /// Before an instruction of the enclave at `rip`.
  virtual Step visit(ThreadRecord& record, ucontext_t& context, u64 rip) {
    return static_cast<void>(record), static_cast<void>(context), static_cast<void>(rip), Step::go_on;
  }
  /// The first instruction of the host behind an EEXIT.
  virtual void left(ThreadRecord& record, ucontext_t& context) { static_cast<void>(record), static_cast<void>(context); }
  /// RDRAND's answer; false: CF = 0.
  virtual bool random(u64& value) {
    random_state = random_state * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
    value = random_state ^ random_state >> 29;
    return true;
  }
};

/// Fills everything that EENTER leaves to the host with bytes that depend on `seed`; RDI and RSI stay.
void poison_everything(LoadedState& state, std::span<u8> xsave, u64 xfrm, u64 seed);
/// Leaves x87 out of a poisoned area.
void set_initial_x87(std::span<u8> xsave);

/// The values of poison that make a difference to somebody: all zeroes, all ones, non-canonical, an address in ELRANGE, its
/// edges.
std::vector<u64> poison_values(u64 elrange_size);

}  // namespace sgxx::boundary
