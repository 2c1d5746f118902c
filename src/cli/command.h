// SPDX-License-Identifier: Apache-2.0
//
// What a sub-command is: a function that adds itself to the command line and leaves behind what to do when it was chosen.
// Failures come back as errors and become one line and an exit code in main.cc; no sub-command prints an error itself.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/error.h"

namespace sgxx::cli {

/// Exit codes of sgxx itself; a program that runs in the enclave has its own. docs/cli.md lists them.
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int refused = 1;            ///< verify: not genuine, or not what the policy accepts; volume check: a problem
inline constexpr int usage = 2;              ///< the command line is wrong
inline constexpr int unjudged = 3;           ///< verify: genuine, and no policy was given
inline constexpr int aborted = 124;          ///< the enclave ended itself, for a reason that is named
inline constexpr int bad_input = 125;        ///< a file, manifest, image or key is not what it must be
inline constexpr int cannot_run_here = 126;  ///< this machine or the operating system lacks something
}  // namespace exit_code

/// The exit code for an error.
int exit_code_of(const Error& error);

/// What the chosen sub-command does. Returns the exit code of sgxx.
using Action = std::function<Result<int>()>;

void add_run(CLI::App& app, Action& chosen);
void add_pack(CLI::App& app, Action& chosen);
void add_sign(CLI::App& app, Action& chosen);
void add_keygen(CLI::App& app, Action& chosen);
void add_measure(CLI::App& app, Action& chosen);
void add_inspect(CLI::App& app, Action& chosen);
void add_verify(CLI::App& app, Action& chosen);
void add_detect(CLI::App& app, Action& chosen);
void add_quote(CLI::App& app, Action& chosen);
void add_volume(CLI::App& app, Action& chosen);
/// What `sgxx` starts for itself; no help speaks of it.
void add_quoting_enclave(CLI::App& app, Action& chosen);

/// `sgxx c++ ...`: replaces the process by the compiler. All of its arguments are g++'s, so the parser never sees them.
Result<int> run_compiler(int count, char** arguments);
/// Adds the entry in `sgxx --help`.
void describe_compiler(CLI::App& app);

/// A shorthand for the callback of every sub-command: `options` stays alive until the action has run.
template <class Options>
void choose(CLI::App& command, Action& chosen, std::shared_ptr<Options> options, Result<int> (*run)(const Options&)) {
  command.callback([&chosen, options, run] { chosen = [options, run] { return run(*options); }; });
}

}  // namespace sgxx::cli
