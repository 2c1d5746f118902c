// SPDX-License-Identifier: Apache-2.0
#include "cli/open_device.h"

namespace sgxx::cli {

void add_device_option(CLI::App& command, std::string& choice) {
  command.add_option("--device", choice, "soft, linux (SGX hardware) or auto: hardware if there is some")
      ->check(CLI::IsMember({"soft", "linux", "auto"}))
      ->capture_default_str();
}

Result<OpenDevice> open_device(const std::string& choice, device::SoftOptions soft) {
  if (choice != "soft") {
    auto hardware = device::open_linux_device();
    if (hardware) return OpenDevice{std::move(*hardware), Platform::hardware};
    if (choice == "linux") return Failure{std::move(hardware.error())};
  }
  return OpenDevice{TRY(device::open_soft_device(soft)), Platform::software};
}

}  // namespace sgxx::cli
