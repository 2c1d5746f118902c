// SPDX-License-Identifier: Apache-2.0
//
// `sgxx quote`: what this machine can prove. A quote of a small program of sgxx's own, to see whether quoting works and to have
// something to verify; the software platform's identity; and the collateral that verifiers of its quotes need.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/file.h"
#include "cli/hex.h"
#include "cli/quoting.h"
#include "device/soft_platform.h"

namespace sgxx::cli {
namespace {

struct QuoteOptions {
  std::string device = "auto";
  std::string output;
  std::string report_data;
  bool platform = false;
  std::string collateral;
};

constexpr size_t kReportData = 64;

/// Up to 64 bytes in hexadecimal digits, filled up with zeroes.
Result<std::array<u8, kReportData>> report_data_of(const std::string& digits) {
  std::array<u8, kReportData> data{};
  const bool hexadecimal = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!hexadecimal || digits.size() % 2 != 0 || digits.size() > 2 * data.size())
    return bad_input("--report-data: expected up to 128 hexadecimal digits, two for each byte");
  for (size_t i = 0; i < digits.size() / 2; ++i) data[i] = static_cast<u8>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  return data;
}

/// The sample program's standard input: bytes that fit into a pipe.
Result<void> feed_standard_input(ByteView bytes) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0 || ::write(ends[1], bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      ::dup2(ends[0], STDIN_FILENO) < 0) {
    return system_error("cannot make a pipe");
  }
  ::close(ends[1]);
  return {};
}

Result<void> send_standard_output_to(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0 || ::dup2(file, STDOUT_FILENO) < 0) return system_error("--output: cannot write " + path);
  return {};
}

Result<int> quote_sample(const QuoteOptions& options) {
  const auto data = TRY(report_data_of(options.report_data));
  if (::isatty(STDOUT_FILENO) == 1 && options.output.empty()) {
    return bad_input("a quote is binary: name a file with --output, or send standard output somewhere else than to a terminal");
  }
  auto opened = TRY(open_device(options.device));
  TRY(feed_standard_input(data));
  if (!options.output.empty()) TRY(send_standard_output_to(options.output));
  return run_quote_sample(std::move(opened));
}

Result<int> print_platform() {
  const auto platform = TRY(device::SoftPlatform::open());
  const auto facts = platform->facts();
  fmt::print(
      "software SGX: INSECURE, for development and tests\nFMSPC    {}\nPCEID    {}\nCPUSVN   {}\nPCESVN   {}\nroot key 04{}\n",
      hex(facts.fmspc), hex(facts.pce_id), hex(facts.cpu_svn), facts.pce_svn, hex(facts.root_key));
  return exit_code::ok;
}

/// Names as `sgxx verify --collateral` looks for them.
Result<int> write_collateral(const std::string& folder) {
  const auto quoting = software_quoting_enclave();
  const isa::ReportBody identity = TRY(quoting->identity());
  const device::Collateral collateral = TRY(device::SoftPlatform::open())->collateral(identity);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::pair<const char*, const std::string&> files[] = {
      {"root.pem", collateral.root_certificate},       {"pck_chain.pem", collateral.pck_chain},
      {"tcb_chain.pem", collateral.tcb_signing_chain}, {"root_crl.pem", collateral.root_crl},
      {"pck_crl.pem", collateral.intermediate_crl},    {"tcb_info.json", collateral.tcb_info},
      {"qe_identity.json", collateral.qe_identity}};
  for (const auto& [name, content] : files) TRY(write_file(folder + "/" + name, bytes_of(content)));
  return exit_code::ok;
}

Result<int> run(const QuoteOptions& options) {
  if (options.platform) return print_platform();
  if (!options.collateral.empty()) return write_collateral(options.collateral);
  return quote_sample(options);
}

}  // namespace

void add_quote(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<QuoteOptions>();
  auto* command = app.add_subcommand("quote", "Make a quote; show or export what its verifiers need");
  add_device_option(*command, options->device);
  command->add_option("-o,--output", options->output, "Where the quote goes (default: standard output)")->type_name("FILE");
  command->add_option("--report-data", options->report_data, "What the quote says: up to 64 bytes, hexadecimal; zeroes follow")
      ->type_name("HEX");
  auto* platform = command->add_flag("--platform", options->platform, "Show the software platform: FMSPC, versions, root key");
  command
      ->add_option("--collateral", options->collateral,
                   "Write what verifiers of the software SGX's quotes need: TCB info, QE identity, revocation lists, root")
      ->type_name("FOLDER")
      ->excludes(platform);
  command->footer(
      R"(Without --platform and --collateral, a small program of sgxx's own runs in an enclave on this machine and gets a quote of itself,
on hardware by way of Intel's AESM service. Your programs get theirs with sgxx::create_quote (#include <sgxx/quote.h>).

The software SGX signs quotes under a root of your own, which is insecure and says so; nobody believes it who does not ask for it
by name. Collateral is valid for thirty days.

Examples:
  sgxx quote -o quote.bin --report-data 00112233
  sgxx quote --collateral collateral)");
  choose(*command, chosen, options, run);
}

}  // namespace sgxx::cli
