// SPDX-License-Identifier: Apache-2.0
//
// A member of an etcd cluster, over its v3 JSON gateway (etcd 3.4, "API reference: /v3/kv/range, /v3/kv/txn"). Reads are
// linearizable, writes are transactions that compare the whole value.
#pragma once

#include "freshness/server/counters.h"
#include "verify/files/http.h"

namespace sgxx::freshness {

class EtcdMember final : public Member {
 public:
  /// `url` is "http://127.0.0.1:2379", or https.
  EtcdMember(std::string url, verify::HttpOptions options) : url_(std::move(url)), options_(std::move(options)) {}
  Result<Value> read(const std::string& place) override;
  Result<void> swap(const std::string& place, const Value& expected, const Bytes& value) override;
  std::string name() const override { return url_; }

 private:
  Result<std::string> post(const char* method, const std::string& body) const;
  std::string url_;
  verify::HttpOptions options_;
};

/// What stands at `place` by this answer to a range request.
Result<Member::Value> parse_range_answer(std::string_view json, const std::string& place);

std::string to_base64(ByteView bytes);
/// Nothing unless it is canonical.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace sgxx::freshness
