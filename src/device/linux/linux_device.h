// SPDX-License-Identifier: Apache-2.0
//
// The driver's device behind the Device interface, on a given Kernel.
#pragma once

#include <memory>

#include "device/device.h"
#include "device/linux/kernel.h"

namespace sgxx::device::linux_driver {

/// `kernel` must outlive the device.
Result<std::unique_ptr<Device>> open_device(Kernel& kernel);

}  // namespace sgxx::device::linux_driver
