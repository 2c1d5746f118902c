// SPDX-License-Identifier: Apache-2.0
//
// A page and a heap of gigabytes stand in one picture, so heights grow with the logarithm of the size, and what is larger than
// it looks carries a break mark. Identical things (64 thread blocks) are drawn once.
#include "image/memory_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace sgxx::image {
namespace {

struct Row {
  std::string name;
  OffsetRange range;
  std::string rights;  ///< "R-X", "TCS", empty for what is never backed
  std::string contents;
};

bool is_guard(const Row& row) { return row.rights.empty(); }

std::string size_text(u64 bytes) {
  constexpr std::array<const char*, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  double value = static_cast<double>(bytes) / 1024;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, value == static_cast<double>(static_cast<u64>(value)) ? 0 : 1, kUnits[unit]);
}

std::string rights_of(const LayoutRegion& region) {
  if (region.backing == Backing::never) return "";
  if (region.info.type() == isa::PageType::tcs) return "TCS";
  const u64 flags = region.info.flags;
  return {(flags & 1) != 0 ? 'R' : '-', (flags & 2) != 0 ? 'W' : '-', (flags & 4) != 0 ? 'X' : '-'};
}

const char* contents_of(Backing backing) {
  switch (backing) {
    case Backing::never: return "never backed";
    case Backing::zeroes: return "zero, not measured";
    case Backing::unmeasured: return "bytes, not measured";
    case Backing::measured: return "measured";
    case Backing::dynamic: return "zero, on demand";
  }
  return "";
}

Row row_of(const LayoutRegion& region) {
  const bool guard = region.backing == Backing::never;
  return {guard && region.group == "null pages" ? region.group : region.name, region.range, rights_of(region),
          contents_of(region.backing)};
}

// Things that come many times: "thread 12 SSA", "thread stack 3".
bool repeats(const LayoutRegion& region) {
  return region.backing != Backing::never && (region.group == "threads" || region.group == "thread stacks");
}
u64 index_in(const LayoutRegion& region) {
  const size_t digits = std::min(region.name.find_first_of("0123456789"), region.name.size());
  return std::strtoull(region.name.c_str() + digits, nullptr, 10);
}

// The rows of a picture: of things that come many times the first, and one row for the others.
std::vector<Row> rows_of(const Layout& layout) {
  std::vector<Row> rows;
  const auto& regions = layout.regions;
  for (size_t i = 0; i < regions.size(); ++i) {
    if (regions[i].backing == Backing::never && !rows.empty() && is_guard(rows.back())) {
      rows.back().range.length += regions[i].range.length;
      continue;
    }
    if (!repeats(regions[i]) || index_in(regions[i]) == 0) {
      rows.push_back(row_of(regions[i]));
      continue;
    }
    size_t last = i;
    for (size_t j = i; j < regions.size() && regions[j].group == regions[i].group; ++j) {
      if (regions[j].backing != Backing::never) last = j;
    }
    const u64 end = regions[last].range.end().value;
    const u64 count = index_in(regions[last]);
    const bool threads = regions[i].group == "threads";
    rows.push_back({count == 1 ? fmt::format("another {}", threads ? "thread block" : "thread stack")
                               : fmt::format("{} more {}", count, threads ? "thread blocks" : "thread stacks"),
                    {regions[i].range.begin, end - regions[i].range.begin.value},
                    threads ? "RW-" : rights_of(regions[i]),
                    "like the first"});
    i = last;
  }
  if (!rows.empty() && is_guard(rows.back())) rows.back().name = "unused";
  return rows;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

constexpr int kWidth = 760;
constexpr int kBarLeft = 130;
constexpr int kBarWidth = 250;
constexpr int kTop = 56;
constexpr int kGuardHeight = 12;
constexpr u64 kBreakFrom = u64{4} << 20;

int height_of(const Row& row) {
  if (is_guard(row)) return kGuardHeight;
  return 20 + 4 * (static_cast<int>(std::bit_width(row.range.length / kPageSize)) - 1);
}

const char* fill_of(const Row& row) {
  if (is_guard(row)) return "url(#guard)";
  if (row.rights == "TCS") return "#cbb9dd";
  if (row.rights.find('X') != std::string::npos) return row.rights.find('W') != std::string::npos ? "#e05a5a" : "#f6b26b";
  if (row.rights.find('W') != std::string::npos) return "#a9d18e";
  return "#9fc5e8";
}

// Two parallel zigzags across the bar: the region is longer than drawn.
std::string break_mark(int y) {
  std::string points;
  for (int i = 0; i <= 10; ++i) points += fmt::format("{},{} ", kBarLeft + i * kBarWidth / 10, y + (i % 2 == 0 ? 3 : -3));
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"5\"/>\n", points);
}

std::string drawn(const Row& row, int y) {
  const int height = height_of(row);
  std::string svg = fmt::format("<g><title>{} {:#x} to {:#x}, {}, {}</title>\n", escaped(row.name), row.range.begin.value,
                                row.range.end().value, size_text(row.range.length), row.contents);
  svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"#555\" stroke-width=\"0.5\"/>\n",
                     kBarLeft, y, kBarWidth, height, fill_of(row));
  if (row.range.length >= kBreakFrom && !is_guard(row)) svg += break_mark(y + height * 3 / 4);
  svg += fmt::format("<text class=\"address\" x=\"{}\" y=\"{}\">{:#x}</text>\n", kBarLeft - 8, y + height, row.range.begin.value);
  const int text = y + height / 2 + 4;
  if (is_guard(row)) {
    svg += fmt::format("<text class=\"note\" x=\"{}\" y=\"{}\">{}, {}</text>\n", kBarLeft + kBarWidth + 12, text,
                       escaped(row.name), size_text(row.range.length));
  } else {
    svg += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kBarLeft + 10, text, escaped(row.name));
    svg += fmt::format("<text class=\"note\" x=\"{}\" y=\"{}\">{}, {}, {}</text>\n", kBarLeft + kBarWidth + 12, text, row.rights,
                       size_text(row.range.length), row.contents);
  }
  return svg + "</g>\n";
}

std::string legend(int y) {
  constexpr std::array<std::pair<const char*, const char*>, 5> kEntries = {{{"#9fc5e8", "read"},
                                                                            {"#f6b26b", "read, execute"},
                                                                            {"#a9d18e", "read, write"},
                                                                            {"#cbb9dd", "thread control"},
                                                                            {"url(#guard)", "never backed"}}};
  std::string svg;
  int x = 24;
  for (const auto& [fill, text] : kEntries) {
    svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#555\" stroke-width=\"0.5\"/>\n",
                       x, y, fill);
    svg += fmt::format("<text class=\"note\" x=\"{}\" y=\"{}\">{}</text>\n", x + 20, y + 11, text);
    x += 142;
  }
  return svg;
}

}  // namespace

std::string memory_map_text(const Layout& layout) {
  std::string text = fmt::format("{:<14} {:>10}  {:<6}  {:<20}  {}\n", "offset", "size", "rights", "contents", "what");
  for (const Row& row : rows_of(layout)) {
    text += fmt::format("{:<#14x} {:>10}  {:<6}  {:<20}  {}\n", row.range.begin.value, size_text(row.range.length),
                        is_guard(row) ? "---" : row.rights, row.contents, row.name);
  }
  return text;
}

std::string memory_map_svg(const Layout& layout, const std::string& title) {
  std::vector<Row> rows = rows_of(layout);
  std::reverse(rows.begin(), rows.end());
  std::string body;
  int y = kTop;
  for (const Row& row : rows) {
    body += drawn(row, y);
    y += height_of(row);
  }
  const int height = y + 56;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\">\n"
             "<title>{2}</title>\n"
             "<style>text {{ font: 13px sans-serif; fill: #222 }} .note {{ font-size: 11px; fill: #555 }} "
             ".address {{ font: 11px monospace; fill: #555; text-anchor: end }} .title {{ font-size: 16px; font-weight: bold "
             "}}</style>\n"
             "<defs><pattern id=\"guard\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
             "patternTransform=\"rotate(45)\">"
             "<rect width=\"6\" height=\"6\" fill=\"#f4f4f4\"/><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" "
             "stroke=\"#999\"/></pattern></defs>\n"
             "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
             "<text class=\"title\" x=\"24\" y=\"28\">{2}</text>\n"
             "<text class=\"note\" x=\"24\" y=\"45\">ELRANGE of {3}, highest address on top; heights are logarithmic</text>\n",
             kWidth, height, escaped(title), size_text(layout.size)) +
         body + legend(y + 22) + "</svg>\n";
}

}  // namespace sgxx::image
