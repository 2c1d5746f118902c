// SPDX-License-Identifier: Apache-2.0
//
// `sgxx c++`: the stock g++ with the flags that make a program fit for an enclave. Ours come first, so that the user's win.
// Static-PIE is what the packer reads; the hardening is what a program that guards secrets should have and costs about 1.12x.
// The SDK's headers are always found, and its library stands last on every line that links a program: an archive costs nothing
// that is not referenced.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
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
A program that uses more than the standard library links it statically, as always: -lsqlite3. The SDK (#include <sgxx/...>) and
OpenSSL's libraries, which it uses, are linked by themselves when they are needed.

Examples:
  sgxx c++ -O2 app.cc -o app
  sgxx c++ -O2 -c part.cc && sgxx c++ part.o main.o -lsqlite3 -o app
  sgxx c++ --sgxx-show app.cc
)";

struct CompilerCommand {
  std::string compiler = "g++";
  std::vector<std::string> arguments;
  enum class Mode { run, show, help } mode = Mode::run;
  bool lacks_openssl = false;  // the program is linked without OpenSSL, because it is not there
};

/// True when the command links no program of its own: then -static-pie would contradict it.
bool links_no_program(std::string_view argument) {
  return argument == "-shared" || argument == "-r" || argument == "-static" || argument == "-no-pie" ||
         argument == "-nostartfiles";
}

/// True when the command ends before linking, or links what is no program.
bool stops_before_program(std::string_view argument) {
  constexpr std::string_view kStops[] = {
      "-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", "-shared", "-r", "-nostdlib", "-nodefaultlibs"};
  return std::ranges::find(kStops, argument) != std::end(kStops);
}

/// Whether there is a file to compile or link; otherwise g++ only says something of itself.
bool has_input(const std::vector<std::string_view>& arguments) {
  constexpr std::string_view kTakesNext[] = {"-o",       "-x",      "-I",         "-L",       "-D",          "-U",
                                             "-T",       "-u",      "-MF",        "-MT",      "-MQ",         "-include",
                                             "-isystem", "-iquote", "-idirafter", "-Xlinker", "-Xassembler", "-Xpreprocessor"};
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (std::ranges::find(kTakesNext, arguments[i]) != std::end(kTakesNext)) {
      ++i;
    } else if (!arguments[i].starts_with('-') || arguments[i] == "-") {
      return true;
    }
  }
  return false;
}

/// Where the SDK lies beside this command; empty when it was not installed with it.
struct SdkFolders {
  std::string include, library;
};
SdkFolders sdk_folders() {
  std::error_code error;
  const auto command = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto prefix = command.parent_path().parent_path();
  const auto include = prefix / SGXX_INCLUDE_FOLDER, library = prefix / SGXX_LIBRARY_FOLDER;
  if (error || !std::filesystem::exists(include / "sgxx" / "error.h", error)) return {};
  return {include, std::filesystem::exists(library / "libsgxx.a", error) ? library.string() : ""};
}

std::string shell_word(const std::string& word) {
  constexpr auto kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string text = "'";
  for (char letter : word) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

/// Whether the linker would find lib`name`.a. Where the compiler cannot be asked, it will say so itself later.
bool has_archive(const std::string& compiler, const std::string& name) {
  const std::string file = "lib" + name + ".a";
  FILE* answer = ::popen((shell_word(compiler) + " -print-file-name=" + file + " 2>/dev/null").c_str(), "re");
  if (answer == nullptr) return true;
  std::array<char, 4096> path{};
  const size_t length = std::fread(path.data(), 1, path.size() - 1, answer);
  const bool asked = ::pclose(answer) == 0;
  return !asked || std::string_view(path.data(), length) != file + "\n";
}

/// What stands at the end of a line that links a program. OpenSSL's archives are named only where they are, so that programs that
/// need none link without them.
void append_libraries(const SdkFolders& sdk, CompilerCommand& command) {
  auto& out = command.arguments;
  out.insert(out.end(), {"-L" + sdk.library, "-lsgxx"});
  command.lacks_openssl = !has_archive(command.compiler, "crypto");
  if (!command.lacks_openssl) out.insert(out.end(), {"-lssl", "-lcrypto"});
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
  const SdkFolders sdk = sdk_folders();
  if (!sdk.include.empty()) out.push_back("-idirafter" + sdk.include);
  out.insert(out.end(), kept.begin(), kept.end());
  if (!sdk.library.empty() && has_input(kept) && !mentions(stops_before_program)) append_libraries(sdk, command);
  return command;
}

/// Returns only when it fails, with errno.
void execute(CompilerCommand& command) {
  std::vector<char*> vector{command.compiler.data()};
  for (auto& argument : command.arguments) vector.push_back(argument.data());
  vector.push_back(nullptr);
  ::execvp(vector[0], vector.data());
}

Failure<Error> cannot_run(const std::string& compiler, int error) {
  return unsupported(fmt::format("cannot run {}: {}; install it (apt-get install g++) or name another with --sgxx-compiler=",
                                 compiler, std::strerror(error)));
}

/// Stays to say what the linker cannot know.
Result<int> run_without_openssl(CompilerCommand& command) {
  constexpr int kCannotRun = 127;
  const pid_t child = ::fork();
  if (child < 0) return system_error("cannot start " + command.compiler);
  if (child == 0) {
    execute(command);
    ::_exit(kCannotRun);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status)) return exit_code::cannot_run_here;
  if (WEXITSTATUS(status) == kCannotRun) return cannot_run(command.compiler, ENOENT);
  if (WEXITSTATUS(status) != 0) {
    fmt::print(stderr,
               "sgxx: if the linker misses functions of OpenSSL (EVP_..., CRYPTO_...): the SDK's cryptography needs libcrypto.a, "
               "which is "
               "not on this machine (apt-get install libssl-dev)\n");
  }
  return WEXITSTATUS(status);
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
  if (command.lacks_openssl) return run_without_openssl(command);
  execute(command);
  return cannot_run(command.compiler, errno);
}

void describe_compiler(CLI::App& app) {
  app.add_subcommand("c++", "Compile and link with the stock g++, hardened (sgxx c++ --sgxx-help)");
}

}  // namespace sgxx::cli
