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

isa::SgxError enclave_key(const isa::KeyRequest& request, isa::Key128& key) {
  return static_cast<isa::SgxError>(answer(abi::ProgramCall::enclave_key, "EGETKEY", &request, key.data()));
}

}  // namespace sgxx::sdk
