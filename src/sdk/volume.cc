// SPDX-License-Identifier: Apache-2.0
#include "sgxx/volume.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "sdk/volume_call.h"

namespace sgxx {
namespace sdk {
namespace {

abi::VolumeAnchor wire_of(const std::optional<Anchor>& anchor) {
  return anchor ? abi::VolumeAnchor{anchor->generation, anchor->state.bytes} : abi::VolumeAnchor{};
}

std::optional<Anchor> anchor_of(const abi::VolumeAnchor& wire) {
  if (wire.generation == 0) return std::nullopt;
  return Anchor{wire.generation, {wire.state}};
}

void must(int error, const std::string& path) {
  if (error != 0) throw_volume_error(error, path);
}

/// Held, shared, by who talks to a freshness service. The end of the program waits for that and then keeps it: what they use,
/// such as OpenSSL, is about to be taken down. Never destroyed, because threads that wait for it outlive everything.
std::shared_mutex& end_of_program() {
  static auto* const mutex = [] {
    auto* made = new std::shared_mutex;
    std::atexit([] { end_of_program().lock(); });
    return made;
  }();
  return *mutex;
}

}  // namespace

/// 0, or the errno that fsync fails with.
int Anchoring::carry_out(const abi::VolumeAdvance& advance) {
  if (lost_) return ESTALE;
  const auto to = anchor_of(advance.to);
  if (!to) return EINVAL;
  const auto failure = try_to_advance(anchor_of(advance.from), *to);
  if (!failure) {
    unanswered_.clear();
    return 0;
  }
  unanswered_.push_back(*to);
  lost_ = failure->code() == ErrorCode::conflict || failure->code() == ErrorCode::rolled_back;
  if (on_failure_) on_failure_(*failure);
  return lost_ ? ESTALE : EIO;
}

std::optional<SdkError> Anchoring::try_to_advance(const std::optional<Anchor>& from, const Anchor& to) {
  const std::shared_lock running(end_of_program());
  try {
    advance_to(from, to);
    return std::nullopt;
  } catch (const SdkError& error) {
    return SdkError(error.code(), error.what());
  } catch (const std::exception& error) {
    return SdkError(ErrorCode::unavailable, error.what());
  }
}

void Anchoring::advance_to(const std::optional<Anchor>& from, const Anchor& to) {
  try {
    freshness_->advance(id_, from, to);
  } catch (const FreshnessConflict& conflict) {
    // One that this very object asked for, whose answer was lost, is no second history.
    const auto& current = conflict.current();
    if (!current || std::ranges::find(unanswered_, *current) == unanswered_.end()) throw;
    if (*current != to) freshness_->advance(id_, current, to);
  }
}

bool Anchoring::step() {
  abi::VolumeAdvance advance{};
  int error = EINTR;
  while (error == EINTR) error = calls_.wait(path_, advance);
  if (error != 0) return false;
  calls_.anchored(path_, advance.to, carry_out(advance));
  return true;
}

OpenedVolume open_volume(VolumeCalls& calls, const std::string& path, const VolumeKey* key, std::shared_ptr<Freshness> freshness,
                         bool create, Anchoring::OnFailure on_failure) {
  abi::VolumeInfo info{};
  must(calls.info(path, info), path);
  const bool asks = info.freshness == static_cast<u32>(abi::VolumeFreshness::program);
  if (asks && freshness == nullptr) {
    throw SdkError(ErrorCode::bad_argument, path + ": the manifest says freshness = \"program\", and no service was given");
  }
  const bool absent = info.state == static_cast<u32>(abi::VolumeState::absent);
  if (absent && !create) throw_volume_error(ENOENT, path);
  Secret<abi::VolumeOpening> secret;
  abi::VolumeOpening& opening = secret.reveal();
  if (key != nullptr) opening.key = key->reveal();
  if (absent) opening.flags |= abi::volume_flag::create;
  // The runtime opens that volume and no other, and makes one only where there is none: what the host shows meanwhile is nothing
  // that the service was asked about.
  opening.volume = info.volume;
  if (asks) {
    opening.flags |= abi::volume_flag::expected;
    if (!absent) opening.expected = wire_of(freshness->current({info.volume}));
  }
  must(calls.open(path, opening), path);
  const VolumeId id{opening.volume};
  if (!absent && (opening.created != 0 || id.bytes != info.volume)) {
    throw SdkError(ErrorCode::rolled_back, path + ": the host shows another volume than before");
  }
  OpenedVolume opened{id, opening.created != 0, nullptr};
  if (!asks) return opened;
  opened.anchoring = std::make_unique<Anchoring>(calls, path, id, std::move(freshness), std::move(on_failure));
  // Before the program changes anything: as long as a state is not acknowledged, no other takes its place on disk.
  if (opening.state != opening.expected && opened.anchoring->step() && opened.anchoring->is_lost()) {
    throw_volume_error(ESTALE, path);
  }
  return opened;
}

VolumeInfo volume_info(VolumeCalls& calls, const std::string& path) {
  abi::VolumeInfo info{};
  must(calls.info(path, info), path);
  constexpr u64 kBlock = 4096;
  using State = VolumeInfo::State;
  const State state = info.state == static_cast<u32>(abi::VolumeState::absent)   ? State::absent
                      : info.state == static_cast<u32>(abi::VolumeState::locked) ? State::locked
                                                                                 : State::open;
  return {.state = state,
          .id = {info.volume},
          .published = anchor_of(info.published),
          .anchored = anchor_of(info.anchored),
          .size = info.blocks * kBlock,
          .used = info.used_blocks * kBlock,
          .files = info.objects};
}

}  // namespace sdk

namespace {

/// The thread that anchors lives as long as the program: the volume does, too.
void start(std::unique_ptr<sdk::Anchoring> anchoring) {
  if (anchoring == nullptr) return;
  sdk::end_of_program();  // made now: what is published at the end is for the next time
  std::thread([anchoring = std::move(anchoring)] {
    while (anchoring->step()) continue;
  }).detach();
}

void rewrap_volume(const std::string& path, abi::VolumeKey kind, const VolumeKey* key) {
  Secret<abi::VolumeRewrap> rewrap;
  rewrap.reveal().kind = static_cast<std::uint32_t>(kind);
  if (key != nullptr) rewrap.reveal().key = key->reveal();
  sdk::must(sdk::runtime_volume_calls().rewrap(path, rewrap.reveal()), path);
}

}  // namespace

Volume Volume::open(const std::string& path, const VolumeKey& key, std::shared_ptr<Freshness> freshness, Options options) {
  auto opened = sdk::open_volume(sdk::runtime_volume_calls(), path, &key, std::move(freshness), options.create,
                                 std::move(options.on_failure));
  start(std::move(opened.anchoring));
  return {path, opened.id, opened.created};
}

Volume Volume::open(const std::string& path, std::shared_ptr<Freshness> freshness, Options options) {
  auto opened = sdk::open_volume(sdk::runtime_volume_calls(), path, nullptr, std::move(freshness), options.create,
                                 std::move(options.on_failure));
  start(std::move(opened.anchoring));
  return {path, opened.id, opened.created};
}

void Volume::rewrap(const VolumeKey& key) { rewrap_volume(path_, abi::VolumeKey::program, &key); }
void Volume::rewrap(SealedTo whom) {
  rewrap_volume(path_, whom == SealedTo::enclave ? abi::VolumeKey::enclave : abi::VolumeKey::signer, nullptr);
}

VolumeInfo Volume::info_of(const std::string& path) { return sdk::volume_info(sdk::runtime_volume_calls(), path); }

}  // namespace sgxx
