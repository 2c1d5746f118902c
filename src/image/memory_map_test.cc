// SPDX-License-Identifier: Apache-2.0
#include "image/memory_map.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Layout layout(u32 threads) {
  LayoutRequest request;
  request.runtime = {{"runtime code", {EnclaveOffset(0x10000), 0x5000}, Permission::rx()}};
  request.program = {{"program <&\"", {EnclaveOffset(0x20000), 0x8000}, Permission::rx()}};
  Manifest manifest;
  manifest.threads = threads;
  abi::EnclaveConfig config{};
  return lay_out(request, manifest, config).value();
}

TEST(MemoryMap, TextShowsWhatRepeatsOnce) {
  const std::string text = memory_map_text(layout(64));
  EXPECT_THAT(text, HasSubstr("null pages"));
  EXPECT_THAT(text, HasSubstr("thread 0 exception stack"));
  EXPECT_THAT(text, HasSubstr("63 more thread blocks"));
  EXPECT_THAT(text, HasSubstr("62 more thread stacks"));
  EXPECT_THAT(text, HasSubstr("256 MiB  RW-     zero, on demand       heap"));
  EXPECT_THAT(text, Not(HasSubstr("thread 1 ")));
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 40);
  EXPECT_THAT(memory_map_text(layout(2)), HasSubstr("another thread block"));
}

TEST(MemoryMap, SvgIsWellFormedAndEscaped) {
  const std::string svg = memory_map_svg(layout(64), "a<b> & \"c\"");
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_THAT(svg, HasSubstr("a&lt;b&gt; &amp; &quot;c&quot;"));
  EXPECT_THAT(svg, HasSubstr("program &lt;&amp;&quot;"));
  EXPECT_THAT(svg, HasSubstr("url(#guard)"));
  const auto count = [&](std::string_view what) {
    size_t found = 0;
    for (size_t at = svg.find(what); at != std::string::npos; at = svg.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<g>"), count("</g>"));
  EXPECT_EQ(count("<text"), count("</text>"));
}

}  // namespace
}  // namespace sgxx::image
