// SPDX-License-Identifier: Apache-2.0
#include "sdk/enclave_call.h"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace sgxx::sdk {
namespace {

/// What the call answers, 0 or above.
u64 answer(abi::ProgramCall call, const char* name, const void* first, const void* second = nullptr,
           const void* third = nullptr) {
  const long result = ::syscall(static_cast<long>(call), first, second, third);
  if (result >= 0) return static_cast<u64>(result);
  // A sandbox around a native program may say EPERM to what it does not know.
  if (errno == ENOSYS || errno == EPERM) {
    throw SdkError(ErrorCode::not_in_enclave,
                   std::string("not in an enclave: ") + name + " is only there in a program that runs under `sgxx run`");
  }
  throw SdkError(ErrorCode::bad_argument, std::string(name) + ": the runtime refused the operands");
}

/// The same for calls whose answer depends on the manifest and the host.
u64 answer_about_quotes(abi::ProgramCall call, const void* first, void* second = nullptr, size_t third = 0) {
  const long result = ::syscall(static_cast<long>(call), first, second, third);
  if (result >= 0) return static_cast<u64>(result);
  switch (errno) {
    case ENOSYS:
    case EPERM: throw SdkError(ErrorCode::not_in_enclave, "not in an enclave: a quote speaks of an enclave that sgxx runs");
    case EACCES: throw SdkError(ErrorCode::no_quote, "quote: the manifest does not grant \"quotes\" (key host)");
    case ENODEV: throw SdkError(ErrorCode::no_quote, "quote: this machine has no quoting enclave");
    case EINVAL: throw SdkError(ErrorCode::no_quote, "quote: the quoting enclave refused the report");
    default: throw SdkError(ErrorCode::no_quote, "quote: the host's quoting service broke down");
  }
}

}  // namespace

bool runtime_answers() noexcept {
  abi::EnclaveFacts facts{};
  const int saved = errno;
  const bool answers = ::syscall(static_cast<long>(abi::ProgramCall::enclave_facts), &facts) == 0;
  errno = saved;
  return answers;
}

abi::EnclaveFacts enclave_facts() {
  abi::EnclaveFacts facts{};
  answer(abi::ProgramCall::enclave_facts, "data of the image", &facts);
  return facts;
}

isa::Report enclave_report(const isa::TargetInfo& target, const std::array<u8, 64>& data) {
  isa::Report report{};
  answer(abi::ProgramCall::enclave_report, "EREPORT", &target, data.data(), &report);
  return report;
}

isa::TargetInfo quote_target() {
  isa::TargetInfo target{};
  answer_about_quotes(abi::ProgramCall::quote_target, &target);
  return target;
}

std::vector<u8> quote(const isa::Report& report) {
  constexpr size_t kMost = 64 * 1024;
  std::vector<u8> bytes(kMost);
  bytes.resize(answer_about_quotes(abi::ProgramCall::quote, &report, bytes.data(), bytes.size()));
  return bytes;
}

isa::SgxError enclave_key(const isa::KeyRequest& request, isa::Key128& key) {
  return static_cast<isa::SgxError>(answer(abi::ProgramCall::enclave_key, "EGETKEY", &request, key.data()));
}

}  // namespace sgxx::sdk
