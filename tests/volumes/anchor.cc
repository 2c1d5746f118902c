// SPDX-License-Identifier: Apache-2.0
//
// anchor SERVER-MRENCLAVE SERVER-ID|- PORT VOLUME COMMAND...: a client of the freshness server, in an enclave. Commands, one
// after the other over one connection: "get"; "FROM-TO" with generations, and a letter behind each for its history (0: none),
// such as "0-1a", "1a-2b"; "again N" repeats the last one. Prints a line for each: "generation history", "none", "done", or the
// error. /collateral is a folder of the host's, /config/root.pem is measured.
#include <sgxx/freshness_client.h>

#include <fstream>
#include <iostream>
#include <iterator>

namespace {

using namespace sgxx;

verify::Bytes content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

tls::Demand demand_for(const std::string& mrenclave) {
  verify::Collateral collateral;
  for (const char* name : {"root.pem", "pck_chain.pem", "tcb_chain.pem"})
    collateral.certificates.push_back(content_of(std::string("/collateral/") + name));
  for (const char* name : {"root_crl.pem", "pck_crl.pem"})
    collateral.crls.push_back(content_of(std::string("/collateral/") + name));
  collateral.tcb_infos = {content_of("/collateral/tcb_info.json")};
  collateral.qe_identities = {content_of("/collateral/qe_identity.json")};
  tls::Demand demand;
  verify::EnclaveRule rule;
  rule.mr_enclave = MrEnclave::from_hex(mrenclave).value().bytes;
  demand.policy.enclaves = {rule};
  demand.policy.accept = {verify::Accept::insecure_root};
  demand.policy.roots = {verify::root_key_of(content_of("/config/root.pem")).value()};
  demand.verifier = std::make_shared<verify::Verifier>(collateral, demand.policy.roots);
  return demand;
}

/// "12b"; "0": none.
std::optional<Anchor> anchor_from(const std::string& text) {
  Anchor anchor;
  anchor.generation = std::stoull(text);
  if (anchor.generation == 0) return std::nullopt;
  anchor.state.bytes[0] = static_cast<std::uint8_t>(text.back());
  return anchor;
}

std::string text_of(const std::optional<Anchor>& anchor) {
  if (!anchor) return "none";
  return std::to_string(anchor->generation) + static_cast<char>(anchor->state.bytes[0]);
}

std::string carry_out(Freshness& service, const VolumeId& volume, const std::string& command) {
  try {
    if (command == "get") return text_of(service.current(volume));
    const auto middle = command.find('-');
    service.advance(volume, anchor_from(command.substr(0, middle)), anchor_from(command.substr(middle + 1)).value());
    return "done";
  } catch (const FreshnessConflict& conflict) {
    return "conflict: " + text_of(conflict.current());
  } catch (const SdkError& error) {
    return std::string(name_of(error.code())) + ": " + error.what();
  }
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 6) return 2;
  FreshnessServers servers;
  servers.addresses = {std::string("127.0.0.1:") + arguments[3]};
  servers.demand = demand_for(arguments[1]);
  if (arguments[2] != std::string("-")) servers.id = FreshnessServerId::from_hex(arguments[2]).value();
  servers.timeout = std::chrono::seconds(5);
  FreshnessClient service(servers);
  VolumeId volume;
  volume.bytes[0] = static_cast<std::uint8_t>(std::stoi(arguments[4]));
  for (int i = 5; i < count; ++i) std::cout << carry_out(service, volume, arguments[i]) << std::endl;
} catch (const std::exception& error) {
  std::cout << error.what() << std::endl;
  return 1;
}
