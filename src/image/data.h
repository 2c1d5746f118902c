// SPDX-License-Identifier: Apache-2.0
//
// Appending data to an enclave that is built but not yet signed: a model, a certificate, a configuration that does not deserve a
// build of its own. Nothing else moves: data is the last thing in ELRANGE.
#pragma once

#include "image/sgxs.h"

namespace sgxx::image {

struct MoreData {
  ByteView measured = {};    ///< becomes part of MRENCLAVE
  ByteView unmeasured = {};  ///< only its length does
};

/// The enclave of `stream` with `more` behind the data that it has.
Result<Stream> append_data(ByteView stream, const MoreData& more);

}  // namespace sgxx::image
