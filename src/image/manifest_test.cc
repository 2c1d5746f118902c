// SPDX-License-Identifier: Apache-2.0
#include "image/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "image/manifest_value.h"

namespace sgxx::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Manifest accept(std::string_view text) {
  auto manifest = parse_manifest(text, "app.toml");
  EXPECT_TRUE(manifest.ok()) << (manifest.ok() ? "" : manifest.error().message());
  return manifest.ok() ? std::move(manifest).value() : Manifest();
}

std::string refuse(std::string_view text) {
  auto manifest = parse_manifest(text, "app.toml");
  if (manifest.ok()) return "accepted";
  EXPECT_EQ(manifest.error().kind(), ErrorKind::bad_input);
  EXPECT_EQ(manifest.error().message().find('\n'), std::string::npos) << manifest.error().message();
  return manifest.error().message();
}

TEST(Manifest, EmptyTextIsAllDefaults) {
  auto manifest = accept("");
  EXPECT_EQ(manifest.heap, u64{256} << 20);
  EXPECT_EQ(manifest.threads, 64u);
  EXPECT_FALSE(manifest.debug);
  EXPECT_TRUE(manifest.rewrite);
  EXPECT_TRUE(manifest.environment.empty());
}

TEST(Manifest, ReadsEveryKey) {
  auto manifest = accept(R"(
    heap = "256 MiB"
    stack = 1048576
    threads = 8
    thread_stack = "256KiB"
    cpus = 2
    arguments = ["app", "--fast"]
    host = ["streams", "time"]
    measured_data = "rules.bin"
    unmeasured_data = "cache.bin"
    product_id = 65535
    version = 7
    debug = true
    xfrm = ["avx", "pkru"]
    family_id = "000102030405060708090a0b0c0d0e0f"
    extended_product_id = "FF000000000000000000000000000000"
    rewrite = false
    signals = ["SIGTERM", "SIGUSR1"]
    [environment]
    ZONE = "UTC"
    LANG = "C"
  )");
  EXPECT_EQ(manifest.heap, u64{256} << 20);
  EXPECT_EQ(manifest.stack, u64{1} << 20);
  EXPECT_EQ(manifest.threads, 8u);
  EXPECT_EQ(manifest.thread_stack, u64{256} << 10);
  EXPECT_EQ(manifest.cpus, 2u);
  EXPECT_TRUE(manifest.arguments_from_manifest);
  EXPECT_THAT(manifest.arguments, ElementsAre("app", "--fast"));
  EXPECT_EQ(manifest.grants, abi::grant::streams | abi::grant::time);
  EXPECT_EQ(manifest.signals, u64{1} << 14 | u64{1} << 9);  // SIGTERM, SIGUSR1
  EXPECT_EQ(manifest.measured_data, "rules.bin");
  EXPECT_EQ(manifest.unmeasured_data, "cache.bin");
  EXPECT_EQ(manifest.product_id, 65535);
  EXPECT_EQ(manifest.version, 7);
  EXPECT_TRUE(manifest.debug);
  EXPECT_EQ(manifest.xfrm_allowed, isa::xfrm::legacy | isa::xfrm::avx | isa::xfrm::pkru);
  EXPECT_EQ(manifest.family_id[15], 0x0f);
  EXPECT_EQ(manifest.extended_product_id[0], 0xff);
  EXPECT_TRUE(manifest.kss) << "an id of KSS switches KSS on";
  EXPECT_FALSE(manifest.rewrite);
  EXPECT_THAT(manifest.environment, ElementsAre("LANG=C", "ZONE=UTC"));
}

TEST(Manifest, MessagesNameThePlaceTheKeyAndWhatWasExpected) {
  EXPECT_EQ(refuse("threads = 4\nheap = true\n"), "app.toml:2:8: heap: expected a size such as \"64 MiB\", or a number of bytes");
  EXPECT_EQ(refuse("threads = \"four\""), "app.toml:1:11: threads: expected an integer from 1 to 4096");
  EXPECT_EQ(refuse("debug = 1"), "app.toml:1:9: debug: expected true or false");
  EXPECT_EQ(refuse("host = [\"streams\",\n \"files\"]"),
            "app.toml:2:2: host: expected one of \"streams\", \"time\", \"network\", \"quotes\"");
  EXPECT_EQ(refuse("[environment]\nA = 1"), "app.toml:2:5: environment: expected a string without NUL as the value of A");
  EXPECT_EQ(refuse("arguments = \"app\""), "app.toml:1:13: arguments: expected a list of strings");
  EXPECT_EQ(refuse("arguments = []"), "app.toml:1:13: arguments: expected at least one string, argv[0]");
  EXPECT_EQ(refuse("family_id = \"12\""), "app.toml:1:13: family_id: expected a string of 32 hexadecimal digits");
  EXPECT_EQ(refuse("measured_data = \"\""),
            "app.toml:1:17: measured_data: expected the path of a file, relative to the manifest's folder");
}

TEST(Manifest, MountsAreSortedByPath) {
  const Manifest manifest = accept(
      "[[mount]]\ntype = \"tmpfs\"\npath = \"/var/tmp\"\nsize = \"1 MiB\"\n"
      "[[mount]]\ntype = \"measured\"\npath = \"/etc/app\"\nsource = \"config\"");
  ASSERT_EQ(manifest.mounts.size(), 2u);
  EXPECT_EQ(manifest.mounts[0].type, Mount::Type::measured);
  EXPECT_EQ(manifest.mounts[0].path, "/etc/app");
  EXPECT_EQ(manifest.mounts[0].source, "config");
  EXPECT_EQ(manifest.mounts[1].path, "/var/tmp");
  EXPECT_EQ(manifest.mounts[1].size, u64{1} << 20);
}

TEST(Manifest, EncryptedVolumesHaveKeysOfTheirOwn) {
  const std::string volume = "[[mount]]\ntype = \"encrypted\"\npath = \"/data\"\nsource = \"/srv/vol\"\n";
  const Mount plain = accept(volume).mounts.at(0);
  EXPECT_EQ(plain.type, Mount::Type::encrypted);
  EXPECT_EQ(plain.key, abi::VolumeKey::enclave);
  EXPECT_EQ(plain.freshness, abi::VolumeFreshness::none);
  EXPECT_EQ(plain.cache, 0u);
  EXPECT_TRUE(plain.create);
  const Mount full = accept("heap = \"64 MiB\"\n" + volume +
                            "key = \"signer\"\nfreshness = \"file\"\nfreshness_file = \"/srv/a\"\ncache = \"8 MiB\"\n"
                            "size = \"1 GiB\"\ncreate = false")
                         .mounts.at(0);
  EXPECT_EQ(full.key, abi::VolumeKey::signer);
  EXPECT_EQ(full.freshness, abi::VolumeFreshness::file);
  EXPECT_EQ(full.freshness_file, "/srv/a");
  EXPECT_EQ(full.cache, u64{8} << 20);
  EXPECT_EQ(full.size, u64{1} << 30);
  EXPECT_FALSE(full.create);
  EXPECT_EQ(refuse(volume + "key = \"mine\""),
            "app.toml:5:7: mount: expected key to be one of \"enclave\", \"signer\", \"program\"");
  EXPECT_EQ(refuse(volume + "freshness = 1"),
            "app.toml:5:13: mount: expected freshness to be one of \"none\", \"file\", \"program\"");
  EXPECT_THAT(refuse(volume + "freshness = \"file\""), HasSubstr("freshness_file with freshness = \"file\", and only then"));
  EXPECT_THAT(refuse(volume + "freshness_file = \"/a\""), HasSubstr("freshness_file with freshness = \"file\", and only then"));
  EXPECT_THAT(refuse(volume + "cache = \"4 KiB\""), HasSubstr("app.toml:5:9: mount: expected cache to be a size from 1 MiB"));
  EXPECT_THAT(refuse(volume + "size = \"4 KiB\""), HasSubstr("app.toml:5:8: mount: expected size to be at least 1 MiB"));
  EXPECT_THAT(refuse(volume + "create = 1"), HasSubstr("app.toml:5:10: mount: expected create to be true or false"));
  EXPECT_THAT(refuse(volume + "read_only = true"), HasSubstr("read_only only in a mount of type \"host\""));
  EXPECT_THAT(refuse("[[mount]]\ntype = \"encrypted\"\npath = \"/data\""), HasSubstr("the folder outside that holds the volume"));
  EXPECT_THAT(refuse("[[mount]]\ntype = \"tmpfs\"\npath = \"/a\"\nkey = \"signer\""),
              HasSubstr("app.toml:4:7: mount: expected key only in a mount of type \"encrypted\""));
  EXPECT_THAT(refuse("heap = \"1 MiB\"\n" + volume + "cache = \"1 MiB\""), HasSubstr("more than half of the heap"));
  EXPECT_THAT(refuse(volume + "[[mount]]\ntype = \"tmpfs\"\npath = \"/data/x\""),
              HasSubstr("no mount within an encrypted volume: /data/x lies in /data"));
}

TEST(Manifest, MountsSayWhatTheyLack) {
  const auto mount = [](const std::string& rest) { return refuse("[[mount]]\n" + rest); };
  const std::string tmpfs = "type = \"tmpfs\"\n";
  EXPECT_EQ(refuse("mount = 1"), "app.toml:1:9: mount: expected [[mount]] tables with type and path");
  EXPECT_EQ(refuse("mount = [1]"), "app.toml:1:10: mount: expected [[mount]] tables with type and path");
  EXPECT_THAT(mount("path = \"/a\""), HasSubstr("mount: expected type and path in each mount"));
  EXPECT_THAT(mount(tmpfs), HasSubstr("mount: expected type and path in each mount"));
  EXPECT_EQ(mount("type = \"disk\""),
            "app.toml:2:8: mount: expected type to be one of \"tmpfs\", \"measured\", \"host\", \"encrypted\"");
  for (auto path : {"a", "/", "/a/", "//a", "/a//b", "/a/../b", "/.", ""}) {
    EXPECT_THAT(mount(tmpfs + "path = \"" + path + "\""), HasSubstr("app.toml:3:8: mount: expected path to be an absolute path"))
        << path;
  }
  EXPECT_THAT(mount(tmpfs + "path = \"/a\"\nsize = 5"),
              HasSubstr("app.toml:4:8: mount: expected size to be a multiple of the page"));
  EXPECT_THAT(mount(tmpfs + "path = \"/a\"\nsorce = \"b\""), HasSubstr("not sorce; did you mean source?"));
  EXPECT_EQ(refuse("working_directory = \"tmp\""),
            "app.toml:1:21: working_directory: expected an absolute path below /, without ., .. or a slash at its end");
  EXPECT_THAT(mount("type = \"measured\"\npath = \"/a\""), HasSubstr("a source: the file or folder outside"));
  EXPECT_THAT(mount("type = \"host\"\npath = \"/a\""), HasSubstr("a source: the folder outside"));
  EXPECT_THAT(mount(tmpfs + "path = \"/a\"\nread_only = true"), HasSubstr("read_only only in a mount of type \"host\""));
  EXPECT_THAT(mount("type = \"host\"\nread_only = 1"), HasSubstr("app.toml:3:13: mount: expected read_only to be true or false"));
  EXPECT_THAT(mount("type = \"host\"\npath = \"/a\"\nsource = \"" + std::string(5000, 's') + "\""), HasSubstr("at most 4095"));
  EXPECT_THAT(mount(tmpfs + "path = \"/a\"\n[[mount]]\n" + tmpfs + "path = \"/a\""), HasSubstr("not two mounts at /a"));
}

TEST(Manifest, NothingLiesWithinAFolderOfTheHosts) {
  const std::string host = "[[mount]]\ntype = \"host\"\npath = \"/data\"\nsource = \"/srv/data\"\n";
  const auto manifest = accept("working_directory = \"/data\"\n" + host + "read_only = true");
  ASSERT_EQ(manifest.mounts.size(), 1u);
  EXPECT_EQ(manifest.mounts[0].type, Mount::Type::host);
  EXPECT_EQ(manifest.mounts[0].source, "/srv/data");
  EXPECT_TRUE(manifest.mounts[0].read_only);
  EXPECT_THAT(refuse(host + "[[mount]]\ntype = \"tmpfs\"\npath = \"/data/x\""),
              HasSubstr("no mount within a folder of the host's: /data/x lies in /data"));
  EXPECT_THAT(refuse("working_directory = \"/data/x\"\n" + host), HasSubstr("/data/x lies within /data"));
  EXPECT_EQ(accept(host + "[[mount]]\ntype = \"tmpfs\"\npath = \"/data2\"").mounts.size(), 2u);
}

TEST(Manifest, UnknownKeysAreRefusedWithTheNearestKnownOne) {
  EXPECT_EQ(refuse("\nheep = 1"), "app.toml:2:1: unknown key heep; did you mean heap?");
  EXPECT_EQ(refuse("thread = 1"), "app.toml:1:1: unknown key thread; did you mean threads?");
  EXPECT_EQ(refuse("[enviroment]\nA = \"b\""), "app.toml:1:2: unknown key enviroment; did you mean environment?");
  EXPECT_THAT(refuse("quux_of_all_things = 1"), HasSubstr("; the keys are heap, memory, stack, threads, "));
}

TEST(Manifest, ImpossibleSizesAreRefused) {
  EXPECT_THAT(refuse("heap = 4097"), HasSubstr("heap: expected a multiple of the page size"));
  EXPECT_THAT(refuse("heap = 0"), HasSubstr("heap: expected a size from 64 KiB to 64 GiB"));
  EXPECT_THAT(refuse("heap = -4096"), HasSubstr("heap: expected a size such as"));
  EXPECT_THAT(refuse("heap = \"65 GiB\""), HasSubstr("expected a size from 64 KiB to 64 GiB"));
  EXPECT_THAT(refuse("heap = \"99999999999 TiB\""), HasSubstr("heap: expected a size such as"));
  EXPECT_THAT(refuse("threads = 0"), HasSubstr("threads: expected an integer from 1 to 4096"));
  EXPECT_THAT(refuse("threads = 4096\nthread_stack = \"1 GiB\""), HasSubstr("come to more than 64 GiB"));
  EXPECT_THAT(refuse("version = 65536"), HasSubstr("version: expected an integer from 0 to 65535"));
  EXPECT_THAT(refuse("stack = \"64 KiB\"\n[environment]\nA = \"" + std::string(20000, 'a') + "\""),
              HasSubstr("more than a quarter of the stack"));
}

TEST(Manifest, XfrmMustBeWhatTheProcessorAccepts) {
  EXPECT_EQ(accept("xfrm = []").xfrm_allowed, isa::xfrm::legacy);
  EXPECT_EQ(refuse("xfrm = [\"avx512\"]"), "app.toml:1:8: xfrm: expected \"avx\" beside \"avx512\"");
  EXPECT_EQ(refuse("xfrm = [\"avx\", \"avx\"]"), "app.toml:1:16: xfrm: expected each name once");
}

TEST(Manifest, BrokenTomlIsOneLineWithItsPlace) {
  EXPECT_THAT(refuse("heap = \"64 MiB\nthreads = 1"), HasSubstr("app.toml:1:"));
  EXPECT_THAT(refuse("heap = 1\nheap = 2"), HasSubstr("app.toml:2:"));
  EXPECT_NE(refuse(std::string("\xff\xfe\x00", 3)), "accepted");
  EXPECT_NE(refuse("heap = " + std::string(5000, '[')), "accepted");
}

TEST(Manifest, CharactersBeyondAsciiAreEscapes) {
  EXPECT_THAT(refuse("# caf\u00e9\nheap = 1"), HasSubstr("app.toml:1:6: expected ASCII"));
  EXPECT_EQ(refuse("\n\u00e9 = 1"),
            "app.toml:2:1: expected ASCII; write other characters in a string as \\u escapes: \"\\u00e9\"");
  EXPECT_THAT(accept("[environment]\nNAME = \"caf\\u00e9\"").environment, ElementsAre("NAME=caf\u00e9"));
}

TEST(Manifest, SizesOfAllSpellings) {
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("64 KiB"), u64{64} << 10);
  EXPECT_EQ(parse_size("1GiB"), u64{1} << 30);
  for (auto text : {"", "MiB", "1 MB", "1  MiB", "-1", "1.5 GiB", "0x10", "1 MiB ", "18446744073709551616"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

TEST(Manifest, PathsAreTakenFromTheManifestsFolder) {
  std::string path = testing::TempDir() + "sgxx_manifest_test.toml";
  std::ofstream(path) << "measured_data = \"rules.bin\"\nunmeasured_data = \"/abs/cache.bin\"\n";
  auto manifest = read_manifest(path);
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->measured_data, testing::TempDir() + "rules.bin");
  EXPECT_EQ(manifest->unmeasured_data, "/abs/cache.bin");
  EXPECT_THAT(read_manifest("/nonexistent.toml").error().message(), HasSubstr("/nonexistent.toml: cannot read"));
  EXPECT_THAT(read_manifest("/").error().message(), HasSubstr("/: cannot read"));
  EXPECT_TRUE(read_manifest("/dev/null").ok());
}

TEST(Manifest, ReferenceHoldsTheTableOfKeys) {
  std::ifstream file(SGXX_SOURCE_DIR "/docs/manifest.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(manifest_key_table()), std::string::npos) << "docs/manifest.md must hold exactly this table:\n"
                                                                      << manifest_key_table();
}

}  // namespace
}  // namespace sgxx::image
