// SPDX-License-Identifier: Apache-2.0
//
// main's value is the exit status, of which eight bits count.
// sgxx-test: status 44

int main() { return 300; }
