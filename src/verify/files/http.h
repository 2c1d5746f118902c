// SPDX-License-Identifier: Apache-2.0
//
// As much of HTTP (RFC 9112) as fetching collateral and keeping counters need: one request, one answer, over TCP or TLS. Nobody
// has to believe the answer, because what matters in it is signed; what no answer may do is harm, so everything is bounded:
// lengths, headers, time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace sgxx::verify {

struct HttpOptions {
  std::string authorities;  ///< PEM file of those who may vouch for https servers; empty: the system's
  std::chrono::seconds timeout{20};
};

struct HttpAnswer {
  struct Header {
    std::string name;  ///< lower case
    std::string value;
  };
  int status = 0;
  std::vector<Header> headers;
  std::vector<u8> body;

  const std::string* header(std::string_view name) const;
};

/// `url` begins with http:// or https://. Redirections are not followed. An answer of any status is an answer.
Result<HttpAnswer> http_get(const std::string& url, const HttpOptions& options);
/// The same with a body to send, JSON.
Result<HttpAnswer> http_post_json(const std::string& url, std::string_view body, const HttpOptions& options);

/// The answer in these bytes, all that the server sent; an error when they are not one, or end too early.
Result<HttpAnswer> parse_http_answer(ByteView bytes);

}  // namespace sgxx::verify
