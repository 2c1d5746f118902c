// SPDX-License-Identifier: Apache-2.0
#include "host/process.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/cpuid_table.h"
#include "host/service.h"

namespace sgxx::host {
namespace {

constexpr u32 kQuiet = 0, kSignalled = 1, kAsleep = 2;
constexpr u64 kNanosecondsPerSecond = 1'000'000'000;
constexpr useconds_t kSignalAgain = 100;
constexpr u64 kHostStack = 256 * 1024;

long futex(std::atomic<u32>* word, int operation, u32 value, const timespec* deadline) {
  return syscall(SYS_futex, word, operation, value, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
}

/// What a stream is connected to, so that stdio in the enclave buffers as it would outside.
abi::StreamInfo stream_info(int stream) {
  struct stat status {};
  if (fstat(stream, &status) != 0) return {};
  abi::StreamInfo info{status.st_mode, isatty(stream) == 1 ? 1u : 0u, 0};
  winsize size{};
  if (info.terminal != 0 && ioctl(stream, TIOCGWINSZ, &size) == 0) info.columns_rows = u64{size.ws_col} << 32 | size.ws_row;
  return info;
}

/// Nanoseconds, or a negative errno.
i64 read_clock(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return -errno;
  return static_cast<i64>(static_cast<u64>(now.tv_sec) * kNanosecondsPerSecond + static_cast<u64>(now.tv_nsec));
}

}  // namespace

i64 Sleeper::wait(u64 deadline) {
  u32 quiet = kQuiet;
  if (!state_.compare_exchange_strong(quiet, kAsleep)) {
    state_.store(kQuiet);
    return 0;
  }
  const timespec time{static_cast<time_t>(deadline / kNanosecondsPerSecond), static_cast<long>(deadline % kNanosecondsPerSecond)};
  const long slept = futex(&state_, FUTEX_WAIT_BITSET_PRIVATE, kAsleep, deadline == ~u64{0} ? nullptr : &time);
  const i64 reason = slept == 0 || errno == EAGAIN ? -EINTR : -errno;
  // A wake-up that was on its way to an earlier sleep may end this one: only the word says whether somebody signalled.
  return state_.exchange(kQuiet) == kSignalled ? 0 : reason;
}

void Sleeper::signal() {
  if (state_.exchange(kSignalled) == kAsleep) futex(&state_, FUTEX_WAKE_PRIVATE, 1, nullptr);
}

bool Sleeper::take_signal() {
  u32 signalled = kSignalled;
  if (state_.load() != kSignalled) return false;
  return state_.compare_exchange_strong(signalled, kQuiet);
}

Process::Process(device::Device& device, LoadedEnclave enclave, const TscRate& counter)
    : device_(device), enclave_(std::move(enclave)), counter_(counter), threads_(new HostThread[enclave_.threads.size()]) {
  for (u32 i = 0; i < enclave_.threads.size(); ++i) {
    threads_[i].index = i;
    threads_[i].tcs = enclave_.threads[i];
  }
  device_.set_interrupt_handler(&Process::on_interrupt, this);
}

// Threads may still be inside the enclave: what they use lives until the process ends.
Process::~Process() {
  (void)threads_.release();
  (void)recorder_.release();
}

Result<void> Process::prepare(HostThread& thread) {
  void* area =
      mmap(nullptr, align_up(sizeof(abi::HostArea), kPageSize), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) return system_error("cannot allocate a thread's host area");
  thread.area = static_cast<abi::HostArea*>(area);
  thread.interrupt_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (thread.interrupt_event < 0) return system_error("cannot create an eventfd");
  thread.is_prepared = true;
  u32 count = prepared_.load();
  while (count <= thread.index && !prepared_.compare_exchange_weak(count, thread.index + 1)) {
  }
  return {};
}

Result<void> Process::write_start_info(HostThread& thread, const RunOptions& options) {
  abi::StartInfo info{};
  info.magic = abi::kStartMagic;
  info.abi_version = abi::kAbiVersion;
  info.cpuid_count = read_cpuid_table(info.cpuid);
  info.tsc_hz = counter_.hertz();
  info.cpu_count = static_cast<u64>(sysconf(_SC_NPROCESSORS_ONLN));
  for (int i = 0; i < 3; ++i) info.streams[static_cast<size_t>(i)] = stream_info(i);
  std::string strings;
  for (const std::string& argument : options.arguments) strings += argument + '\0';
  if (options.arguments.size() > abi::kMaxArguments || strings.size() > abi::kHostDataSize - sizeof(info)) {
    return bad_input("the arguments are too long: at most " + std::to_string(abi::kHostDataSize - sizeof(info)) + " bytes fit");
  }
  info.argument_count = static_cast<u32>(options.arguments.size());
  info.argument_bytes = static_cast<u32>(strings.size());
  std::memcpy(thread.area->data.data(), &info, sizeof(info));
  std::memcpy(thread.area->data.data() + sizeof(info), strings.data(), strings.size());
  return {};
}

Result<Ending> Process::run(const RunOptions& options) {
  if (options.count || options.trace >= 0) {
    recorder_ = std::make_unique<Recorder>(static_cast<u32>(enclave_.threads.size()), options.trace);
  }
  quoting_ = options.quoting;
  waiting_pulse_.begin();
  pthread_getcpuclockid(pthread_self(), &waiting_clock_);
  waiting_time_before_ = read_clock(waiting_clock_);
  cpu_time_before_ = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  TRY(events_.open());
  TRY(prepare(threads_[0]));
  TRY(write_start_info(threads_[0], options));
  if (const i64 started = start_thread(0); started != 0) {
    errno = static_cast<int>(-started);
    return system_error("cannot start the first thread");
  }
  // A thread that does not attend in this time is stuck in a call that nothing interrupts: another one is told.
  constexpr int kPatience = 5;      // ms
  constexpr int kHeartbeat = 1000;  // ms between two looks for threads that are gone
  while (!has_ended()) {
    const bool came = events_.wait(unanswered_ ? kPatience : kHeartbeat);
    if (came || unanswered_) call_attention();
    if (has_lost_thread()) end({ExitStatus::Kind::lost, 0});
  }
  const std::lock_guard lock(mutex_);
  Ending ending{status_, {}};
  if (options.count) ending.report = report();
  return ending;
}

Report Process::report() const {
  Report report = recorder_->report();
  report.asynchronous_exits = device_.asynchronous_exits();
  report.heap_bytes = enclave_.heap.length;
  report.heap_resident = resident_bytes(enclave_.heap.offset, enclave_.heap.length);
  report.resident = resident_bytes(0, enclave_.size);
  return report;
}

bool Process::has_ended() {
  const std::lock_guard lock(mutex_);
  return has_ended_;
}

bool Process::has_lost_thread() {
  bool lost = ring_.is_lost();
  for_each_thread([&lost](HostThread& thread) { lost = lost || thread.pulse.has_stopped(); });
  return lost;
}

void Process::await_end() {
  waiting_pulse_.wait_for_stop();
  constexpr char kText[] = "sgxx: the enclave cannot go on: the thread that waits for its end was ended from outside\n";
  (void)!write(STDERR_FILENO, kText, sizeof kText - 1);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// Tells one of the threads that live that something came.
void Process::call_attention() {
  const u32 count = static_cast<u32>(enclave_.threads.size());
  unanswered_ = true;
  for (u32 i = 0; i < count; ++i) {
    HostThread& thread = threads_[next_told_++ % count];
    if (!thread.living) continue;
    std::atomic_ref(thread.area->attention).store(1);
    if (!thread.living) continue;
    interrupt(thread.index);
    return;
  }
}

i64 Process::attend(HostThread& thread, u64 deadline, u64 admitted) {
  std::atomic_ref(thread.area->attention).store(0);
  unanswered_ = false;
  next_told_ = thread.index;  // it answers: the next time it is asked first
  events_.admit(admitted);
  events_.set_alarm(deadline);
  return static_cast<i64>(events_.take_signal());
}

void Process::end(ExitStatus status) {
  const std::lock_guard lock(mutex_);
  if (has_ended_) return;
  has_ended_ = true;
  status_ = status;
  events_.end();
}

namespace {

struct ThreadStart {
  Process* process;
  HostThread* thread;
};

}  // namespace

i64 Process::start_thread(u64 index) {
  if (index >= enclave_.threads.size()) return -EAGAIN;
  HostThread& thread = threads_[index];
  if (thread.created) {
    thread.start.signal();
    return 0;
  }
  if (thread.area == nullptr && !prepare(thread).ok()) return -EAGAIN;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kHostStack);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  thread.created = true;
  auto* start = new ThreadStart{this, &thread};
  // Signals stay blocked until the thread is ready for them (attach_thread).
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failed = pthread_create(&thread.pthread, &attributes, &Process::thread_main, start);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (failed == 0) return 0;
  delete start;
  thread.created = false;
  return -EAGAIN;
}

void* Process::thread_main(void* raw) {
  const ThreadStart start = *static_cast<ThreadStart*>(raw);
  delete static_cast<ThreadStart*>(raw);
  if (!start.process->device_.attach_thread().ok()) {
    start.process->end({ExitStatus::Kind::failed, 0});
    return nullptr;
  }
  const sigset_t blocked = start.process->events_.blocked();
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  start.thread->pulse.begin();
  for (;;) {
    start.process->live(*start.thread);
    while (start.thread->start.wait(~u64{0}) != 0) {
    }
  }
}

/// One life of an enclave thread, from its first entry to ExitKind::thread_done.
void Process::live(HostThread& thread) {
  thread.cpu_time_before = read_clock(CLOCK_THREAD_CPUTIME_ID);
  thread.living = true;
  if (recorder_) recorder_->thread_begins(thread.index);
  device::Registers registers;
  registers.rdi = SGXX_ENTER_START;
  registers.rsi = reinterpret_cast<u64>(thread.area);
  isa::Enclu leaf = isa::Enclu::eenter;
  for (;;) {
    if (recorder_ && leaf == isa::Enclu::eenter) recorder_->entry(thread.index);
    const device::Exit exit = device_.enter(leaf, thread.tcs, registers);
    registers = {};
    if (exit.kind == device::Exit::Kind::fault) {
      if (recorder_) recorder_->exception(thread.index, exit);
      if (!handle_fault(thread)) break;
      leaf = isa::Enclu::eresume;
      continue;
    }
    if (exit.kind == device::Exit::Kind::refused) break;
    switch (static_cast<abi::ExitKind>(exit.registers.rdi)) {
      case abi::ExitKind::host_call:
        thread.area->reply = answer(thread);
        leaf = isa::Enclu::eenter;
        registers.rdi = SGXX_ENTER_RETURN;
        continue;
      case abi::ExitKind::thread_done:
        thread.living = false;
        // It was told of something and leaves without having looked.
        if (std::atomic_ref(thread.area->attention).exchange(0) != 0) call_attention();
        if (recorder_) recorder_->thread_ends();
        return;
      case abi::ExitKind::abort: end({ExitStatus::Kind::aborted, static_cast<unsigned>(exit.registers.rsi)}); break;
      case abi::ExitKind::resume: break;
    }
    break;
  }
  end({ExitStatus::Kind::failed, 0});
  await_end();
}

i64 Process::answer(HostThread& thread) {
  ring_.note_exit(thread);
  if (ring_.settle(thread)) {
    if (recorder_) recorder_->left_after_all(thread.index);
    return thread.area->reply;
  }
  const abi::HostCall call = thread.area->call;
  if (!recorder_) return serve(*this, thread, call);
  const u64 began = recorder_->before(thread.index, call);
  const i64 reply = serve(*this, thread, call);
  recorder_->after(thread.index, call, reply, began);
  return reply;
}

/// Lets the enclave look at what happened. False when it could not.
bool Process::handle_fault(HostThread& thread) {
  if (recorder_) recorder_->exception_entry(thread.index);
  const device::Exit handled = device_.enter(isa::Enclu::eenter, thread.tcs, {});
  if (handled.kind != device::Exit::Kind::eexit) return false;
  if (handled.registers.rdi == SGXX_EXIT_ABORT) {
    end({ExitStatus::Kind::aborted, static_cast<unsigned>(handled.registers.rsi)});
    await_end();
  }
  return handled.registers.rdi == SGXX_EXIT_RESUME;
}

/// In signal context, at the AEP of a thread that was interrupted inside: the same, then ERESUME.
void Process::on_interrupt(void* self, int, EnclaveOffset tcs) {
  auto& process = *static_cast<Process*>(self);
  const device::Exit handled = process.device_.enter(isa::Enclu::eenter, tcs, {});
  if (handled.kind == device::Exit::Kind::eexit && handled.registers.rdi == SGXX_EXIT_ABORT) {
    process.end({ExitStatus::Kind::aborted, static_cast<unsigned>(handled.registers.rsi)});
  }
}

/// Processor times are the program's: without what was used before it, or before the thread, or by threads of the host's own.
i64 Process::clock_read(u64 clock, u64 index) {
  if (clock == CLOCK_PROCESS_CPUTIME_ID) {
    const i64 others = ring_.processor_time() + read_clock(waiting_clock_) - waiting_time_before_;
    return read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu_time_before_ - others;
  }
  if (clock != CLOCK_THREAD_CPUTIME_ID) return read_clock(static_cast<clockid_t>(clock));
  if (index >= enclave_.threads.size() || !threads_[index].created) return -EINVAL;
  clockid_t id{};
  if (const int failed = pthread_getcpuclockid(threads_[index].pthread, &id); failed != 0) return -failed;
  return read_clock(id) - threads_[index].cpu_time_before;
}

i64 Process::wake(u64 index) {
  if (index >= enclave_.threads.size()) return -EINVAL;
  HostThread& thread = threads_[index];
  thread.sleeper.signal();
  if (thread.polling.load() != 0) eventfd_write(thread.interrupt_event, 1);
  return end_blocking_call(thread);
}

i64 Process::interrupt(u64 index) {
  if (index >= enclave_.threads.size() || !threads_[index].created) return -EINVAL;
  HostThread& thread = threads_[index];
  eventfd_write(thread.interrupt_event, 1);
  thread.sleeper.signal();
  if (!device_.interrupt(thread.pthread).ok()) return -EAGAIN;
  return end_blocking_call(thread);
}

/// By signals, until it is over: one that comes just before the system call that it is to end does nothing.
i64 Process::end_blocking_call(HostThread& thread) {
  const u64 call = thread.blocking.load();
  while (call % 2 != 0 && thread.blocking.load() == call) {
    if (!device_.interrupt(thread.pthread).ok()) return -EAGAIN;
    usleep(kSignalAgain);
  }
  return 0;
}

i64 Process::protect(u64 offset, u64 length, u64 bits) {
  Permission permission = Permission::none();
  if (bits == Permission::r().bits()) permission = Permission::r();
  if (bits == Permission::rw().bits()) permission = Permission::rw();
  if (bits == Permission::rx().bits()) permission = Permission::rx();
  return device_.protect({EnclaveOffset(offset), length}, permission).ok() ? 0 : -EACCES;
}

}  // namespace sgxx::host
