// SPDX-License-Identifier: Apache-2.0
//
// The freshness server: runs in an enclave, keeps the newest anchors of its clients' volumes in an etcd cluster, and tells nobody
// but the enclave that they belong to. docs/freshness.md says how to run it and what it protects.
//   sgxx-freshness [--initialize | --join ADDRESS] --etcd URL... --listen ADDRESS
// /config is measured: clients.toml, the policy that says who may have counters, and perhaps etcd.pem, who vouches for etcd.
// /state and /collateral are folders of the host's: the sealed key; what is needed to check the clients' quotes.
#include <sgxx/random.h>
#include <sgxx/seal.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "freshness/server/etcd.h"
#include "freshness/server/server.h"
#include "verify/files/collateral_folder.h"
#include "verify/files/policy_file.h"

namespace sgxx::freshness {
namespace {

constexpr const char* kPolicy = "/config/clients.toml";
constexpr const char* kAuthorities = "/config/etcd.pem";
constexpr const char* kKeyFile = "/state/key.sealed";
constexpr const char* kCollateral = "/collateral";
constexpr auto kUsage = R"(usage: sgxx-freshness [OPTIONS] --etcd URL [--etcd URL]... --listen ADDRESS:PORT
  --etcd URL             a member of the cluster, http://127.0.0.1:2379; name all of them
  --listen ADDRESS:PORT  where clients connect; port 0: any
  --initialize           make a new keeper of counters; only once
  --join ADDRESS:PORT    take the key from a server of this same build that runs there; only once
  --timeout SECONDS      how long a request waits for a majority of etcd (10)
  --connections NUMBER   how many clients at once (64)
)";

struct Arguments {
  std::vector<std::string> etcd;
  std::optional<Address> listen, join;
  bool initialize = false;
  int timeout = 10, connections = 64;
};

[[noreturn]] void usage() { throw SdkError(ErrorCode::bad_argument, kUsage); }

int number_from(const std::string& text, int highest) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > highest) usage();
  return value;
}

Address address_from(const std::string& text) {
  auto address = parse_address(text);
  if (!address) throw SdkError(ErrorCode::bad_argument, text + ": expected an address such as 127.0.0.1:4433");
  return *address;
}

Arguments arguments_from(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--initialize") {
      arguments.initialize = true;
      continue;
    }
    if (i + 1 == words.size()) usage();
    const std::string& name = words[i];
    const std::string& value = words[++i];
    if (name == "--etcd") {
      arguments.etcd.push_back(value);
    } else if (name == "--listen") {
      arguments.listen = address_from(value);
    } else if (name == "--join") {
      arguments.join = address_from(value);
    } else if (name == "--timeout") {
      arguments.timeout = number_from(value, 3600);
    } else if (name == "--connections") {
      arguments.connections = number_from(value, 1024);
    } else {
      usage();
    }
  }
  if (arguments.etcd.empty() || !arguments.listen || (arguments.initialize && arguments.join)) usage();
  return arguments;
}

void log(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cout << line << std::endl;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw SdkError(ErrorCode::bad_argument, result.error().message());
  return std::move(*result);
}

/// Clients that the measured policy names, and this build itself, for its other machines.
tls::Demand demand_of_clients() {
  tls::Demand demand;
  demand.policy = must(verify::read_policy(kPolicy));
  verify::EnclaveRule self;
  self.mr_enclave = own_identity().mr_enclave.bytes;
  demand.policy.enclaves.push_back(self);
  verify::Collateral collateral;
  std::vector<std::string> passed_over;
  if (auto read = verify::read_collateral(kCollateral, collateral, passed_over); !read) {
    throw SdkError(ErrorCode::bad_argument, read.error().message());
  }
  demand.verifier = std::make_shared<verify::Verifier>(collateral, demand.policy.roots);
  return demand;
}

Context context_for(const SSL_METHOD* method, tls::Demand demand) {
  Context context(SSL_CTX_new(method));
  if (context == nullptr) throw SdkError(ErrorCode::cryptography, "OpenSSL could not make a context");
  tls::present_evidence(context.get());
  tls::demand_evidence(context.get(), std::move(demand));
  return context;
}

std::vector<std::unique_ptr<Member>> members_of(const Arguments& arguments) {
  verify::HttpOptions options;
  options.timeout = std::chrono::seconds(2);
  // With measured authorities a member is one whom they vouch for, and no address of the host's can be another.
  const bool vouched = std::filesystem::exists(kAuthorities);
  options.authorities = kAuthorities;
  std::vector<std::unique_ptr<Member>> members;
  for (const std::string& url : arguments.etcd) {
    if (vouched && !url.starts_with("https://")) {
      throw SdkError(ErrorCode::bad_argument, url + ": " + kAuthorities + " is measured, so etcd must be reached by https");
    }
    members.push_back(std::make_unique<EtcdMember>(url, options));
  }
  return members;
}

ByteView key_label() { return view_of("sgxx freshness, key 1"); }

/// A counter of the server's own that says: this cluster holds what the owner of this key has written.
const CounterName& marker_name() {
  static const CounterName name{sha256(view_of("sgxx freshness, marker 1")), {}};
  return name;
}
Anchor marker_of(const FreshnessServerId& id) { return {1, {id.bytes}}; }

SecretBytes key_for(const Arguments& arguments) {
  const bool exists = std::filesystem::exists(kKeyFile);
  if (arguments.initialize || arguments.join) {
    if (exists)
      throw SdkError(ErrorCode::bad_argument, std::string(kKeyFile) + " exists already: start without --initialize or --join");
    if (arguments.initialize) return SecretBytes::copy_of(random_secret<RecordKey::kSize>().bytes());
    tls::Demand demand = demand_of_clients();
    demand.policy.enclaves.erase(demand.policy.enclaves.begin(), demand.policy.enclaves.end() - 1);
    return fetch_key(context_for(TLS_client_method(), std::move(demand)).get(), *arguments.join);
  }
  if (!exists)
    throw SdkError(ErrorCode::bad_argument, std::string(kKeyFile) + " is not there: --initialize makes a new keeper of counters");
  return unseal(must(read_file(kKeyFile)), key_label());
}

/// Waits until the cluster shows that it is the one. The key is written when it does, so that one that was never used is never
/// kept.
void find_marker(Counters& counters, const Arguments& arguments, const SecretBytes& key) {
  const Anchor marker = marker_of(counters.server());
  for (;;) {
    const Reply reply =
        arguments.initialize ? counters.advance(marker_name(), std::nullopt, marker) : counters.get(marker_name());
    if (reply.status == Status::done && reply.current == marker) break;
    if (reply.status != Status::unavailable) {
      throw SdkError(ErrorCode::rolled_back,
                     "this cluster does not hold what this server has kept: it is another, or was emptied");
    }
    log("waiting for a majority of etcd");
  }
  if (!arguments.initialize && !arguments.join) return;
  if (auto written = write_file(kKeyFile, seal(key.bytes(), {.additional = key_label()}), FileMode::secret); !written) {
    throw SdkError(ErrorCode::storage, written.error().message());
  }
}

int run(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  const SecretBytes key = key_for(arguments);
  Counters counters(members_of(arguments), RecordKey(key.bytes()),
                    {.timeout = std::chrono::seconds(arguments.timeout), .log = log});
  find_marker(counters, arguments, key);
  log("id " + counters.server().hex());
  const int listener = listen_on(*arguments.listen);
  Server server(counters, key, own_identity().mr_enclave.bytes,
                [] { return context_for(TLS_server_method(), demand_of_clients()); },
                {.most_connections = static_cast<std::size_t>(arguments.connections), .log = log});
  log("listening on " + port_of(listener));
  server.run(listener);
}

}  // namespace
}  // namespace sgxx::freshness

int main(int count, char** words) {
  using namespace sgxx;
  try {
    return freshness::run(freshness::arguments_from({words + 1, words + count}));
  } catch (const std::exception& error) {
    std::cerr << "sgxx-freshness: " << error.what() << std::endl;
    return 1;
  }
}
