// SPDX-License-Identifier: Apache-2.0
//
// Objects and their records.
#include "volume/volume.h"

namespace sgxx::volume {

Object* Volume::find(u64 number) {
  Guard guard(environment_.mutex);
  return objects_.find(number);
}

u64 Volume::object_slots() {
  Guard guard(environment_.mutex);
  return objects_.slots();
}

/// In the table's block in memory, which is dirty. Records may use the space that is kept for removal: removing changes them.
Outcome<Record*> Volume::record_to_change(Guard& guard, Object& object) {
  Node* const node = TRY(tree_.change(guard, tree_.table(), object.number() / kRecordsOfBlock, 0, Space::Purpose::removal));
  return &node->records().records[object.number() % kRecordsOfBlock];
}

Outcome<Object*> Volume::make(const Record& record) {
  if (record.mode == 0) return fail(Fault::too_large);
  Guard guard(environment_.mutex);
  TRY(space_.ensure(guard, 1, Space::Purpose::ordinary));
  Object& object = objects_.at(TRY(objects_.free_number()));
  space_.keep_for_records(objects_.slots());
  objects_.add(object);
  const auto place = record_to_change(guard, object);
  if (!place.ok()) {
    objects_.remove(object);
    return Failure{place.error()};
  }
  Record& made = **place;
  made = record;
  made.extension = 0;
  made.blocks = 0;
  made.height = 0;
  made.root = {};
  return &object;
}

Outcome<> Volume::remove(Object& object) {
  Guard guard(environment_.mutex);
  *TRY(record_to_change(guard, object)) = {};
  tree_.cut_all(guard, object);
  objects_.remove(object);
  return {};
}

Outcome<Record> Volume::record(Object& object) {
  Guard guard(environment_.mutex);
  Node* const node = TRY(tree_.find(guard, tree_.table(), object.number() / kRecordsOfBlock, 0));
  if (node == nullptr) return fail(Fault::integrity);
  Record record = node->records().records[object.number() % kRecordsOfBlock];
  record.blocks = object.blocks();
  return record;
}

Outcome<> Volume::set_record(Object& object, const Record& record) {
  if (record.mode == 0) return fail(Fault::too_large);
  Guard guard(environment_.mutex);
  Record& place = *TRY(record_to_change(guard, object));
  const Record old = place;
  place = record;
  place.zero = 0;
  place.extension = 0;
  place.blocks = old.blocks;
  place.height = old.height;
  place.root = old.root;
  return {};
}

}  // namespace sgxx::volume
