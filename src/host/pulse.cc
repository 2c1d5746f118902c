// SPDX-License-Identifier: Apache-2.0
#include "host/pulse.h"

#include <cerrno>

namespace sgxx::host {

Pulse::Pulse() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&mutex_, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

void Pulse::begin() {
  pthread_mutex_lock(&mutex_);
  begun_ = true;
}

bool Pulse::has_stopped() {
  if (begun_ && !stopped_) stopped_ = pthread_mutex_trylock(&mutex_) == EOWNERDEAD;
  return stopped_;
}

void Pulse::wait_for_stop() {
  if (pthread_mutex_lock(&mutex_) == EOWNERDEAD) stopped_ = true;
}

}  // namespace sgxx::host
