// SPDX-License-Identifier: Apache-2.0
//
// Duties A10, A17: instructions that an enclave may not execute are served from trusted values wherever they stand, and segment
// bases that the program set hurt nobody but itself.
#include <gtest/gtest.h>

#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

TEST(Instructions, ThatAreIllegalInEnclavesWorkAtEveryAlignmentAndAcrossPages) {
  for (bool rewrite : {false, true}) {
    GuestOptions options;
    options.rewrite = rewrite;
    TestHost host(kProbe, options);
    EXPECT_EQ(host.run(Mode::opcodes), exited(0)) << (rewrite ? "redirected" : "trapping");
  }
}

TEST(Instructions, BasesThatTheProgramSetsReachNothingOfTheRuntime) {
  for (bool rewrite : {false, true}) {
    GuestOptions options;
    options.rewrite = rewrite;
    TestHost host(kProbe, options);
    EXPECT_EQ(host.run(Mode::bases), exited(0)) << (rewrite ? "redirected" : "trapping");
  }
}

TEST(Instructions, FaultsBecomeSignalsWithCleanFlags) {
  for (bool avx : {false, true}) {
    GuestOptions options;
    options.avx = avx;
    TestHost host(kProbe, options);
    EXPECT_EQ(host.run(Mode::faults), exited(0)) << "3: DF, AC or TF in a handler; 4: MXCSR or x87 control word";
  }
}

TEST(Instructions, SignalsToOneselfAreSeenOnce) {
  TestHost host;
  EXPECT_EQ(host.run(Mode::signals), exited(0));
}

}  // namespace
}  // namespace sgxx::boundary
