// SPDX-License-Identifier: Apache-2.0
//
// std::filesystem: everything it offers, on real files.
// sgxx-test: folder
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "check.h"

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Function>
void refuse(const char* what, Function function) {
  try {
    function();
    std::cout << what << ": done\n";
  } catch (const fs::filesystem_error& error) {
    std::cout << what << ": " << error.code().message() << "\n";
  }
}

void print_tree(const fs::path& top) {
  std::vector<std::string> lines;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    lines.push_back(entry.path().lexically_relative(top).string() + (entry.is_directory() ? "/" : "") +
                    (entry.is_symlink() ? "@" : "") + (entry.is_regular_file() ? " " + std::to_string(entry.file_size()) : ""));
  }
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) std::cout << "  " << line << "\n";
}

void making() {
  std::cout << fs::create_directory("a") << fs::create_directory("a") << fs::create_directories("a/b/c/d")
            << fs::create_directories("a/b/c/d") << "\n";
  write("a/one", "1");
  write("a/b/two", "22");
  fs::create_symlink("one", "a/link");
  fs::create_directory_symlink("b", "a/dirlink");
  fs::create_hard_link("a/one", "a/b/hard");
  std::cout << fs::hard_link_count("a/one") << " " << fs::read_symlink("a/link") << " " << fs::equivalent("a/one", "a/b/hard")
            << fs::equivalent("a/one", "a/b/two") << "\n";
  print_tree("a");
  refuse("create below a file", [] { fs::create_directory("a/one/x"); });
  refuse("hard link to nothing", [] { fs::create_hard_link("nothing", "x"); });
  refuse("link twice", [] { fs::create_symlink("one", "a/link"); });
}

void asking() {
  std::cout << fs::exists("a/one") << fs::exists("nothing") << fs::is_symlink("a/link") << fs::is_regular_file("a/link")
            << fs::is_directory("a/dirlink") << fs::is_empty("a/b/c/d") << fs::is_empty("a") << fs::is_other("/dev/null")
            << fs::is_character_file("/dev/null") << "\n";
  std::cout << fs::file_size("a/b/two") << "\n";
  refuse("size of a directory", [] { (void)fs::file_size("a"); });
  refuse("size of nothing", [] { (void)fs::file_size("nothing"); });
  refuse("canonical of nothing", [] { (void)fs::canonical("nothing"); });
  std::cout << fs::canonical("a/dirlink/../one").lexically_relative(fs::current_path()) << " "
            << fs::weakly_canonical("a/b/../new/x").lexically_relative(fs::current_path()) << " "
            << fs::relative("a/b/two", "a/b/c") << " " << fs::proximate("a/one", "a/b") << "\n";
  std::cout << fs::absolute("a").is_absolute() << (fs::space(".").capacity > 0) << "\n";
  const auto status = fs::status("a/one");
  std::cout << std::oct << static_cast<int>(status.permissions()) << std::dec << "\n";
}

void changing() {
  fs::permissions("a/one", fs::perms::owner_all | fs::perms::group_read);
  fs::permissions("a/one", fs::perms::owner_exec, fs::perm_options::remove);
  fs::permissions("a/one", fs::perms::others_read, fs::perm_options::add);
  std::cout << std::oct << static_cast<int>(fs::status("a/one").permissions()) << std::dec << "\n";
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours(100);
  fs::last_write_time("a/one", time);
  std::cout << (fs::last_write_time("a/one") == time) << "\n";
  fs::resize_file("a/b/two", 5000);
  std::cout << fs::file_size("a/b/two") << "\n";
  fs::resize_file("a/b/two", 2);
  std::cout << read("a/b/two") << "\n";
  refuse("permissions of nothing", [] { fs::permissions("nothing", fs::perms::all); });
  refuse("resize nothing", [] { fs::resize_file("nothing", 1); });
}

void copying() {
  std::cout << fs::copy_file("a/one", "copy") << read("copy") << "\n";
  refuse("copy over", [] { fs::copy_file("a/b/two", "copy"); });
  std::cout << fs::copy_file("a/b/two", "copy", fs::copy_options::skip_existing)
            << fs::copy_file("a/b/two", "copy", fs::copy_options::overwrite_existing) << read("copy") << "\n";
  std::cout << fs::copy_file("a/one", "copy", fs::copy_options::update_existing) << "\n";
  fs::copy_symlink("a/link", "linkcopy");
  std::cout << fs::read_symlink("linkcopy") << "\n";
  fs::copy("a", "tree", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  print_tree("tree");
  write("big", std::string(3'000'000, 'x'));
  fs::copy("big", "big2");
  std::cout << fs::file_size("big2") << (read("big2") == read("big")) << "\n";
}

void moving() {
  fs::rename("big2", "tree/moved");
  std::cout << fs::exists("big2") << fs::exists("tree/moved") << "\n";
  refuse("directory over file", [] { fs::rename("tree", "copy"); });
  refuse("into itself", [] { fs::rename("tree", "tree/b/tree"); });
  refuse("rename nothing", [] { fs::rename("nothing", "x"); });
  std::cout << fs::remove("copy") << fs::remove("copy") << "\n";
  refuse("remove full", [] { fs::remove("tree"); });
  std::cout << fs::remove_all("tree") << " " << fs::remove_all("tree") << "\n";
  const fs::path before = fs::current_path();
  fs::current_path("a/b");
  std::cout << fs::current_path().lexically_relative(before) << fs::exists("../one") << "\n";
  fs::current_path(before);
  std::error_code error;
  fs::current_path("nothing", error);
  std::cout << error.message() << "\n";
}

void iterating() {
  for (int i = 0; i < 50; ++i) write("a/b/c/" + std::to_string(i), "x");
  std::cout << std::distance(fs::directory_iterator("a/b/c"), fs::directory_iterator()) << " "
            << std::distance(fs::recursive_directory_iterator("a"), fs::recursive_directory_iterator()) << "\n";
  int deepest = 0;
  for (fs::recursive_directory_iterator at("a", fs::directory_options::follow_directory_symlink), end; at != end; ++at) {
    deepest = std::max(deepest, at.depth());
    if (at->path().filename() == "c") at.disable_recursion_pending();
  }
  std::cout << "depth " << deepest << "\n";
  refuse("iterate over a file", [] { fs::directory_iterator("a/one"); });
  refuse("iterate over nothing", [] { fs::directory_iterator("nothing"); });
}

}  // namespace

int main(int, char** arguments) {
  fs::current_path(arguments[1]);
  making();
  asking();
  changing();
  copying();
  moving();
  iterating();
}
