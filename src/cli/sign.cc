// SPDX-License-Identifier: Apache-2.0
//
// `sgxx sign`: in one step with a key in a file, in two with a key kept elsewhere.
#include <fmt/format.h>

#include "base/file.h"
#include "cli/hex.h"
#include "cli/keys.h"
#include "cli/subject.h"

namespace sgxx::cli {
namespace {

struct SignOptions {
  std::string image;
  std::string output;
  std::string key;
  std::string export_bytes;
  std::string export_digest;
  std::string attach;
  std::string public_key;
};

Result<isa::SigStruct> signed_by(const SignOptions& options, const isa::SigStruct& sigstruct) {
  if (!options.key.empty()) return image::sign(sigstruct, TRY(read_key(options.key)));
  auto pem = TRY(read_file(options.public_key));
  auto modulus = TRY(image::public_modulus_from_pem(text_of(pem), options.public_key));
  auto signature = TRY(read_file(options.attach));
  auto attached = image::attach_signature(sigstruct, modulus, signature);
  if (!attached) return Failure{std::move(attached.error()).with_context(options.attach)};
  return attached;
}

Result<int> sign(const SignOptions& options) {
  auto file = TRY(read_file(options.image));
  auto view = image::read_image(file);
  if (!view) return Failure{std::move(view.error()).with_context(options.image)};
  if (!view->sigstruct) {
    return bad_input(options.image + ": a plain stream says nothing about attributes to sign; make an image with sgxx pack");
  }
  auto measurement = TRY(image::measure_stream(view->stream));
  if (measurement != view->sigstruct->enclave_hash) {
    return bad_input(fmt::format("{}: measures to {}, but what is to be signed says {}; pack it again", options.image,
                                 hex(measurement), hex(view->sigstruct->enclave_hash)));
  }
  auto bytes = image::signed_bytes_of(*view->sigstruct);
  if (!options.export_bytes.empty()) TRY(write_file(options.export_bytes, bytes));
  if (!options.export_digest.empty()) TRY(write_file(options.export_digest, image::sha256(bytes)));
  if (options.key.empty() && options.attach.empty()) return exit_code::ok;

  auto sigstruct = TRY(signed_by(options, *view->sigstruct));
  const auto& output = options.output.empty() ? options.image : options.output;
  TRY(write_file(output, image::write_image(view->stream, sigstruct, view->notes)));
  fmt::print("MRENCLAVE {}\nMRSIGNER  {}\n", hex(sigstruct.enclave_hash), hex(image::mr_signer_of(sigstruct.modulus)));
  return exit_code::ok;
}

}  // namespace

void add_sign(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<SignOptions>();
  auto* command = app.add_subcommand("sign", "Sign an image, in one step or in two");
  command->add_option("image", options->image, "An image file of sgxx pack")->required();
  command->add_option("-o,--output", options->output, "Where to write it (default: in place)")->type_name("FILE");
  auto* key = command->add_option("--key", options->key, "Private key (PEM, RSA-3072, e = 3)")->type_name("FILE");
  auto* bytes = command->add_option("--export", options->export_bytes, "Write the 256 bytes to be signed")->type_name("FILE");
  auto* digest =
      command->add_option("--export-digest", options->export_digest, "Write their SHA-256, 32 bytes")->type_name("FILE");
  auto* public_key =
      command->add_option("--public-key", options->public_key, "Public key (PEM) that --attach belongs to")->type_name("FILE");
  auto* attach =
      command->add_option("--attach", options->attach, "A signature made elsewhere: 384 bytes, big-endian")->type_name("FILE");
  attach->needs(public_key)->excludes(key)->excludes(bytes)->excludes(digest);
  public_key->needs(attach);
  command->footer(R"(Signatures are RSA-3072 with exponent 3, PKCS#1 v1.5 and SHA-256. A second signature replaces the first.

Examples:
  sgxx sign app.sgx --key release.pem
A key kept elsewhere:
  sgxx sign app.sgx --export app.tbs
  openssl dgst -sha256 -sign release.pem -out app.signature app.tbs
  sgxx sign app.sgx --attach app.signature --public-key release.pub.pem)");
  command->callback([&chosen, options] {
    if (options->key.empty() && options->export_bytes.empty() && options->export_digest.empty() && options->attach.empty()) {
      throw CLI::RequiredError("--key, --export, --export-digest or --attach");
    }
    chosen = [options] { return sign(*options); };
  });
}

}  // namespace sgxx::cli
