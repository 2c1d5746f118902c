// SPDX-License-Identifier: Apache-2.0
//
// The HTTPS server under load: `https_server threads|epoll` prints its port, serves until standard input ends, and says how many
// requests it answered.

#include "https.h"

namespace {

template <class Server>
void serve() {
  https::Listener listener(0);
  Server server(listener.context());
  std::printf("%u\n", listener.port());
  std::fflush(stdout);
  std::thread serving([&] { server.run(listener.socket()); });
  while (std::getchar() != EOF) {
  }
  shutdown(listener.socket(), SHUT_RDWR);
  serving.join();
  std::printf("%d requests\n", server.requests.load());
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  CHECK(count == 2);
  std::string(arguments[1]) == "epoll" ? serve<https::EpollServer>() : serve<https::ThreadServer>();
}
