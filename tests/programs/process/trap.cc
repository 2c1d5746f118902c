// SPDX-License-Identifier: Apache-2.0
//
// int3 without a handler ends the program by SIGTRAP.
// sgxx-test: status 133

int main() { asm volatile("int3"); }
