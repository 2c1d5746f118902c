// SPDX-License-Identifier: Apache-2.0
//
// One row for each key: what it is called, what it takes, what it means, where it goes. Messages name file, line, column and key
// and say what was expected; a key that nobody knows is refused, because a misspelt limit or grant would otherwise be none.
#include "image/manifest.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "image/manifest_value.h"

namespace sgxx::image {
namespace {

constexpr u64 kLargest = u64{1} << 36;  ///< bytes: what a 64-bit enclave may have on every SGX processor so far
constexpr u64 kSmallestStack = u64{64} << 10;
constexpr u64 kStaticThreadStack = u64{1} << 20;
constexpr u64 kMostThreads = 4096;
constexpr u64 kMostProcessors = 1024;

constexpr BitName kXfrmNames[] = {
    {"avx", isa::xfrm::avx}, {"avx512", isa::xfrm::avx512}, {"amx", isa::xfrm::amx}, {"pkru", isa::xfrm::pkru}};
constexpr BitName kGrantNames[] = {{"streams", abi::grant::streams},
                                   {"time", abi::grant::time},
                                   {"network", abi::grant::network},
                                   {"quotes", abi::grant::quotes}};

constexpr BitName kMemoryNames[] = {{"static", 0}, {"dynamic", 1}};

// None that says that an instruction faulted, none that nobody can handle, none that stops a process.
constexpr u64 signal_bit(u32 number) { return u64{1} << (number - 1); }
constexpr BitName kSignalNames[] = {{"SIGHUP", signal_bit(1)},    {"SIGINT", signal_bit(2)},   {"SIGQUIT", signal_bit(3)},
                                    {"SIGUSR1", signal_bit(10)},  {"SIGUSR2", signal_bit(12)}, {"SIGALRM", signal_bit(14)},
                                    {"SIGTERM", signal_bit(15)},  {"SIGCONT", signal_bit(18)}, {"SIGURG", signal_bit(23)},
                                    {"SIGWINCH", signal_bit(28)}, {"SIGIO", signal_bit(29)},   {"SIGPWR", signal_bit(30)}};

struct Key {
  std::string_view name;
  std::string_view takes;
  std::string_view fallback;
  std::string_view meaning;
  Read<void> (*read)(const toml::node& node, Manifest& manifest);
};

const Key kKeys[] = {
    {"heap", "size", "\"256 MiB\"", "Memory for `new`, `malloc` and `mmap`: the most that there can be.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.heap = TRY(read_size(node, kSmallestStack, kLargest));
       return {};
     }},
    {"memory", "\"dynamic\" or \"static\"", "\"dynamic\"",
     "Whether heap and stacks are added as they are used, which needs SGX2 and Linux 6.0, or are all there from the start.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.dynamic_memory = TRY(read_name(node, kMemoryNames)) != 0;
       // Keys come in alphabetical order: thread_stack, when it is given, comes later.
       if (!manifest.dynamic_memory) manifest.thread_stack = kStaticThreadStack;
       return {};
     }},
    {"stack", "size", "\"8 MiB\"", "The first thread's stack.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.stack = TRY(read_size(node, kSmallestStack, kLargest));
       return {};
     }},
    {"threads", "integer, 1 to 4096", "64",
     "Threads that can live at once, the first one included. One more is `EAGAIN`, in C++ `std::system_error`.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.threads = static_cast<u32>(TRY(read_integer(node, 1, kMostThreads)));
       return {};
     }},
    {"thread_stack", "size", "\"8 MiB\", static \"1 MiB\"",
     "The stack of every further thread, unless the program asks for another size.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.thread_stack = TRY(read_size(node, kSmallestStack, kLargest));
       return {};
     }},
    {"cpus", "integer, 0 to 1024", "0",
     "Processors that the program sees (`std::thread::hardware_concurrency`). 0: as many as threads, at most 64.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.cpus = static_cast<u32>(TRY(read_integer(node, 0, kMostProcessors)));
       return {};
     }},
    {"arguments", "list of strings", "the host's",
     "The program's arguments, `argv[0]` included. They are measured, and what the host gives is ignored.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.arguments = TRY(read_strings(node));
       if (manifest.arguments.empty()) return expected("at least one string, argv[0]");
       manifest.arguments_from_manifest = true;
       return {};
     }},
    {"environment", "table of strings", "empty",
     "The program's environment, measured. None of the host's variables is ever seen inside.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.environment = TRY(read_environment(node));
       return {};
     }},
    {"host", "list of \"streams\", \"time\", \"network\", \"quotes\"", "all four",
     "What the program may ask of the host. Anything else fails inside with an error the program can handle. Without \"time\" "
     "clocks and sleeps fail with EPERM; waits with a timeout still end when the host says that it has passed, because the host "
     "decides anyway how long a thread waits. \"quotes\" lets the program have its reports made into quotes; nothing is quoted "
     "unless it asks.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.grants = TRY(read_names(node, kGrantNames));
       return {};
     }},
    {"exitless", "boolean", "true",
     "Host calls that need no waiting may be served by a thread of the host's while the program stays inside, where that is "
     "faster.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.exitless = TRY(read_boolean(node));
       return {};
     }},
    {"mount", "list of tables", "none",
     "Files that the program sees; see below. Without a mount there are none but a few synthetic ones.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.mounts = TRY(read_mounts(node));
       return {};
     }},
    {"signals", "list of signal names", "none",
     "Signals that the host may send to the program, such as \"SIGTERM\": `kill` on the process reaches the program's handler. "
     "All others keep their effect on the process outside.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.signals = TRY(read_names(node, kSignalNames));
       return {};
     }},
    {"working_directory", "path", "\"/\"", "The folder in which the program starts, measured.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.working_directory = TRY(read_inner_path(node));
       return {};
     }},
    {"measured_data", "path", "none", "A file that becomes part of MRENCLAVE and that the program can read.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.measured_data = TRY(read_text(node, "the path of a file, relative to the manifest's folder"));
       return {};
     }},
    {"unmeasured_data", "path", "none",
     "A file that travels in the image without being part of MRENCLAVE. The program can read it and must not trust it.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.unmeasured_data = TRY(read_text(node, "the path of a file, relative to the manifest's folder"));
       return {};
     }},
    {"product_id", "integer, 0 to 65535", "0", "ISVPRODID: which of the signer's products this is.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.product_id = static_cast<u16>(TRY(read_integer(node, 0, 65535)));
       return {};
     }},
    {"version", "integer, 0 to 65535", "0",
     "ISVSVN: the security version. Data sealed by a higher one stays closed to a lower one.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.version = static_cast<u16>(TRY(read_integer(node, 0, 65535)));
       return {};
     }},
    {"debug", "boolean", "false",
     "The DEBUG attribute: the host may read and change the enclave's memory. `sgxx run` sets it for a bare program.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.debug = TRY(read_boolean(node));
       return {};
     }},
    {"xfrm", "list of \"avx\", \"avx512\", \"amx\", \"pkru\"", "[\"avx\", \"avx512\"]",
     "Processor state beyond SSE that may be used where the machine has it.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.xfrm_allowed = isa::xfrm::legacy | TRY(read_names(node, kXfrmNames));
       if (!isa::is_legal_xfrm(manifest.xfrm_allowed)) return expected("\"avx\" beside \"avx512\"");
       return {};
     }},
    {"kss", "boolean", "false", "Key separation and sharing: the loader may bind a configuration id. Set by the two keys below.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.kss = TRY(read_boolean(node));
       return {};
     }},
    {"family_id", "32 hexadecimal digits", "zero", "ISVFAMILYID.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.family_id = TRY(read_hex16(node));
       return {};
     }},
    {"extended_product_id", "32 hexadecimal digits", "zero", "ISVEXTPRODID.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.extended_product_id = TRY(read_hex16(node));
       return {};
     }},
    {"rewrite", "boolean", "true",
     "Redirect instructions that an enclave refuses when packing. Without it each one traps: slower, same result.",
     [](const toml::node& node, Manifest& manifest) -> Read<void> {
       manifest.rewrite = TRY(read_boolean(node));
       return {};
     }},
};

const Key* find_key(std::string_view name) {
  const auto* key = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& row) { return row.name == name; });
  return key == std::end(kKeys) ? nullptr : key;
}

std::string unknown_key(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& key : kKeys) names.push_back(key.name);
  return unknown_name("key", name, names);
}

/// What no single key can see: sums, and keys that need each other.
Result<void> check_together(Manifest& manifest, const std::string& name) {
  auto stacks = checked_multiply<u64>(manifest.thread_stack, manifest.threads);
  auto total = checked_add(manifest.heap + manifest.stack, stacks.value_or(~u64{0}));
  if (!total || *total > kLargest) {
    return bad_input(name + ": heap, stack and threads times thread_stack come to more than " + size_text(kLargest) +
                     ", the largest enclave; make one of them smaller");
  }
  u64 strings = 0;
  for (const auto& text : manifest.environment) strings += text.size() + 1;
  for (const auto& text : manifest.arguments) strings += text.size() + 1;
  if (strings > manifest.stack / 4) {
    return bad_input(name + ": environment and arguments take " + std::to_string(strings) +
                     " bytes, more than a quarter of the stack; make stack larger");
  }
  if (const Mount* const folder = host_folder_above(manifest.mounts, manifest.working_directory)) {
    return bad_input(name + ": working_directory: " + manifest.working_directory + " lies within " + folder->path +
                     (folder->type == Mount::Type::encrypted
                          ? ", an encrypted volume; the program can start in its root"
                          : ", a folder of the host's; the program can start in the folder itself"));
  }
  u64 caches = 0;
  for (const Mount& mount : manifest.mounts) caches += mount.cache;
  if (caches > manifest.heap / 2) {
    return bad_input(name + ": the caches of encrypted volumes come to " + size_text(caches) +
                     ", more than half of the heap; make heap larger");
  }
  constexpr std::array<u8, 16> kNone{};
  manifest.kss = manifest.kss || manifest.family_id != kNone || manifest.extended_product_id != kNone;
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::string& name) {
  const toml::table root = TRY(parse_toml(text, name));
  Manifest manifest;
  for (const auto& [written, node] : root) {
    const Key* key = find_key(written.str());
    if (key == nullptr) return bad_input(place_text(name, written.source().begin) + unknown_key(written.str()));
    auto outcome = key->read(node, manifest);
    if (!outcome) {
      const auto& expectation = outcome.error();
      const auto& where = expectation.culprit != nullptr ? *expectation.culprit : node;
      return bad_input(place_text(name, where.source().begin) + std::string(key->name) + ": expected " +
                       printable(expectation.text));
    }
  }
  TRY(check_together(manifest, name));
  return manifest;
}

Result<Manifest> read_manifest(const std::string& path) {
  auto text = TRY(read_file(path));
  auto manifest = TRY(parse_manifest(text_of(text), path));
  for (auto* data : {&manifest.measured_data, &manifest.unmeasured_data}) {
    if (!data->empty()) *data = (std::filesystem::path(path).parent_path() / *data).string();
  }
  for (Mount& mount : manifest.mounts) {
    // What is opened where the enclave runs is measured as it is written.
    if (mount.type == Mount::Type::host || mount.type == Mount::Type::encrypted) continue;
    if (!mount.source.empty()) mount.source = (std::filesystem::path(path).parent_path() / mount.source).string();
  }
  return manifest;
}

std::string manifest_key_table() {
  std::string table = "| key | takes | default | meaning |\n|---|---|---|---|\n";
  for (const auto& key : kKeys) {
    table += "| `" + std::string(key.name) + "` | " + std::string(key.takes) + " | ";
    table += std::string(key.fallback) + " | " + std::string(key.meaning) + " |\n";
  }
  return table;
}

}  // namespace sgxx::image
