// SPDX-License-Identifier: Apache-2.0
//
// `sgxx inspect`: what an enclave is, who signed it, what lies where, and what became of the instructions it may not execute.
// Everything but the site report is read from what is measured; the site report is a note of the packer's.
#include "cli/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "cli/hex.h"
#include "cli/inspect_evidence.h"
#include "image/memory_map.h"
#include "image/sigstruct.h"

namespace sgxx::cli {
namespace {

struct InspectOptions {
  std::string input;
  std::string svg;
  bool json = false;
  bool sites = false;
  bool identity = false;
  BuildOptions build;
};

std::string date_text(u32 bcd) { return fmt::format("{:04x}-{:02x}-{:02x}", bcd >> 16, bcd >> 8 & 0xff, bcd & 0xff); }

const char* backing_name(image::Backing backing) {
  switch (backing) {
    case image::Backing::never: return "never";
    case image::Backing::zeroes: return "zeroes";
    case image::Backing::unmeasured: return "unmeasured";
    case image::Backing::measured: return "measured";
    case image::Backing::dynamic: return "dynamic";
  }
  return "";
}

std::string rights_text(const image::LayoutRegion& region) {
  auto permission = image::permission_of(region);
  return fmt::format("{}{}{}", permission.readable() ? 'r' : '-', permission.writable() ? 'w' : '-',
                     permission.executable() ? 'x' : '-');
}

const char* type_name(const image::LayoutRegion& region) {
  if (region.backing == image::Backing::never) return "none";
  return region.info.type() == isa::PageType::tcs ? "tcs" : "reg";
}

Json identity_json(const Inspection& enclave) {
  Json json;
  json["mrenclave"] = hex(enclave.mr_enclave);
  json["signature"] = enclave.signature_state;
  json["mrsigner"] = enclave.mr_signer ? Json(hex(*enclave.mr_signer)) : Json(nullptr);
  if (!enclave.subject.sigstruct) return json;
  const auto& sigstruct = *enclave.subject.sigstruct;
  json["product_id"] = sigstruct.isv_prod_id;
  json["version"] = sigstruct.isv_svn;
  json["debug"] = (sigstruct.attributes.flags & isa::attribute::debug) != 0;
  json["kss"] = (sigstruct.attributes.flags & isa::attribute::kss) != 0;
  json["family_id"] = hex(sigstruct.isv_family_id);
  json["extended_product_id"] = hex(sigstruct.isv_ext_prod_id);
  json["attributes"] = fmt::format("{:#018x}", sigstruct.attributes.flags);
  json["attributes_mask"] = fmt::format("{:#018x}", sigstruct.attribute_mask.flags);
  json["xfrm"] = fmt::format("{:#018x}", sigstruct.attributes.xfrm);
  json["xfrm_mask"] = fmt::format("{:#018x}", sigstruct.attribute_mask.xfrm);
  json["miscselect"] = sigstruct.misc_select;
  json["miscselect_mask"] = sigstruct.misc_mask;
  json["date"] = date_text(sigstruct.date);
  return json;
}

Json layout_json(const image::Layout& layout) {
  Json json{{"size", layout.size}, {"ssa_frame_pages", layout.ssa_frame_size}, {"regions", Json::array()}};
  for (const auto& region : layout.regions) {
    json["regions"].push_back({{"group", region.group},
                               {"name", region.name},
                               {"offset", region.range.begin.value},
                               {"length", region.range.length},
                               {"rights", rights_text(region)},
                               {"type", type_name(region)},
                               {"contents", backing_name(region.backing)}});
  }
  return json;
}

Json config_json(const abi::EnclaveConfig& config) {
  auto grants = Json::array();
  if ((config.grants & abi::grant::streams) != 0) grants.push_back("streams");
  if ((config.grants & abi::grant::time) != 0) grants.push_back("time");
  if ((config.grants & abi::grant::network) != 0) grants.push_back("network");
  if ((config.grants & abi::grant::quotes) != 0) grants.push_back("quotes");
  auto signals = Json::array();
  for (u32 number = 1; number <= 64; ++number)
    if ((config.host_signals >> (number - 1) & 1) != 0)
      signals.push_back("SIG" + std::string(::sigabbrev_np(static_cast<int>(number))));
  return {{"abi_version", config.abi_version},
          {"threads", config.thread_count},
          {"heap", config.heap.length},
          {"stack", config.main_stack.length},
          {"thread_stack", config.thread_stack_default},
          {"cpus", config.cpu_count},
          {"host", grants},
          {"signals", signals},
          {"environment_variables", config.environment_count},
          {"arguments_measured", (config.flags & abi::config_flag::arguments_from_manifest) != 0},
          {"measured_data", config.measured_data_length},
          {"unmeasured_data", config.unmeasured_length}};
}

Json to_json(const Inspection& enclave) {
  Json json;
  json["format"] = 1;
  json["identity"] = identity_json(enclave);
  json["configuration"] = enclave.config ? config_json(*enclave.config) : Json(nullptr);
  json["layout"] = layout_json(enclave.layout);
  json["sites"] = enclave.notes.contains("sites") ? enclave.notes["sites"] : Json(nullptr);
  return json;
}

void print_identity(const Inspection& enclave, const std::string& name) {
  fmt::print("{}{}\n", name, enclave.subject.was_program ? ", as sgxx run packs it" : "");
  fmt::print("  MRENCLAVE   {}\n", hex(enclave.mr_enclave));
  std::string signer =
      enclave.subject.was_program ? "your development key's, when it runs" : "signature: " + enclave.signature_state;
  fmt::print("  MRSIGNER    {}\n", enclave.mr_signer ? hex(*enclave.mr_signer) : signer);
  if (enclave.subject.sigstruct) {
    const auto& sigstruct = *enclave.subject.sigstruct;
    bool debug = (sigstruct.attributes.flags & isa::attribute::debug) != 0;
    fmt::print("  product {}, version {}, dated {}, {}\n", sigstruct.isv_prod_id, sigstruct.isv_svn, date_text(sigstruct.date),
               debug ? "DEBUG: the host may read its memory" : "production");
  }
}

/// Numbers and words from notes that nobody signed: shown, never trusted to be there.
void print_sites(const Json& notes, bool every_site) {
  if (!notes.contains("sites") || !notes["sites"].is_object()) {
    fmt::print("\nNo site report (only sgxx pack leaves one)\n");
    return;
  }
  const auto& sites = notes["sites"];
  fmt::print("\nInstructions that an enclave may not execute: {}\n", sites.value("total", u64{0}));
  if (sites.contains("by_decision") && sites["by_decision"].is_object()) {
    for (const auto& [decision, count] : sites["by_decision"].items()) {
      fmt::print("  {:>6}  {}\n", count.is_number_unsigned() ? count.get<u64>() : 0, decision);
    }
  }
  if (!every_site || !sites.contains("list") || !sites["list"].is_array()) return;
  for (const auto& site : sites["list"]) {
    if (!site.is_object()) continue;
    fmt::print("  {:#10x}  {:8} {:20} {}+{:#x}\n", site.value("address", u64{0}), site.value("kind", ""),
               site.value("decision", ""), site.value("function", ""), site.value("function_offset", u64{0}));
  }
}

Result<int> inspect(const InspectOptions& options) {
  if (auto evidence = TRY(inspect_evidence(options.input, options.json ? Format::json : Format::text))) {
    fmt::print("{}", *evidence);
    return exit_code::ok;
  }
  auto subject = TRY(load_subject(options.input, options.build, ForceDebug::yes));
  auto enclave = TRY(inspect_subject(std::move(subject), options.input));
  if (!options.svg.empty()) TRY(write_file(options.svg, bytes_of(image::memory_map_svg(enclave.layout, options.input))));
  if (options.json) {
    fmt::print("{}\n", to_json(enclave).dump(2, ' ', true, Json::error_handler_t::replace));
    return exit_code::ok;
  }
  print_identity(enclave, options.input);
  if (options.identity) return exit_code::ok;
  fmt::print("\n{}", image::memory_map_text(enclave.layout));
  print_sites(enclave.notes, options.sites);
  return exit_code::ok;
}

}  // namespace

Result<Inspection> inspect_subject(Subject subject, const std::string& name) {
  Inspection enclave;
  auto pages = image::read_pages(subject.stream);
  if (!pages) return Failure{std::move(pages.error()).with_context(name)};
  enclave.mr_enclave = TRY(image::measure_stream(subject.stream));
  enclave.config = image::config_of(*pages);
  enclave.layout = image::layout_of(*pages);
  enclave.notes = Json::parse(subject.notes, nullptr, false);
  if (!enclave.notes.is_object()) enclave.notes = Json::object();
  enclave.signature_state = "none";
  if (subject.sigstruct) {
    enclave.signature_state = "unsigned";
    if (image::is_signed(*subject.sigstruct)) {
      auto signer = image::verify(*subject.sigstruct);
      bool fits_here = subject.sigstruct->enclave_hash == enclave.mr_enclave;
      enclave.signature_state = !signer ? "wrong" : fits_here ? "good" : "of another enclave";
      if (signer && fits_here) enclave.mr_signer = *signer;
    }
  }
  enclave.subject = std::move(subject);
  return enclave;
}

void add_inspect(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<InspectOptions>();
  auto* command = app.add_subcommand("inspect", "Show identity, memory layout and rights, and the site report");
  command
      ->add_option("file", options->input, "An image, a plain stream, a program to pack in memory; a quote, report or SIGSTRUCT")
      ->required();
  command->add_flag("--json", options->json, "For scripts");
  command->add_flag("--identity", options->identity, "Show the identity only");
  command->add_flag("--sites", options->sites, "List every instruction of the site report");
  command->add_option("--svg", options->svg, "Draw a memory map")->type_name("FILE");
  add_build_options(*command, options->build);
  command->footer(R"(Examples:
  sgxx inspect app.sgx
  sgxx inspect app --sites
  sgxx inspect app.sgx --json | jq -r .identity.mrenclave
  sgxx inspect app.sgx --svg map.svg
  sgxx inspect quote.dat)");
  choose(*command, chosen, options, inspect);
}

}  // namespace sgxx::cli
