// SPDX-License-Identifier: Apache-2.0
//
// The command `sgxx`: parses, runs the chosen sub-command, turns an error into one line on standard error and an exit code.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

#include "cli/command.h"

namespace sgxx::cli {
namespace {

constexpr auto kFooter = R"(The whole story:
  sgxx c++ -O2 app.cc -o app && sgxx run app

Exit codes: the program's own under `run`; 2 wrong command line, 124 the enclave ended itself, 125 a file or key is not
what it must be, 126 this machine cannot do it. `sgxx COMMAND --help` says more.)";

/// One line, whatever it was made from.
void print_error(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& letter : text) {
    if (letter == '\n') letter = ' ';
  }
  fmt::print(stderr, "sgxx: {}\n", text);
}

int finish(const Result<int>& outcome) {
  if (outcome) return *outcome;
  print_error(outcome.error().message());
  return exit_code_of(outcome.error());
}

std::string used_command(const CLI::App& app) {
  std::string name = "sgxx";
  for (auto used = app.get_subcommands(); !used.empty(); used = used.front()->get_subcommands())
    name += " " + used.front()->get_name();
  return name;
}

/// A command or one of sgxx's own options. The parser would only say that a command is missing.
bool is_known(const CLI::App& app, std::string_view word) {
  auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return word == "-h" || word == "--help" || word == "--version" ||
         std::any_of(commands.begin(), commands.end(), [&](const CLI::App* command) { return command->get_name() == word; });
}

/// `sgxx run [OPTIONS] -- PROGRAM ...` without its `--`, which the parser would take for the end of all sub-commands. What stands
/// behind the program's name belongs to the program.
std::vector<char*> without_separator(const CLI::App& run, std::vector<char*> words) {
  if (words.size() < 2 || std::strcmp(words[1], "run") != 0) return words;
  for (std::size_t i = 2; i < words.size() && words[i][0] == '-'; ++i) {
    if (std::strcmp(words[i], "--") == 0) {
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    const CLI::Option* option = std::strchr(words[i], '=') == nullptr ? run.get_option_no_throw(words[i]) : nullptr;
    if (option != nullptr && option->get_items_expected_max() > 0) ++i;  // its value is the next word
  }
  return words;
}

int main(int count, char** arguments) {
  if (count >= 2 && std::strcmp(arguments[1], "c++") == 0) return finish(run_compiler(count - 2, arguments + 2));

  CLI::App app("Runs ordinary C++ programs in SGX enclaves.", "sgxx");
  app.set_version_flag("--version", "sgxx " SGXX_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(34);
  Action chosen;
  add_run(app, chosen);
  describe_compiler(app);
  add_pack(app, chosen);
  add_sign(app, chosen);
  add_keygen(app, chosen);
  add_measure(app, chosen);
  add_inspect(app, chosen);
  add_verify(app, chosen);
  add_detect(app, chosen);
  add_quote(app, chosen);
  add_volume(app, chosen);
  add_quoting_enclave(app, chosen);
  if (count >= 2 && !is_known(app, arguments[1])) {
    print_error(fmt::format("unknown {} {}; see sgxx --help", arguments[1][0] == '-' ? "option" : "command", arguments[1]));
    return exit_code::usage;
  }
  auto words = without_separator(*app.get_subcommand("run"), {arguments, arguments + count});
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    print_error(fmt::format("{}; see {} --help", error.what(), used_command(app)));
    return exit_code::usage;
  }
  return finish(chosen());
}

}  // namespace

int exit_code_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::bad_input:
    case ErrorKind::refused: return exit_code::bad_input;
    case ErrorKind::unsupported:
    case ErrorKind::system: return exit_code::cannot_run_here;
  }
  return exit_code::bad_input;
}

}  // namespace sgxx::cli

int main(int count, char** arguments) {
  try {
    return sgxx::cli::main(count, arguments);
  } catch (const std::bad_alloc&) {
    std::fputs("sgxx: out of memory\n", stderr);
    return sgxx::cli::exit_code::cannot_run_here;
  }
}
