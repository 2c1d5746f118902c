// SPDX-License-Identifier: Apache-2.0
#include "volume/tests/test_workload.h"

namespace sgxx::volume {

template <class T>
bool TestWorkload::is_good(const Outcome<T>& outcome, const char* what) {
  if (outcome.ok()) return true;
  ++faults;
  const Fault fault = outcome.error().fault;
  // An operation that the disk fails, and every commit after a sync that it failed.
  if (may_fail && (fault == Fault::io || fault == Fault::no_space)) return false;
  if (may_fail && disk().has_lost() && fault == Fault::integrity) return false;
  if (may_be_damaged && (fault == Fault::integrity || fault == Fault::wrong_key || fault == Fault::not_a_volume ||
                         fault == Fault::unsupported_version || fault == Fault::rolled_back)) {
    return false;
  }
  complain(std::string(what) + ": " + name_of(fault) + ", block " + std::to_string(outcome.error().where));
  return false;
}

void TestWorkload::create() {
  is_good(volume_.try_create(), "create");
  prepared_.push_back({{}, {}});
  // The state that creating published; its anchor is known once it has been opened.
}

void TestWorkload::tell_service(const Anchor& anchor) {
  if (!is_anchored) return;
  service_ = anchor;
  // Its answer may get lost, and the volume not know that it knows: then, too, there is only one newest state.
  if (!random_.one_in(8)) volume_->note_anchored(anchor);
}

bool TestWorkload::open() {
  disk().forgive();
  if (!is_good(volume_.start(service_), "open")) return false;
  const Anchor anchor = volume_->info().anchor;
  if (prepared_.size() == 1 && prepared_[0].anchor.generation == 0) prepared_[0].anchor = published_ = anchor;
  u64 newest_published = 0;
  u64 found = prepared_.size();
  for (u64 i = 0; i < prepared_.size(); ++i) {
    if (prepared_[i].anchor == published_) newest_published = i;
    if (prepared_[i].anchor == anchor) found = i;
  }
  if (found == prepared_.size()) {
    complain("open: a state that never was");
    return false;
  }
  if (found < newest_published && !may_roll_back) complain("open: an older state");
  model_ = prepared_[found].model;
  published_ = anchor;
  tell_service(anchor);
  return true;
}

void TestWorkload::commit() {
  const auto prepared = volume_->prepare();
  if (!is_good(prepared, "prepare")) return;
  prepared_.push_back({prepared->state.anchor, model_});
  const auto done = volume_->publish(*prepared);
  if (!is_good(done, "publish")) return;
  published_ = *done;
  if (!(published_ == prepared->state.anchor)) complain("publish: another state");
  tell_service(published_);
}

u64 TestWorkload::some_file() {
  if (model_.files.empty()) return 0;
  auto file = model_.files.begin();
  std::advance(file, static_cast<std::ptrdiff_t>(random_.below(model_.files.size())));
  return file->first;
}

/// Mostly low ones; some around the edges of nodes, some far away.
u64 TestWorkload::some_index() {
  switch (random_.below(8)) {
    case 0: return kBranches - 2 + random_.below(4);
    case 1: return kBranches * kBranches - 2 + random_.below(4);
    case 2: return random_.below(3) * kBranches * 7;
    case 3: return 0;
    default: return random_.below(40);
  }
}

void TestWorkload::make() {
  const u64 size = random_.next();
  const auto made = volume_->make({.mode = 0100644, .links = 1, .size = size});
  if (!is_good(made, "make")) return;
  if (model_.files.contains((*made)->number())) complain("make: a number that is taken");
  model_.files[(*made)->number()] = {{size}, {}};
}

void TestWorkload::remove(u64 file) {
  Object* const object = volume_->find(file);
  if (object == nullptr) return complain("find: nothing");
  if (is_good(volume_->remove(*object), "remove")) model_.files.erase(file);
}

void TestWorkload::write(u64 file) {
  const u64 first = some_index();
  const u64 count = random_.one_in(4) ? 1 + random_.below(80) : 1 + random_.below(4);
  std::vector<Page> pages;
  std::vector<DirtyBlock> blocks;
  const u64 content = std::exchange(next_content_, next_content_ + count);
  for (u64 i = 0; i < count; ++i) pages.push_back(TestModel::page_of(content + i));
  for (u64 i = 0; i < count; ++i) blocks.push_back({volume_->find(file), first + i, pages[i].data()});
  const bool is_promised = random_.one_in(2) && volume_->promise(count).ok();
  const bool is_done = is_good(volume_->write(blocks), "write");
  if (is_promised) volume_->unpromise(count);
  for (u64 i = 0; i < count; ++i) {
    if (is_done) {
      model_.set(file, first + i, content + i);
    } else {
      model_.may_be(file, first + i, content + i);
    }
  }
}

void TestWorkload::cut(u64 file) {
  const u64 first = some_index();
  const u64 end = random_.one_in(3) ? kNoBlock : first + 1 + random_.below(150);
  Object& object = *volume_->find(file);
  const bool is_done =
      is_good(end == kNoBlock ? volume_->truncate(object, first) : volume_->punch(object, first, end - first), "cut");
  for (auto& [index, contents] : model_.files[file].blocks) {
    if (index < first || index >= end) continue;
    if (is_done) {
      contents = {TestModel::kZero};
    } else {
      contents.push_back(TestModel::kZero);
    }
  }
}

void TestWorkload::read(u64 file, u64 first, u64 count) {
  std::vector<Page> pages(count);
  std::vector<u8*> pointers;
  for (Page& page : pages) pointers.push_back(page.data());
  Object* const object = volume_->find(file);
  if (object == nullptr) return complain("find: nothing");
  if (!is_good(volume_->read(*object, first, pointers), "read")) return;
  for (u64 i = 0; i < count; ++i) {
    if (!model_.agrees(file, first + i, pages[i])) {
      complain("read: wrong data in block " + std::to_string(first + i) + " of " + std::to_string(file));
    }
  }
}

void TestWorkload::set_size(u64 file) {
  const u64 size = random_.next();
  const Record record = {.mode = 0100644, .links = 1, .size = size};
  if (is_good(volume_->set_record(*volume_->find(file), record), "set_record")) model_.files[file].sizes = {size};
}

void TestWorkload::check_size(u64 file) {
  Object* const object = volume_->find(file);
  if (object == nullptr) return complain("find: nothing");
  const auto record = volume_->record(*object);
  if (!is_good(record, "record")) return;
  if (record->size != model_.files[file].sizes[0]) complain("record: another size");
}

void TestWorkload::compare() {
  if (volume_->info().objects != model_.files.size() + 1) complain("other objects");
  for (const auto& [file, contents] : std::map<u64, TestModel::File>(model_.files)) {
    check_size(file);
    for (const auto& [index, content] : contents.blocks) read(file, index, 1);
  }
}

void TestWorkload::step() {
  const u64 file = some_file();
  if (file == 0) return make();
  switch (random_.below(16)) {
    case 0: return make();
    case 1: return random_.one_in(2) ? remove(file) : set_size(file);
    case 2:
    case 3: return cut(file);
    case 4:
    case 5:
    case 6: return read(file, some_index(), random_.one_in(3) ? 1 + random_.below(100) : 1);
    case 7: return check_size(file);
    case 8:
    case 9: return commit();
    default: return write(file);
  }
}

}  // namespace sgxx::volume
