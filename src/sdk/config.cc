// SPDX-License-Identifier: Apache-2.0
#include "sgxx/config.h"

#include "sdk/enclave_call.h"

namespace sgxx {
namespace {

ByteView view_at(u64 address, u64 length) { return {reinterpret_cast<const u8*>(address), length}; }

}  // namespace

ByteView measured_data() {
  const abi::EnclaveFacts facts = sdk::enclave_facts();
  return view_at(facts.measured_data, facts.measured_data_length);
}

UnmeasuredData unmeasured_data() {
  const abi::EnclaveFacts facts = sdk::enclave_facts();
  return {view_at(facts.unmeasured_data, facts.unmeasured_data_length)};
}

}  // namespace sgxx
