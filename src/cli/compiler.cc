// SPDX-License-Identifier: Apache-2.0
//
// `sgxx c++`: the stock g++ with the flags that make a program fit for an enclave. Ours come first, so that the user's win.
// Static-PIE is what the packer reads; the hardening is what a program that guards secrets should have and costs about 1.12x.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace sgxx::cli {
namespace {

constexpr const char* kStaticPie[] = {"-fPIE", "-static-pie"};

constexpr const char* kHarden[] = {
    "-D_GLIBCXX_ASSERTIONS",         // std::vector's operator[] and its like check their bounds
    "-fstack-protector-strong",      //
    "-fstack-clash-protection",      // a large frame touches each page, so that it meets the guard
    "-ftrivial-auto-var-init=zero",  // no secret of an earlier call in an uninitialised variable
};
constexpr const char* kFortify[] = {"-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3"};

// The kinds that cost little and that trap instead of calling a run-time library.
constexpr const char* kSanitize[] = {
    "-fsanitize=bounds-strict,object-size,signed-integer-overflow,shift,integer-divide-by-zero,unreachable,return,vla-bound,bool,"
    "enum,nonnull-attribute,returns-nonnull-attribute",
    "-fsanitize-undefined-trap-on-error",
};

constexpr auto kHelp = R"(sgxx c++: the stock g++, with the flags that `sgxx run` needs and hardening by default
Usage: sgxx c++ [--sgxx-OPTION]... G++-ARGUMENTS...

  --sgxx-no-harden           leave out hardening and sanitizers: plain static-PIE
  --sgxx-no-sanitize         leave out the trapping sanitizer kinds (about 1.1x)
  --sgxx-compiler=COMMAND    another compiler than g++
  --sgxx-show                print the command instead of running it
  --sgxx-help                this text (--help is g++'s)

Everything else is g++'s and comes after our flags, so that yours win: -fno-sanitize=shift, -D_FORTIFY_SOURCE=2, -O2 ...
A program that uses more than the standard library links it statically, as always: -lssl -lcrypto.

Examples:
  sgxx c++ -O2 app.cc -o app
  sgxx c++ -O2 -c part.cc && sgxx c++ part.o main.o -lsqlite3 -o app
  sgxx c++ --sgxx-show app.cc
)";

struct CompilerCommand {
  std::string compiler = "g++";
  std::vector<std::string> arguments;
  enum class Mode { run, show, help } mode = Mode::run;
};

/// True when the command links no program of its own: then -static-pie would contradict it.
bool links_no_program(std::string_view argument) {
  return argument == "-shared" || argument == "-r" || argument == "-static" || argument == "-no-pie" ||
         argument == "-nostartfiles";
}

Result<CompilerCommand> command_for(std::vector<std::string_view> given) {
  CompilerCommand command;
  bool harden = true, sanitize = true;
  std::vector<std::string_view> kept;
  for (auto argument : given) {
    constexpr std::string_view kCompiler = "--sgxx-compiler=";
    if (argument == "--sgxx-no-harden") {
      harden = sanitize = false;
    } else if (argument == "--sgxx-no-sanitize") {
      sanitize = false;
    } else if (argument == "--sgxx-show") {
      command.mode = CompilerCommand::Mode::show;
    } else if (argument == "--sgxx-help") {
      command.mode = CompilerCommand::Mode::help;
    } else if (argument.starts_with(kCompiler) && argument.size() > kCompiler.size()) {
      command.compiler = argument.substr(kCompiler.size());
    } else if (argument.starts_with("--sgxx-")) {
      return bad_input(fmt::format("c++: unknown option {}; see sgxx c++ --sgxx-help", argument));
    } else {
      kept.push_back(argument);
    }
  }
  auto mentions = [&](auto test) { return std::any_of(kept.begin(), kept.end(), test); };
  auto& out = command.arguments;
  if (!mentions(links_no_program)) out.insert(out.end(), std::begin(kStaticPie), std::end(kStaticPie));
  if (harden) {
    out.insert(out.end(), std::begin(kHarden), std::end(kHarden));
    // A second definition of a macro on the command line is a warning, so ours gives way.
    if (!mentions([](auto argument) { return argument.find("_FORTIFY_SOURCE") != argument.npos; })) {
      out.insert(out.end(), std::begin(kFortify), std::end(kFortify));
    }
  }
  if (sanitize) out.insert(out.end(), std::begin(kSanitize), std::end(kSanitize));
  out.insert(out.end(), kept.begin(), kept.end());
  return command;
}

std::string shell_word(const std::string& word) {
  constexpr auto kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string text = "'";
  for (char letter : word) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

}  // namespace

Result<int> run_compiler(int count, char** arguments) {
  auto command = TRY(command_for({arguments, arguments + count}));
  if (command.mode == CompilerCommand::Mode::help || count == 0) {
    fmt::print("{}", kHelp);
    return count == 0 ? exit_code::usage : exit_code::ok;
  }
  if (command.mode == CompilerCommand::Mode::show) {
    fmt::print("{}", shell_word(command.compiler));
    for (const auto& argument : command.arguments) fmt::print(" {}", shell_word(argument));
    fmt::print("\n");
    return exit_code::ok;
  }
  std::vector<char*> vector{command.compiler.data()};
  for (auto& argument : command.arguments) vector.push_back(argument.data());
  vector.push_back(nullptr);
  ::execvp(vector[0], vector.data());
  return unsupported(fmt::format("cannot run {}: {}; install it (apt-get install g++) or name another with --sgxx-compiler=",
                                 command.compiler, std::strerror(errno)));
}

void describe_compiler(CLI::App& app) {
  app.add_subcommand("c++", "Compile and link with the stock g++, hardened (sgxx c++ --sgxx-help)");
}

}  // namespace sgxx::cli
