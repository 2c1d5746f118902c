// SPDX-License-Identifier: Apache-2.0
//
// Greets in the language that the measured environment names: the host cannot choose another.

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

int main() {
  const std::map<std::string, std::string> greetings = {{"en", "Hello"}, {"eo", "Saluton"}, {"fi", "Hei"}};
  const char* language = std::getenv("LANGUAGE");
  auto found = greetings.find(language == nullptr ? "en" : language);
  std::cout << (found == greetings.end() ? "?" : found->second) << " from an enclave\n";
}
