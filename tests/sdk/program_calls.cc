// SPDX-License-Identifier: Apache-2.0
//
// The system calls of abi/program_call.h as they are: operands anywhere in the program's memory and nowhere else, an error for
// what the processor would answer with a fault, SGX's code for what it refuses. Natively all are ENOSYS.
// sgxx-test: manifest version = 3
// sgxx-test: enclave-stdout facts 0, report 0, key 0
// sgxx-test: enclave-stdout unmapped: 14 14 14 14 14 14
// sgxx-test: enclave-stdout read-only: 14 14 14
// sgxx-test: enclave-stdout the runtime's memory: 14 14
// sgxx-test: enclave-stdout reserved byte, reserved policy, KSS policy, CET mask, CONFIGSVN, target: 22 22 22 22 22 22
// sgxx-test: enclave-stdout CPUSVN, ISVSVN, key names: 32 64 2 2 2 256
// sgxx-test: enclave-stdout the next number: 38
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "outside.h"

namespace {

constexpr long kFacts = 0x534758, kReport = kFacts + 1, kKey = kFacts + 2, kNext = kFacts + 10;

template <class... Arguments>
long call(long number, Arguments... arguments) {
  const long result = syscall(number, arguments...);
  return result < 0 ? errno : result;
}

/// KEYREQUEST, with the fields that are tried out.
struct Request {
  std::uint16_t name = 4, policy = 1, isv_svn = 0;
  std::uint8_t cet_mask = 0, reserved = 0;
  std::uint8_t cpu_svn[16] = {};
  std::uint8_t attribute_mask[16] = {}, key_id[32] = {}, misc_mask[4] = {};
  std::uint16_t config_svn = 0;
  std::uint8_t rest[434] = {};
};
static_assert(sizeof(Request) == 512);

template <class Change>
long key_with(Change change) {
  Request request;
  change(request);
  unsigned char key[16];
  return call(kKey, &request, key);
}

void test() {
  // Unaligned, as the runtime promises.
  static unsigned char memory[2048];
  unsigned char *target = memory + 1, *data = memory + 513, *report = memory + 601, *key = memory + 1101;
  Request request;
  if (!sgxx::in_enclave()) {
    CHECK(call(kFacts, memory) == ENOSYS && call(kReport, target, data, report) == ENOSYS && call(kKey, &request, key) == ENOSYS);
    throw sgxx::SdkError(sgxx::ErrorCode::not_in_enclave, "");
  }
  std::printf("facts %ld, report %ld, key %ld\n", call(kFacts, memory), call(kReport, target, data, report),
              call(kKey, &request, key));

  std::memset(memory, 0, sizeof memory);
  auto* page = static_cast<unsigned char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  munmap(page + 4096, 4096);
  unsigned char* const edge = page + 4096;
  std::printf("unmapped: %ld %ld %ld %ld %ld %ld\n", call(kFacts, edge - 1), call(kReport, edge - 511, data, report),
              call(kReport, target, edge - 63, report), call(kReport, target, data, edge - 431), call(kKey, edge - 511, key),
              call(kKey, &request, edge - 15));
  mprotect(page, 4096, PROT_READ);
  std::printf("read-only: %ld %ld %ld\n", call(kFacts, page), call(kReport, target, data, page), call(kKey, &request, page));
  // The configuration page lies at 64 KiB of ELRANGE, which starts at 0.
  auto* const runtime = reinterpret_cast<unsigned char*>(0x10000);
  std::printf("the runtime's memory: %ld %ld\n", call(kReport, runtime, data, report), call(kKey, &request, runtime));

  target[400] = 1;
  std::printf("reserved byte, reserved policy, KSS policy, CET mask, CONFIGSVN, target: %ld %ld %ld %ld %ld %ld\n",
              key_with([](Request& r) { r.rest[433] = 1; }), key_with([](Request& r) { r.policy = 64; }),
              key_with([](Request& r) { r.policy = 9; }), key_with([](Request& r) { r.cet_mask = 1; }),
              key_with([](Request& r) { r.config_svn = 1; }), call(kReport, target, data, report));
  std::printf("CPUSVN, ISVSVN, key names: %ld %ld %ld %ld %ld %ld\n", key_with([](Request& r) { r.cpu_svn[0] = 255; }),
              key_with([](Request& r) { r.isv_svn = 4; }), key_with([](Request& r) { r.name = 0; }),
              key_with([](Request& r) { r.name = 1; }), key_with([](Request& r) { r.name = 2; }),
              key_with([](Request& r) { r.name = 5; }));
  std::printf("the next number: %ld\n", call(kNext));
}

}  // namespace

int main() { return sgxx_test::run(test); }
