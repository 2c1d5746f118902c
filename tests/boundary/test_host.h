// SPDX-License-Identifier: Apache-2.0
//
// A host that tests hold in their hands: it packs a guest with the trusted runtime, signs with the test key, loads into the
// software SGX, and makes every entry itself, on one operating-system thread. Host calls are served here, deterministically, or
// answered by the test. Threads of the guest take turns at their host calls.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "abi/entry.h"
#include "abi/host_call.h"
#include "boundary/guests/modes.h"
#include "device/device.h"
#include "device/soft/enclave.h"
#include "image/builder.h"
#include "isa/sgx.h"

namespace sgxx::boundary {

struct GuestOptions {
  u32 threads = 2;
  u64 heap = u64{2} << 20;
  bool rewrite = false;
  u64 base = 0;
  bool dynamic = true;  ///< memory
  bool exitless = true;
  u64 signals = 0;           ///< that the host may send, as in the manifest
  bool host_folder = false;  ///< one of the host's, mounted at /host
  bool volume = false;       ///< an encrypted one, mounted at /volume
  bool avx = true;           ///< all that the processor has of AVX and AVX-512
};

/// The probe guest, the program with iostream and threads, the one whose threads get in each other's way.
extern const char* const kProbe;
extern const char* const kThreadsAndStreams;
extern const char* const kContention;
extern const char* const kCaller;      ///< makes every kind of host call, in an order that its argument chooses
extern const char* const kVolumeUser;  ///< writes to an encrypted volume and reads it back
extern const char* const kRuntime;

struct SignedGuest {
  image::BuiltEnclave built;
  isa::SigStruct signature;
};
/// Built once for each combination.
const SignedGuest& signed_guest(const char* program, const GuestOptions& options);

/// How a run ended.
struct Ending {
  enum class Kind { exited, signaled, aborted, refused, stuck } kind = Kind::stuck;
  u64 value = 0;  ///< exit code, signal, AbortReason
  friend bool operator==(const Ending&, const Ending&) = default;
};
std::ostream& operator<<(std::ostream& out, const Ending& ending);
inline Ending exited(u64 code) { return {Ending::Kind::exited, code}; }
inline Ending signaled(u64 number) { return {Ending::Kind::signaled, number}; }
inline Ending aborted(abi::AbortReason reason) { return {Ending::Kind::aborted, static_cast<u64>(reason)}; }

class TestHost {
 public:
  explicit TestHost(const char* program = kProbe, const GuestOptions& options = {});
  ~TestHost();

  /// Runs the guest from its start to its end.
  Ending run(const std::vector<std::string>& arguments);
  Ending run(Mode mode) { return run({"probe", std::string(1, static_cast<char>(mode))}); }

  /// For tests that go step by step: writes the start information, makes one entry.
  void write_start_info(const std::vector<std::string>& arguments);
  device::Exit enter(u32 thread, u64 rdi, u64 rsi = 0);
  device::Exit start(u32 thread) { return enter(thread, SGXX_ENTER_START, reinterpret_cast<u64>(areas[thread])); }
  device::Exit give_back(u32 thread) { return enter(thread, SGXX_ENTER_RETURN); }
  device::Exit exception(u32 thread) { return enter(thread, 0); }
  device::Exit resume(u32 thread);
  /// The answer to a host call, after `on_call`.
  i64 serve(u32 thread);

  /// Asked first; nothing: the ordinary answer.
  std::function<std::optional<i64>(u32 thread, const abi::HostCall& call)> on_call;
  /// Runs after every return from the enclave to the host with EEXIT.
  std::function<void(u32 thread, const device::Exit& exit)> on_exit;
  /// Decides at every host call of any thread who runs next: below `ready`, the number of threads that could; 0 is the next in
  /// turn. Then a thread that waits sleeps until it is woken or nothing else can happen before its deadline; all of them asleep
  /// for ever are stuck. Nothing: threads take turns, and waits return at once.
  std::function<size_t(size_t ready)> choose;
  /// Asked at every interrupt: how many turns others have before the interrupted thread goes on.
  std::function<u32()> preempt;
  /// Runs before every entry at CSSA = 0.
  std::function<void(u32 thread)> before_entry;

  abi::StartInfo& start_info() { return *reinterpret_cast<abi::StartInfo*>(areas[0]->data.data()); }
  /// A linear address in the enclave: a symbol of the runtime, a region of the layout by name.
  u64 symbol(const char* name) const;
  const image::LayoutRegion* region(const std::string& name) const;
  u64 block(u32 thread) const;  ///< of the ThreadBlock
  u64 ssa(u32 thread, u32 frame) const;
  u64 linear(u64 offset) const { return base_ + offset; }
  u64 size() const { return guest_.built.layout.size; }
  const SignedGuest& guest() const { return guest_; }

  /// Bytes of the enclave, whatever their rights.
  static std::vector<u8> read(u64 address, u64 length);
  static void write(u64 address, ByteView bytes);
  template <class T>
  static T read(u64 address) {
    T value{};
    const std::vector<u8> bytes = read(address, sizeof value);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<u8*>(&value));
    return value;
  }
  /// All writable pages, for comparisons; addresses and bytes.
  struct Memory {
    std::vector<std::pair<u64, std::vector<u8>>> regions;
  };
  Memory memory() const;

  device::Device& device() { return *device_; }
  device::soft::Enclave& enclave();
  std::vector<abi::HostArea*> areas;
  std::vector<EnclaveOffset> tcs;
  std::string output;
  u64 host_calls = 0;
  u64 interrupts = 0;             ///< exception entries made for interrupts
  u64 wrong_interrupt_exits = 0;  ///< of them, those not answered with `resume`
  i64 nanoseconds = 1'000'000'000;
  u64 base_of_loader = ~u64{0};  ///< where the loader would have put ELRANGE

 private:
  enum class Next : u8 { nothing, start, give_back };
  static void on_interrupt(void* self, int signal, EnclaveOffset tcs);
  void take_turn(u32 thread);
  void end(Ending ending);
  void let_another_run();
  std::vector<u32> ready_threads() const;
  bool wake_first_sleeper();

  const SignedGuest& guest_;
  u64 base_;
  std::unique_ptr<device::Device> device_;
  std::vector<Next> next_;
  u32 last_ = 0;  ///< who had the last turn
  std::optional<Ending> ending_;
  std::vector<u64> asleep_until_;  ///< a deadline; 0: awake
  std::vector<char> woken_;        ///< before it went to sleep
};

}  // namespace sgxx::boundary
