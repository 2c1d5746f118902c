// SPDX-License-Identifier: Apache-2.0
//
// What the SDK's test programs share. A program is `int main() { return run(test); }`: natively it prints one line and is done.
#pragma once

#include <sgxx/error.h>
#include <sgxx/identity.h>

#include <cstdio>

#include "check.h"

namespace sgxx_test {

/// Runs `call` and tells which error it ended with, or "nothing thrown".
template <class Call>
const char* code_of(Call call) {
  try {
    call();
  } catch (const sgxx::SdkError& error) {
    return sgxx::name_of(error.code());
  }
  return "nothing thrown";
}

template <class Test>
int run(Test test) {
  try {
    test();
    CHECK(sgxx::in_enclave());
  } catch (const sgxx::SdkError& error) {
    if (error.code() != sgxx::ErrorCode::not_in_enclave || sgxx::in_enclave()) {
      std::fprintf(stderr, "%s: %s\n", sgxx::name_of(error.code()), error.what());
      return 98;
    }
    std::puts("not in an enclave");
  }
  return 0;
}

}  // namespace sgxx_test
