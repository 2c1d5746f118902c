// SPDX-License-Identifier: Apache-2.0
//
// The first program anyone runs.

#include <iostream>

int main() { std::cout << "Hello from C++\n"; }
