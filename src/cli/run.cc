// SPDX-License-Identifier: Apache-2.0
//
// `sgxx run`: a program, or an image, in an enclave; then the process ends exactly as the program did.
#include "host/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>

#include "cli/hex.h"
#include "cli/keys.h"
#include "cli/open_device.h"
#include "cli/quoting.h"
#include "cli/report.h"
#include "cli/subject.h"
#include "cli/transition_cost.h"
#include "image/enclave_pages.h"

namespace sgxx::cli {
namespace {

struct RunOptions {
  std::string device = "auto";
  std::string key;
  bool verbose = false;
  std::string stats;  // "", "text" or "json"
  std::string stats_file;
  bool trace = false;
  std::string trace_file;
  std::string transition_cost;
  std::string config_id;
  u16 config_version = 0;
  std::vector<std::string> mounts;
  BuildOptions build;
  CLI::App* command = nullptr;
};

/// The stream to load and the signature to load it with.
Result<isa::SigStruct> signature_for(const Subject& subject, const std::string& name, const RunOptions& options) {
  if (!subject.sigstruct)
    return bad_input(
        name +
        ": has no signature: it is a plain stream, or an image whose end was cut off; make one with sgxx pack and sgxx sign");
  if (subject.was_program) {
    auto key = options.key.empty() ? TRY(development_key()) : TRY(read_key(options.key));
    return image::sign(*subject.sigstruct, key);
  }
  if (!options.key.empty()) return bad_input(name + ": --key is for programs; sign an image with sgxx sign");
  if (!image::is_signed(*subject.sigstruct)) return bad_input(name + ": is not signed; sign it with sgxx sign --key KEY");
  return *subject.sigstruct;
}

/// The descriptor that the trace goes to; -1: none.
Result<int> open_trace(const RunOptions& options) {
  if (options.trace_file.empty()) return options.trace ? STDERR_FILENO : -1;
  const int file = ::open(options.trace_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return system_error("--trace-file: cannot write " + options.trace_file);
  return file;
}

/// Up to 128 hexadecimal digits; what is missing of CONFIGID is zero.
Result<host::LaunchConfiguration> configuration_of(const RunOptions& options) {
  host::LaunchConfiguration configuration;
  configuration.version = options.config_version;
  const auto bytes = bytes_of_hex(options.config_id);
  if (!bytes || bytes->size() > configuration.id.size()) {
    return bad_input("--config-id: expected at most 128 hexadecimal digits, two for each byte");
  }
  std::ranges::copy(*bytes, configuration.id.begin());
  return configuration;
}

/// PATH=FOLDER of each --mount.
Result<std::map<std::string, std::string>> folders_in(const std::vector<std::string>& mounts) {
  std::map<std::string, std::string> folders;
  for (const std::string& mount : mounts) {
    const size_t equals = mount.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == mount.size()) {
      return bad_input("--mount " + mount + ": expected PATH=FOLDER, the path inside and the folder of this machine");
    }
    folders[mount.substr(0, equals)] = mount.substr(equals + 1);
  }
  return folders;
}

/// A report that cannot be written changes nothing about how the program ended.
void print_report(const RunOptions& options, const host::Ending& ending) {
  const std::string json = report_as_json(*ending.report, ending.status);
  if (!options.stats.empty()) fmt::print(stderr, "{}", options.stats == "json" ? json : report_as_text(*ending.report));
  if (options.stats_file.empty()) return;
  if (auto written = write_file(options.stats_file, ByteView(reinterpret_cast<const u8*>(json.data()), json.size())); !written) {
    fmt::print(stderr, "sgxx: --stats-file: {}\n", written.error().message());
  }
}

/// Ends this process as the program ended. Its other threads may still be inside, so nothing is torn down.
[[noreturn]] void end_like(const host::ExitStatus& status) {
  using Kind = host::ExitStatus::Kind;
  std::fflush(nullptr);
  switch (status.kind) {
    case Kind::exited: ::_exit(static_cast<int>(status.value));
    case Kind::signaled: {
      // A core of this process would hold what the enclave held.
      rlimit none{0, 0};
      ::setrlimit(RLIMIT_CORE, &none);
      int number = static_cast<int>(status.value);
      struct sigaction action {};
      action.sa_handler = SIG_DFL;
      ::sigaction(number, &action, nullptr);
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, number);
      ::kill(::getpid(), number);
      ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
      ::_exit(128 + number);
    }
    case Kind::aborted:
      fmt::print(stderr, "sgxx: the enclave ended itself: {}\n", abi::text_of(static_cast<abi::AbortReason>(status.value)));
      ::_exit(exit_code::aborted);
    case Kind::failed:
      fmt::print(stderr, "sgxx: the enclave cannot go on: the device refused to enter it\n");
      ::_exit(exit_code::aborted);
    case Kind::lost:
      fmt::print(stderr, "sgxx: the enclave cannot go on: a thread that served it was ended from outside\n");
      ::_exit(exit_code::aborted);
  }
  ::_exit(exit_code::aborted);
}

/// PROGRAM and what follows are no options that the parser knows, so it has to be told how to show them.
class RunFormatter : public CLI::Formatter {
 public:
  RunFormatter() { column_width(34); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: sgxx run [OPTIONS] PROGRAM [ARGUMENTS...]\n";
  }
};

Result<int> run(const RunOptions& options) {
  auto words = options.command->remaining();
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  if (words.size() >= 2 && words[1] == "--") words.erase(words.begin() + 1);
  const std::string name = words.front();

  auto subject = TRY(load_subject(name, options.build, ForceDebug::yes));
  auto signature = TRY(signature_for(subject, name, options));
  // CPUID must trap where it was not redirected.
  const auto config = image::config_of(subject.stream);
  device::SoftOptions soft{.trap_cpuid = config && config->stubs.length == 0};
  if (!options.transition_cost.empty()) soft.cost = TRY(parse_transition_cost(options.transition_cost));
  const int trace = TRY(open_trace(options));
  auto opened = TRY(open_device(options.device, soft));
  if (!options.transition_cost.empty() && opened.platform != Platform::software) {
    return bad_input("--transition-cost: SGX hardware has costs of its own; this is for --device=soft");
  }
  if (options.verbose) fmt::print(stderr, "sgxx: MRENCLAVE {}\n", hex(signature.enclave_hash));
  if (opened.platform == Platform::software && (options.verbose || ::isatty(STDERR_FILENO) == 1)) {
    fmt::print(stderr, "sgxx: software SGX: runs like hardware, protects nothing\n");
  }
  const bool count = !options.stats.empty() || !options.stats_file.empty();
  const auto quoting = quoting_service(opened.platform);
  const host::RunOptions how{.arguments = words,
                             .count = count,
                             .folders = TRY(folders_in(options.mounts)),
                             .trace = trace,
                             .configuration = TRY(configuration_of(options)),
                             .quoting = quoting.get()};
  auto ending = host::run(*opened.device, subject.stream, signature, how);
  if (!ending) return Failure{std::move(ending.error()).with_context(name)};
  if (ending->report) print_report(options, *ending);
  end_like(ending->status);
}

void add_instruments(CLI::App& command, RunOptions& options) {
  constexpr auto kGroup = "Why it is slow";
  command.add_flag("--stats{text}", options.stats, "At the end, count what left the enclave and why; --stats=json for machines")
      ->check(CLI::IsMember({"text", "json"}))
      ->group(kGroup);
  command.add_option("--stats-file", options.stats_file, "The same as JSON into a file")->type_name("FILE")->group(kGroup);
  command.add_flag("--trace", options.trace, "A line on standard error for each host call")->group(kGroup);
  command.add_option("--trace-file", options.trace_file, "The same into a file")->type_name("FILE")->group(kGroup);
  command
      .add_option("--transition-cost", options.transition_cost,
                  "Software SGX: transitions as slow as hardware's: default, CYCLES, or eenter=N,...")
      ->type_name("COST")
      ->group(kGroup);
}

}  // namespace

void add_run(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand("run", "Run a program or an image in an enclave");
  command->formatter(std::make_shared<RunFormatter>());
  add_device_option(*command, options->device);
  command->add_option("--key", options->key, "Sign with this key instead of your development key")->type_name("FILE");
  command
      ->add_option("--mount", options->mounts,
                   "For a mount of type \"host\" or \"encrypted\": this folder instead of the manifest's")
      ->type_name("PATH=FOLDER")
      ->allow_extra_args(false);
  command->add_flag("-v,--verbose", options->verbose, "Say what is loaded, and into what");
  command->add_option("--config-id", options->config_id, "CONFIGID for an enclave with KSS: what the program was started for")
      ->type_name("HEX");
  command->add_option("--config-svn", options->config_version, "CONFIGSVN, the version of that")->type_name("N");
  add_instruments(*command, *options);
  add_build_options(*command, options->build);
  command->prefix_command();
  command->footer(
      R"(PROGRAM is a static-PIE (sgxx c++) or an image (sgxx pack). What follows it belongs to it, options too; one -- in front of
its arguments is dropped. A bare program is packed in memory, signed with your development key, and gets the DEBUG attribute.

Exit codes: the program's own; if a signal ended it, the same signal ends sgxx. sgxx's own: 2 wrong command line, 124 the
enclave ended itself for a reason that is named, 125 a file is not what it must be, 126 this machine cannot do it.

Examples:
  sgxx run app --its-own-option
  sgxx run --device=soft --heap 1GiB app
  sgxx run --manifest app.toml app
  sgxx run --manifest app.toml --mount /data=/srv/data app
  sgxx run app.sgx)");
  options->command = command;
  command->callback([&chosen, options] {
    auto words = options->command->remaining();
    if (!words.empty() && words.front() == "--") words.erase(words.begin());
    if (words.empty()) throw CLI::RequiredError("PROGRAM");
    if (words.front().starts_with("-")) throw CLI::ExtrasError("run", {words.front()});
    chosen = [options] { return run(*options); };
  });
}

}  // namespace sgxx::cli
