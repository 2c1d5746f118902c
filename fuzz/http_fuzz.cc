// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a caching service's answer.
#include "fuzz/target.h"
#include "verify/files/http.h"

namespace {

using namespace sgxx;

void require(bool promise) {
  if (!promise) std::abort();
}

std::vector<u8> bytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  auto answer = verify::parse_http_answer({data, size});
  if (!answer.ok()) {
    require(!answer.error().message().empty() && answer.error().message().size() < 200);
    return 0;
  }
  require(answer->status >= 100 && answer->status < 600 && answer->body.size() < size && answer->headers.size() <= 100);
  for (const auto& header : answer->headers) require(header.value.find('\n') == std::string::npos);
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  return {bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTCB-Info-Issuer-Chain: a%0Ab\r\n\r\n{}"),
          bytes("HTTP/1.0 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")};
}
