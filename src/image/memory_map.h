// SPDX-License-Identifier: Apache-2.0
//
// A layout for people: as lines of text and as a picture (SVG).
#pragma once

#include <string>

#include "image/layout.h"

namespace sgxx::image {

/// One line for each thing a person would name. The regions of a group that repeats (threads, thread stacks) are shown once.
std::string memory_map_text(const Layout& layout);

/// A drawing of ELRANGE, the highest address on top: coloured by rights, guards hatched, heights on a scale that keeps a page
/// visible beside a heap of gigabytes. `title` is put above it.
std::string memory_map_svg(const Layout& layout, const std::string& title);

}  // namespace sgxx::image
