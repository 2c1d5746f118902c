// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sgxx {
namespace {

TEST(File, ComesBackAsItWasWritten) {
  std::string path = testing::TempDir() + "sgxx_file_test";
  std::string text(100'000, 'x');
  ASSERT_TRUE(write_file(path, bytes_of(text), FileMode::secret).ok());
  EXPECT_EQ(text_of(*read_file(path)), text);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  ASSERT_TRUE(write_file(path, {}).ok());
  EXPECT_TRUE(read_file(path)->empty());
  EXPECT_TRUE(write_file("/dev/null", bytes_of(text)).ok());
  EXPECT_TRUE(read_file("/dev/null")->empty());
}

TEST(File, ErrorsNameTheFileAndTheReason) {
  EXPECT_EQ(read_file("/nonexistent").error().message(), "/nonexistent: cannot read: No such file or directory");
  EXPECT_EQ(read_file("/").error().message(), "/: cannot read: Is a directory");
  EXPECT_EQ(write_file("/nonexistent/file", {}).error().message(), "/nonexistent/file: cannot write: No such file or directory");
  EXPECT_EQ(read_file("/").error().kind(), ErrorKind::bad_input);
}

}  // namespace
}  // namespace sgxx
