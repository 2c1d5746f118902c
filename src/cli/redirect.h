// SPDX-License-Identifier: Apache-2.0
//
// Between packing and rewriting: hands the packer a function that redirects, and keeps the site report for the image's notes.
#pragma once

#include <memory>
#include <string>

#include "image/builder.h"

namespace sgxx::cli {

class Redirector {
 public:
  /// With `rewrite` false nothing is redirected, but the sites are still found and reported.
  explicit Redirector(bool rewrite);

  image::Redirect function() const;

  /// The site report as JSON, after the function was called.
  std::string notes() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sgxx::cli
