// SPDX-License-Identifier: Apache-2.0
//
// The option --device: where an enclave is to run.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "device/device.h"

namespace sgxx::cli {

enum class Platform { hardware, software };

struct OpenDevice {
  std::unique_ptr<device::Device> device;
  Platform platform = Platform::software;
};

void add_device_option(CLI::App& command, std::string& choice);

/// `choice` is what the option holds. `auto`: hardware where there is some.
Result<OpenDevice> open_device(const std::string& choice, device::SoftOptions soft = {});

}  // namespace sgxx::cli
