// SPDX-License-Identifier: Apache-2.0
//
// Start-up and memory are measured with this one, from outside.

#include <iostream>

int main() { std::cout << "Hello from C++\n"; }
