// SPDX-License-Identifier: Apache-2.0
//
// std::fstream, std::FILE and std::tmpfile on files.
// sgxx-test: folder
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "check.h"

namespace {

void streams() {
  {
    std::ofstream out("text");
    CHECK(out.is_open());
    for (int i = 0; i < 2000; ++i) out << i << ' ' << std::hex << i << std::dec << '\n';
  }
  std::ifstream in("text");
  std::string line;
  long sum = 0, lines = 0;
  while (std::getline(in, line)) sum += std::stol(line), ++lines;
  std::cout << lines << " lines, sum " << sum << ", end " << in.eof() << "\n";
  in.clear();
  in.seekg(100);
  in >> line;
  std::cout << line << " at " << in.tellg() << "\n";
  std::fstream both("text", std::ios::in | std::ios::out | std::ios::binary);
  both.seekp(5);
  both << "PATCH";
  both.seekg(0);
  std::getline(both, line);
  std::cout << line << "|";
  std::getline(both, line);
  std::cout << line << "\n";
  std::ofstream append("text", std::ios::app);
  append << "tail";
  append.close();
  std::ifstream end("text");
  end.seekg(-4, std::ios::end);
  end >> line;
  std::cout << line << "\n";
  std::ofstream cut("text", std::ios::trunc);
  cut.close();
  std::ifstream empty("text");
  std::cout << "empty: " << (empty.peek() == EOF) << "\n";
  std::ifstream absent("absent");
  std::cout << "absent: " << absent.is_open() << " " << absent.fail() << "\n";
  try {
    absent.exceptions(std::ios::failbit);
    absent.open("absent");
  } catch (const std::ios_base::failure&) {
    std::cout << "thrown\n";
  }
  std::ofstream twice("twice", std::ios::binary);
  std::filebuf& buffer = *twice.rdbuf();
  std::cout << "opened twice: " << (buffer.open("other", std::ios::out) == nullptr) << "\n";
}

void c_files() {
  std::FILE* const file = std::fopen("c", "w+");
  CHECK(file != nullptr);
  std::fprintf(file, "%d %s\n", 42, "answer");
  std::rewind(file);
  int number = 0;
  char word[16];
  CHECK(std::fscanf(file, "%d %15s", &number, word) == 2);
  std::printf("%d %s, at %ld\n", number, word, std::ftell(file));
  CHECK(std::fseek(file, 0, SEEK_END) == 0);
  std::fputs("more", file);
  CHECK(std::fflush(file) == 0 && std::fclose(file) == 0);
  CHECK(std::freopen("c", "r", stdin) != nullptr);
  char text[64]{};
  std::printf("%zu bytes\n", std::fread(text, 1, sizeof text, stdin));
  std::printf("rename %d, remove %d, again %d\n", std::rename("c", "d"), std::remove("d"), std::remove("d"));
  char name[] = "temporary-XXXXXX";
  const int temporary = mkstemp(name);
  std::printf("mkstemp: %d\n", temporary >= 0 && std::strlen(name) == 16);
}

void large() {
  std::ofstream out("large", std::ios::binary);
  const std::string block(1 << 16, 'b');
  for (int i = 0; i < 64; ++i) out.write(block.data(), static_cast<std::streamsize>(block.size()));
  out.close();
  std::ifstream in("large", std::ios::binary | std::ios::ate);
  std::cout << "large: " << in.tellg() << "\n";
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  streams();
  c_files();
  large();
}
