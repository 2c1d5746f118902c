// SPDX-License-Identifier: Apache-2.0
#include "cli/builtin.h"

extern "C" const sgxx::u8 sgxx_runtime_begin[], sgxx_runtime_end[];
extern "C" const sgxx::u8 sgxx_quoting_enclave_begin[], sgxx_quoting_enclave_end[];

namespace sgxx::cli {

ByteView builtin_runtime() { return {sgxx_runtime_begin, sgxx_runtime_end}; }
ByteView builtin_quoting_enclave() { return {sgxx_quoting_enclave_begin, sgxx_quoting_enclave_end}; }

}  // namespace sgxx::cli
