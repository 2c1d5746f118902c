// SPDX-License-Identifier: Apache-2.0
#include "cli/subject.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/file.h"
#include "cli/builtin.h"
#include "cli/notes.h"

namespace sgxx::cli {
namespace {

Result<image::Manifest> manifest_of(const BuildOptions& options, ForceDebug debug) {
  auto manifest = options.manifest.empty() ? image::Manifest() : TRY(image::read_manifest(options.manifest));
  if (!options.heap.empty()) {
    auto heap = image::parse_size(options.heap);
    if (!heap || *heap == 0 || !is_aligned(*heap, kPageSize)) {
      return bad_input(fmt::format("--heap: expected a size such as 64MiB, a multiple of 4096, not {}", options.heap));
    }
    manifest.heap = *heap;
  }
  if (options.threads != 0) manifest.threads = options.threads;
  if (options.no_rewrite) manifest.rewrite = false;
  if (options.debug || debug == ForceDebug::yes) manifest.debug = true;
  if (!options.measured_data.empty()) manifest.measured_data = options.measured_data;
  if (!options.unmeasured_data.empty()) manifest.unmeasured_data = options.unmeasured_data;
  return manifest;
}

Result<u32> date_of(const BuildOptions& options) {
  if (!options.date.empty()) return image::parse_date(options.date);
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  return image::default_date(epoch == nullptr ? std::nullopt : std::optional<std::string_view>(epoch));
}

Result<std::vector<u8>> read_if_named(const std::string& path) {
  if (path.empty()) return std::vector<u8>();
  return read_file(path);
}

}  // namespace

std::string BuildOptions::first_given() const {
  if (!manifest.empty()) return "--manifest";
  if (!heap.empty()) return "--heap";
  if (threads != 0) return "--threads";
  if (no_rewrite) return "--no-rewrite";
  if (debug) return "--debug";
  if (!measured_data.empty()) return "--measured-data";
  if (!unmeasured_data.empty()) return "--unmeasured-data";
  if (!date.empty()) return "--date";
  return runtime.empty() ? "" : "--runtime";
}

void add_build_options(CLI::App& command, BuildOptions& options) {
  constexpr auto kGroup = "How a program becomes an enclave";
  command.add_option("--manifest", options.manifest, "TOML file that says what the enclave is (docs/manifest.md)")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("--heap", options.heap, "Memory for new and malloc, in place of the manifest's")
      ->type_name("SIZE")
      ->group(kGroup);
  command.add_option("--threads", options.threads, "Threads that can live at once, in place of the manifest's")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->group(kGroup);
  command.add_flag("--no-rewrite", options.no_rewrite, "Redirect nothing: every refused instruction traps")->group(kGroup);
  command.add_flag("--debug", options.debug, "Set the DEBUG attribute")->group(kGroup);
  command.add_option("--measured-data", options.measured_data, "File that becomes part of MRENCLAVE")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("--unmeasured-data", options.unmeasured_data, "File that travels along, not measured")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("--date", options.date, "Date in the signature (default: SOURCE_DATE_EPOCH or 1970-01-01)")
      ->type_name("YYYY-MM-DD")
      ->group(kGroup);
  command.add_option("--runtime", options.runtime, "Another trusted runtime than the one built into sgxx")
      ->type_name("FILE")
      ->group(kGroup);
}

Result<Subject> pack_program(ByteView program, const BuildOptions& options, ForceDebug debug) {
  auto manifest = TRY(manifest_of(options, debug));
  auto date = TRY(date_of(options));
  auto runtime = TRY(read_if_named(options.runtime));
  auto tree = TRY(image::read_tree(manifest.mounts, manifest.working_directory));
  auto measured = TRY(read_if_named(manifest.measured_data));
  auto unmeasured = TRY(read_if_named(manifest.unmeasured_data));
  auto built = TRY(image::build({.runtime = runtime.empty() ? builtin_runtime() : ByteView(runtime),
                                 .program = program,
                                 .measured_data = measured,
                                 .unmeasured_data = unmeasured,
                                 .tree = tree},
                                manifest));
  auto sigstruct = TRY(image::unsigned_sigstruct_of(built, manifest, date));
  Subject subject;
  subject.packed = std::move(built.stream.bytes);
  subject.stream = subject.packed;
  subject.sigstruct = sigstruct;
  subject.notes = notes_of(built.plan);
  subject.was_program = true;
  return subject;
}

Result<Subject> load_subject(const std::string& path, const BuildOptions& options, ForceDebug debug) {
  Subject subject;
  if (is_regular_file(path)) {
    subject.file = TRY(map_file(path));
  } else {
    subject.packed = TRY(read_file(path));
  }
  const ByteView bytes = subject.packed.empty() ? subject.file.bytes() : ByteView(subject.packed);
  if (!image::is_image(bytes)) {
    auto packed = pack_program(bytes, options, debug);
    if (!packed) return Failure{std::move(packed.error()).with_context(path)};
    return packed;
  }
  if (auto given = options.first_given(); !given.empty()) {
    return bad_input(fmt::format("{}: is packed already: {} is for programs; pack the program again with it", path, given));
  }
  auto view = image::read_image(bytes);
  if (!view) return Failure{std::move(view.error()).with_context(path)};
  subject.stream = view->stream;
  subject.sigstruct = view->sigstruct;
  subject.notes = view->notes;
  return subject;
}

}  // namespace sgxx::cli
