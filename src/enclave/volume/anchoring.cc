// SPDX-License-Identifier: Apache-2.0
//
// Telling who keeps a volume fresh about its states: a file, or the program, of which a thread takes one advance after the other
// and says what became of it. An advance that failed may have been made all the same, or be made yet: the answer may be what was
// lost. So the state stays on disk, and the same one is offered again, until it is acknowledged; only then is there another.
// Otherwise the service could turn out to hold a state that is no more: neither its superblock nor what it refers to.
#include "enclave/thread/futex.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {
namespace {

abi::VolumeAnchor wire_of(const volume::Anchor& anchor) { return {anchor.generation, anchor.state}; }

}  // namespace

/// The state is on disk: whoever keeps the volume fresh is told.
Outcome<> MountedVolume::anchor(const volume::Anchor& anchor, Wait wait) {
  if (settings_.freshness == abi::VolumeFreshness::none) return {};
  is_unanchored_ = true;
  if (settings_.freshness == abi::VolumeFreshness::file) {
    TRY(anchor_file_.write({engine_->info().id, anchor}));
    engine_->note_anchored(anchor);
  } else {
    {
      Guard guard(anchor_lock_);
      published_ = anchor;
    }
    if (wait != Wait::yes) {
      to_advance_.wake_all();
      return {};
    }
    TRY(await_advance(anchor));
  }
  is_unanchored_ = false;
  return {};
}

Outcome<> MountedVolume::settle(Wait wait) {
  volume::Anchor pending;
  {
    Guard guard(anchor_lock_);
    pending = published_;
    if (pending == anchored_) {
      is_unanchored_ = false;
      return {};
    }
    if (wait != Wait::yes) return fail(settled_failure_.value_or(Errno::again));
    if (settled_ >= pending.generation) {
      offered_ = anchored_;
      settled_ = anchored_.generation;
    }
  }
  TRY(await_advance(pending));
  is_unanchored_ = false;
  return {};
}

Outcome<> MountedVolume::await_advance(const volume::Anchor& anchor) {
  to_advance_.wake_all();
  for (;;) {
    const WakeList::Waiting waiting(advanced_);
    {
      Guard guard(anchor_lock_);
      if (settled_ >= anchor.generation) return settled_failure_ ? Outcome<>(fail(*settled_failure_)) : Outcome<>{};
    }
    if (is_ending_.load()) return fail(Errno::io);
    // A signal does not end it: what is on disk may be anchored already.
    sleep_through(waiting.woken());
  }
}

Outcome<abi::VolumeAdvance> MountedVolume::await_published() {
  for (;;) {
    const WakeList::Waiting waiting(to_advance_);
    if (const auto advance = next_advance()) return *advance;
    TRY(sleep_on(waiting.woken(), kForever));
  }
}

std::optional<abi::VolumeAdvance> MountedVolume::next_advance() {
  Guard guard(anchor_lock_);
  if (published_.generation <= offered_.generation) return std::nullopt;
  offered_ = published_;
  return abi::VolumeAdvance{wire_of(anchored_), wire_of(published_)};
}

void MountedVolume::note_advanced(const volume::Anchor& to, std::optional<Errno> failure) {
  {
    Guard guard(anchor_lock_);
    if (to != offered_ || settled_ >= to.generation) return;
    if (!failure) {
      anchored_ = to;
      engine_->note_anchored(to);
    }
    settled_failure_ = failure;
    settled_ = to.generation;
  }
  advanced_.wake_all();
}

volume::Anchor MountedVolume::anchored() {
  Guard guard(anchor_lock_);
  return settings_.freshness == abi::VolumeFreshness::program ? anchored_ : engine_->info().anchored;
}

}  // namespace sgxx::enclave
