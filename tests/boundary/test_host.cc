// SPDX-License-Identifier: Apache-2.0
#include "boundary/test_host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <ostream>

#include "base/file.h"
#include "device/soft/observer.h"
#include "elf/file.h"
#include "host/cpuid_table.h"
#include "host/loader.h"
#include "image/sigstruct.h"
#include "image/test_key.h"

namespace sgxx::boundary {

const char* const kProbe = SGXX_PROBE;
const char* const kThreadsAndStreams = SGXX_THREADS_AND_STREAMS;
const char* const kCaller = SGXX_CALLER;
const char* const kContention = SGXX_CONTENTION;
const char* const kVolumeUser = SGXX_VOLUME_USER;
const char* const kRuntime = SGXX_RUNTIME;

namespace {

constexpr u64 kMostCalls = 200'000;
constexpr u64 kHostAreas = 0x600000000000, kHostAreaStride = u64{1} << 20;

[[noreturn]] void die(const std::string& message) {
  std::fprintf(stderr, "boundary test host: %s\n", message.c_str());
  std::abort();
}

template <class T>
T must(Result<T> result) {
  if (!result.ok()) die(result.error().message());
  return std::move(*result);
}
void must(const Result<void>& result) {
  if (!result.ok()) die(result.error().message());
}

const std::vector<u8>& file(const char* path) {
  static std::map<std::string, std::vector<u8>> files;
  auto [at, fresh] = files.try_emplace(path);
  if (fresh) at->second = must(read_file(path));
  return at->second;
}

const elf::File& runtime_elf() {
  static const elf::File parsed = must(elf::File::parse(file(kRuntime)));
  return parsed;
}

/// The software SGX, but loading somewhere else.
class BasedDevice final : public device::Device {
 public:
  BasedDevice(u64 base, u64& asked) : device_(must(device::open_soft_device())), base_(base), asked_(asked) {}
  Result<void> create(const isa::Secs& secs) override {
    asked_ = secs.base;
    isa::Secs moved = secs;
    moved.base = base_;
    return device_->create(moved);
  }
  Result<void> add_pages(EnclaveOffset offset, device::PageSource source, isa::SecInfo info, device::Measure measure) override {
    return device_->add_pages(offset, source, info, measure);
  }
  Result<void> grow_on_demand(OffsetRange range) override { return device_->grow_on_demand(range); }
  Result<void> init(const isa::SigStruct& signature) override { return device_->init(signature); }
  Result<void> protect(OffsetRange range, Permission permission) override { return device_->protect(range, permission); }
  Result<void> attach_thread() override { return device_->attach_thread(); }
  device::Exit enter(isa::Enclu leaf, EnclaveOffset tcs, const device::Registers& registers) override {
    return device_->enter(leaf, tcs, registers);
  }
  void set_interrupt_handler(InterruptHandler handler, void* context) override {
    device_->set_interrupt_handler(handler, context);
  }
  Result<void> interrupt(unsigned long pthread) override { return device_->interrupt(pthread); }

  device::Device& software() { return *device_; }

 private:
  std::unique_ptr<device::Device> device_;
  u64 base_;
  u64& asked_;
};

int memory_file() {
  static const int descriptor = ::open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  return descriptor;
}

}  // namespace

const SignedGuest& signed_guest(const char* program, const GuestOptions& options) {
  static std::map<std::string, SignedGuest> guests;
  const std::string key = std::string(program) + ' ' + std::to_string(options.threads) + ' ' + std::to_string(options.heap) +
                          (options.rewrite ? " rewrite" : "") + (options.dynamic ? " dynamic" : "") + " " +
                          std::to_string(options.signals) + (options.avx ? " avx" : "") + (options.exitless ? " exitless" : "") +
                          (options.host_folder ? " folder" : "") + (options.volume ? " volume" : "");
  if (const auto at = guests.find(key); at != guests.end()) return at->second;
  image::Manifest manifest;
  manifest.threads = options.threads;
  manifest.heap = options.heap;
  manifest.stack = u64{128} << 10;
  manifest.thread_stack = u64{64} << 10;
  manifest.rewrite = options.rewrite;
  manifest.signals = options.signals;
  manifest.exitless = options.exitless;
  manifest.dynamic_memory = options.dynamic;
  if (!options.avx) manifest.xfrm_allowed = isa::xfrm::legacy;
  std::vector<image::TreeItem> tree;
  if (options.host_folder) tree.push_back({.kind = abi::MountKind::host, .path = "/host", .target = "/srv", .mode = 0755});
  if (options.volume) {
    image::Mount mount;
    mount.type = image::Mount::Type::encrypted;
    mount.path = "/volume";
    mount.source = "/srv";
    manifest.mounts.push_back(mount);
    tree.push_back({.kind = abi::MountKind::encrypted,
                    .path = "/volume",
                    .target = "/srv",
                    .mode = 0755,
                    .key = abi::VolumeKey::enclave,
                    .create = true});
  }
  image::BuiltEnclave built = must(image::build({.runtime = file(kRuntime), .program = file(program), .tree = tree}, manifest));
  static const image::SigningKey signing_key = must(image::SigningKey::from_pem(image::kTestKey, "the test key"));
  isa::SigStruct signature = must(image::sign(must(image::unsigned_sigstruct_of(built, manifest, 0x19700101)), signing_key));
  return guests.emplace(key, SignedGuest{std::move(built), signature}).first->second;
}

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::exited: return out << "exited with " << ending.value;
    case Ending::Kind::signaled: return out << "died by signal " << ending.value;
    case Ending::Kind::aborted:
      return out << "aborted: " << abi::text_of(static_cast<abi::AbortReason>(ending.value)) << " (" << ending.value << ")";
    case Ending::Kind::refused: return out << "an entry was refused or faulted (" << ending.value << ")";
    case Ending::Kind::stuck: return out << "got stuck";
  }
  return out;
}

TestHost::TestHost(const char* program, const GuestOptions& options)
    : guest_(signed_guest(program, options)),
      base_(options.base),
      device_(std::make_unique<BasedDevice>(options.base, base_of_loader)) {
  tcs = must(host::load(*device_, guest_.built.stream.bytes, guest_.signature)).threads;
  must(device_->attach_thread());
  device_->set_interrupt_handler(&TestHost::on_interrupt, this);
  next_.resize(tcs.size());
  asleep_until_.resize(tcs.size());
  woken_.resize(tcs.size());
  for (size_t i = 0; i < tcs.size(); ++i) {
    // The same address in every run, so that runs can be compared.
    void* const place = reinterpret_cast<void*>(kHostAreas + i * kHostAreaStride);
    void* area = ::mmap(place, align_up(sizeof(abi::HostArea), kPageSize), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (area == MAP_FAILED) die("no memory for a host area");
    areas.push_back(static_cast<abi::HostArea*>(area));
  }
}

TestHost::~TestHost() {
  for (abi::HostArea* area : areas) ::munmap(area, align_up(sizeof(abi::HostArea), kPageSize));
}

device::soft::Enclave& TestHost::enclave() { return *device::soft::enclave_of(static_cast<BasedDevice&>(*device_).software()); }

void TestHost::write_start_info(const std::vector<std::string>& arguments) {
  abi::StartInfo& info = start_info();
  info = {};
  info.magic = abi::kStartMagic;
  info.abi_version = abi::kAbiVersion;
  // Read once: it names the processor it was read on, and runs are compared.
  static const abi::StartInfo once = [] {
    abi::StartInfo table{};
    table.cpuid_count = host::read_cpuid_table(table.cpuid);
    return table;
  }();
  info.cpuid_count = once.cpuid_count;
  info.cpuid = once.cpuid;
  info.cpu_count = 2;
  for (abi::StreamInfo& stream : info.streams) stream = {0010600, 0, 0};  // pipes
  std::string strings;
  for (const std::string& argument : arguments) strings += argument + '\0';
  info.argument_count = static_cast<u32>(arguments.size());
  info.argument_bytes = static_cast<u32>(strings.size());
  std::memcpy(areas[0]->data.data() + sizeof info, strings.data(), strings.size());
}

device::Exit TestHost::enter(u32 thread, u64 rdi, u64 rsi) {
  device::Registers registers;
  registers.rdi = rdi;
  registers.rsi = rsi;
  const device::Exit exit = device_->enter(isa::Enclu::eenter, tcs[thread], registers);
  if (exit.kind == device::Exit::Kind::eexit && on_exit) on_exit(thread, exit);
  return exit;
}

device::Exit TestHost::resume(u32 thread) {
  const device::Exit exit = device_->enter(isa::Enclu::eresume, tcs[thread], {});
  if (exit.kind == device::Exit::Kind::eexit && on_exit) on_exit(thread, exit);
  return exit;
}

void TestHost::on_interrupt(void* raw, int, EnclaveOffset tcs) {
  auto& self = *static_cast<TestHost*>(raw);
  ++self.interrupts;
  for (u32 turns = self.preempt ? self.preempt() : 0; turns != 0 && !self.ending_; --turns) self.let_another_run();
  const device::Exit exit = self.device_->enter(isa::Enclu::eenter, tcs, {});
  if (exit.kind != device::Exit::Kind::eexit || exit.registers.rdi != SGXX_EXIT_RESUME) ++self.wrong_interrupt_exits;
}

i64 TestHost::serve(u32 thread) {
  const abi::HostCall call = areas[thread]->call;
  ++host_calls;
  if (on_call) {
    if (const auto answer = on_call(thread, call)) return *answer;
  }
  switch (static_cast<abi::HostCallNumber>(call.number)) {
    case abi::HostCallNumber::write:
      output.append(reinterpret_cast<const char*>(areas[thread]->data.data()), std::min(call.args[0], abi::kHostDataSize));
      return static_cast<i64>(call.args[0]);
    case abi::HostCallNumber::clock_read: return nanoseconds += 1'000'000;
    case abi::HostCallNumber::wait:
      if (choose) {
        if (!std::exchange(woken_[thread], 0)) asleep_until_[thread] = call.args[0];
        return 0;
      }
      if (call.args[0] != ~u64{0}) nanoseconds = std::max(nanoseconds, static_cast<i64>(call.args[0]));
      return 0;
    case abi::HostCallNumber::wake:
      if (choose && call.args[0] < next_.size() && std::exchange(asleep_until_[call.args[0]], 0) == 0) woken_[call.args[0]] = 1;
      return 0;
    case abi::HostCallNumber::thread_start:
      if (call.args[0] >= next_.size()) return -11;
      next_[call.args[0]] = Next::start;
      return 0;
    case abi::HostCallNumber::protect: {
      Permission permission = Permission::none();
      if (call.args[2] == Permission::r().bits()) permission = Permission::r();
      if (call.args[2] == Permission::rw().bits()) permission = Permission::rw();
      if (call.args[2] == Permission::rx().bits()) permission = Permission::rx();
      return device_->protect({EnclaveOffset(call.args[0]), call.args[1]}, permission).ok() ? 0 : -13;
    }
    default: return 0;
  }
}

/// One entry of a thread and all that follows until its next host call; `ending_` at the end of the run.
void TestHost::take_turn(u32 thread) {
  last_ = thread;
  const bool fresh = next_[thread] == Next::start;
  next_[thread] = Next::nothing;
  if (before_entry) before_entry(thread);
  device::Exit exit = fresh ? start(thread) : give_back(thread);
  while (exit.kind == device::Exit::Kind::fault) {
    const device::Exit handled = exception(thread);
    if (handled.kind != device::Exit::Kind::eexit) return end({Ending::Kind::refused, 0});
    if (handled.registers.rdi == SGXX_EXIT_ABORT) return end({Ending::Kind::aborted, handled.registers.rsi});
    if (handled.registers.rdi != SGXX_EXIT_RESUME) return end({Ending::Kind::refused, 1});
    exit = resume(thread);
  }
  if (exit.kind == device::Exit::Kind::refused) return end({Ending::Kind::refused, 2});
  switch (exit.registers.rdi) {
    case SGXX_EXIT_HOST_CALL: {
      const abi::HostCall call = areas[thread]->call;
      if (call.number == static_cast<u64>(abi::HostCallNumber::exit)) {
        return end(call.args[1] != 0 ? signaled(call.args[1]) : exited(call.args[0]));
      }
      areas[thread]->reply = serve(thread);
      next_[thread] = Next::give_back;
      return;
    }
    case SGXX_EXIT_THREAD_DONE: return;
    case SGXX_EXIT_ABORT: return end({Ending::Kind::aborted, exit.registers.rsi});
    default: return end({Ending::Kind::refused, 3});
  }
}

/// The first end is the end: a thread that was preempted for it still runs to its next host call.
void TestHost::end(Ending ending) {
  if (!ending_) ending_ = ending;
}

Ending TestHost::run(const std::vector<std::string>& arguments) {
  write_start_info(arguments);
  next_[0] = Next::start;
  last_ = static_cast<u32>(next_.size()) - 1;
  while (!ending_ && host_calls < kMostCalls) {
    if (ready_threads().empty() && !wake_first_sleeper()) break;
    let_another_run();
  }
  return ending_.value_or(Ending{Ending::Kind::stuck, host_calls});
}

void TestHost::let_another_run() {
  const std::vector<u32> ready = ready_threads();
  if (!ready.empty()) take_turn(choose ? ready[choose(ready.size())] : ready.front());
}

/// Those that could go on, whoever comes behind the last one first.
std::vector<u32> TestHost::ready_threads() const {
  std::vector<u32> ready;
  const auto count = static_cast<u32>(next_.size());
  for (u32 i = 1; i <= count; ++i) {
    const u32 thread = (last_ + i) % count;
    if (next_[thread] != Next::nothing && asleep_until_[thread] == 0) ready.push_back(thread);
  }
  return ready;
}

/// Time passes until the first deadline. False when nobody sleeps, or all for ever.
bool TestHost::wake_first_sleeper() {
  u64* first = nullptr;
  for (u64& until : asleep_until_)
    if (until != 0 && until != ~u64{0} && (first == nullptr || until < *first)) first = &until;
  if (first == nullptr) return false;
  nanoseconds = std::max(nanoseconds, static_cast<i64>(std::exchange(*first, 0)));
  return true;
}

u64 TestHost::symbol(const char* name) const {
  const elf::Symbol* found = runtime_elf().symbol(name);
  if (found == nullptr) die(std::string("the runtime has no symbol ") + name);
  return linear(guest_.built.config.runtime.offset + found->value.value);
}

const image::LayoutRegion* TestHost::region(const std::string& name) const {
  for (const image::LayoutRegion& region : guest_.built.layout.regions)
    if (region.name == name) return &region;
  return nullptr;
}

u64 TestHost::block(u32 thread) const {
  const abi::EnclaveConfig& config = guest_.built.config;
  return linear(config.threads.offset + thread * config.thread.stride + config.thread.block);
}

u64 TestHost::ssa(u32 thread, u32 frame) const {
  const abi::EnclaveConfig& config = guest_.built.config;
  return linear(config.threads.offset + thread * config.thread.stride + config.thread.ssa +
                u64{frame} * config.ssa_frame_size * kPageSize);
}

std::vector<u8> TestHost::read(u64 address, u64 length) {
  std::vector<u8> bytes(length);
  if (::pread(memory_file(), bytes.data(), length, static_cast<off_t>(address)) != static_cast<ssize_t>(length))
    die("cannot read the enclave's memory");
  return bytes;
}

void TestHost::write(u64 address, ByteView bytes) {
  if (::pwrite(memory_file(), bytes.data(), bytes.size(), static_cast<off_t>(address)) != static_cast<ssize_t>(bytes.size()))
    die("cannot write the enclave's memory");
}

TestHost::Memory TestHost::memory() const {
  Memory memory;
  for (const image::LayoutRegion& region : guest_.built.layout.regions) {
    if (region.backing == image::Backing::never || !image::permission_of(region).writable()) continue;
    const u64 address = linear(region.range.begin.value);
    memory.regions.emplace_back(address, read(address, region.range.length));
  }
  return memory;
}

}  // namespace sgxx::boundary
