// SPDX-License-Identifier: Apache-2.0
#include "sdk/volume_call.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "abi/program_call.h"

namespace sgxx::sdk {
namespace {

template <class... Arguments>
int call(abi::ProgramCall number, const std::string& path, Arguments... arguments) {
  return ::syscall(static_cast<long>(number), path.c_str(), arguments...) < 0 ? errno : 0;
}

class RuntimeCalls final : public VolumeCalls {
 public:
  int open(const std::string& path, abi::VolumeOpening& opening) override {
    return call(abi::ProgramCall::volume_open, path, &opening);
  }
  int wait(const std::string& path, abi::VolumeAdvance& advance) override {
    return call(abi::ProgramCall::volume_wait, path, &advance);
  }
  int anchored(const std::string& path, const abi::VolumeAnchor& anchor, int error) override {
    return call(abi::ProgramCall::volume_anchored, path, &anchor, static_cast<long>(error));
  }
  int rewrap(const std::string& path, const abi::VolumeRewrap& rewrap) override {
    return call(abi::ProgramCall::volume_rewrap, path, &rewrap);
  }
  int info(const std::string& path, abi::VolumeInfo& info) override { return call(abi::ProgramCall::volume_info, path, &info); }
};

}  // namespace

VolumeCalls& runtime_volume_calls() {
  static RuntimeCalls calls;
  return calls;
}

void throw_volume_error(int error, const std::string& path) {
  const auto failure = [&](ErrorCode code, const char* why) { return SdkError(code, path + ": " + why); };
  switch (error) {
    case ENOSYS:
    case EPERM: throw failure(ErrorCode::not_in_enclave, "not in an enclave: encrypted volumes are there only under `sgxx run`");
    case ENODEV: throw failure(ErrorCode::bad_argument, "no encrypted volume is mounted there");
    case EEXIST: throw failure(ErrorCode::bad_argument, "the volume is open already");
    case EINVAL: throw failure(ErrorCode::bad_argument, "the manifest says otherwise of this volume's key or freshness");
    case ENOENT: throw failure(ErrorCode::storage, "there is no volume, and none is to be made");
    case EBUSY: throw failure(ErrorCode::storage, "the volume is in use");
    case ENOKEY:
    case EKEYREJECTED: throw failure(ErrorCode::wrong_key, "another key opens this volume");
    case ESTALE: throw failure(ErrorCode::rolled_back, "the volume is not in the state that is known to be the newest");
    case EBADMSG: throw failure(ErrorCode::not_authentic, "the volume is damaged");
    default: throw SdkError(ErrorCode::storage, path + ": " + std::strerror(error));
  }
}

}  // namespace sgxx::sdk
