// SPDX-License-Identifier: Apache-2.0
//
// What this machine offers to enclaves, found out without privileges and without changing anything.
#pragma once

#include <string>
#include <vector>

#include "base/checked.h"

namespace sgxx::cli {

enum class Presence { present, missing, unknown };

/// Which of the two devices cannot run without a fact.
enum class NeededBy { both, hardware, software, nothing };

/// One thing that was looked for. `advice` says what to do when it is missing.
struct Fact {
  std::string id;     ///< stable, for scripts: "fsgsbase"
  std::string title;  ///< for people
  Presence presence;
  std::string detail;  ///< what was found, or why it is not there
  NeededBy needed_by;
  std::string advice;
};

struct EpcSection {
  u64 base;
  u64 size;
};

struct Machine {
  std::string processor;
  std::string kernel;
  std::vector<Fact> facts;
  std::vector<EpcSection> epc;

  /// True when nothing is missing that this kind of device needs.
  bool can_run(NeededBy device) const;
};

Machine probe_machine();

}  // namespace sgxx::cli
