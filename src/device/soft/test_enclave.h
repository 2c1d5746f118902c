/* SPDX-License-Identifier: Apache-2.0 */
/* What test_enclave.S can be asked to do (RDI at EENTER), and what its exception handler answers. */
#ifndef SGXX_DEVICE_SOFT_TEST_ENCLAVE_H
#define SGXX_DEVICE_SOFT_TEST_ENCLAVE_H

#define TEST_ADD_ONE 1
#define TEST_LOAD 2
#define TEST_SYSCALL 3
#define TEST_SPIN 4
#define TEST_EXIT_TRAPPING 5
#define TEST_BASES 6
#define TEST_CPUID 7
#define TEST_LEAF 8
#define TEST_RDTSC 9
#define TEST_INT3 10
#define TEST_ACCEPT 11

#define TEST_ANSWER_RESUME 77

#endif
