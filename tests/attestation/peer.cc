// SPDX-License-Identifier: Apache-2.0
//
// peer accept|connect SOCKET [enclave HEX] [signer HEX PRODUCT VERSION] [debug]: talks with another enclave over a Unix-domain
// socket, or over TCP on the loopback when SOCKET is a port, and says how it went: "talked", or the name of the error and of the
// refusal.
#include <arpa/inet.h>
#include <sgxx/channel.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Words = std::vector<std::string>;

sgxx::PeerPolicy policy_of(const Words& words) {
  sgxx::PeerPolicy policy;
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i] == "enclave") policy.accept(*sgxx::MrEnclave::from_hex(words.at(++i)));
    if (words[i] == "debug") policy.accept(sgxx::DebugEnclavesProtectNothing{});
    if (words[i] != "signer") continue;
    const auto number = [&](std::size_t at) { return static_cast<std::uint16_t>(std::stoul(words.at(at))); };
    policy.accept(*sgxx::MrSigner::from_hex(words.at(i + 1)), sgxx::ProductId{number(i + 2)},
                  sgxx::SecurityVersion{number(i + 3)});
    i += 3;
  }
  return policy;
}

/// A socket that listens, or one that is connected.
int open_socket(const std::string& name, bool listens) {
  sockaddr_un local{AF_UNIX, {}};
  sockaddr_in internet{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  const bool is_port = name.find_first_not_of("0123456789") == name.npos;
  if (is_port) {
    internet.sin_port = htons(static_cast<std::uint16_t>(std::stoul(name)));
  } else {
    std::strncpy(local.sun_path, name.c_str(), sizeof local.sun_path - 1);
  }
  const auto* address = is_port ? reinterpret_cast<const sockaddr*>(&internet) : reinterpret_cast<const sockaddr*>(&local);
  const socklen_t length = is_port ? sizeof internet : sizeof local;
  for (int tries = 0; tries < 500; ++tries) {
    const int descriptor = socket(address->sa_family, SOCK_STREAM, 0);
    const int one = 1;
    if (is_port) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (listens && bind(descriptor, address, length) == 0 && listen(descriptor, 1) == 0) return descriptor;
    if (!listens && connect(descriptor, address, length) == 0) return descriptor;
    close(descriptor);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw sgxx::SdkError(sgxx::ErrorCode::connection_broken, "no socket");
}

void check(bool holds) {
  if (!holds) throw sgxx::SdkError(sgxx::ErrorCode::bad_argument, "check failed");
}

const std::vector<std::uint8_t> kLarge(3 << 20, 0x77);

void accept_one(const Words& words) {
  const int listener = open_socket(words[2], true);
  auto channel =
      sgxx::Channel::accept(std::make_unique<sgxx::DescriptorStream>(::accept(listener, nullptr, nullptr)), policy_of(words));
  close(listener);
  while (auto message = channel.receive()) channel.send(message->bytes());
  channel.close();
  std::cout << "talked with " << channel.peer().mr_enclave.hex() << "\n";
}

void connect_to(const Words& words) {
  auto channel = sgxx::Channel::connect(std::make_unique<sgxx::DescriptorStream>(open_socket(words[2], false)), policy_of(words));
  channel.send(sgxx::view_of("a secret between enclaves"));
  check(channel.receive()->text() == "a secret between enclaves");
  channel.send({});
  check(channel.receive()->empty());
  channel.send(kLarge);
  check(*channel.receive() == sgxx::SecretBytes::copy_of(kLarge));
  channel.close();
  check(!channel.receive());
  std::cout << "talked with " << channel.peer().mr_enclave.hex() << "\n";
}

}  // namespace

int main(int count, char** arguments) try {
  const Words words(arguments, arguments + count);
  if (words.at(1) == "who") {
    std::cout << to_string(sgxx::own_identity());
  } else {
    words[1] == "accept" ? accept_one(words) : connect_to(words);
  }
} catch (const sgxx::PeerRefused& error) {
  std::cout << name_of(error.code()) << " " << name_of(error.refusal()) << "\n";
} catch (const sgxx::SdkError& error) {
  std::cout << name_of(error.code()) << ": " << error.what() << "\n";
}
