// SPDX-License-Identifier: Apache-2.0
//
// SQLite's threadtest3, each of its tests for the time that the table says: its own main gives them up to a minute. Arguments
// are names of tests. In C, because threadtest3.c is.

// The library has what this leaves out of threadtest3.c.
#define SQLITE_OMIT_WSD
#define main threadtest3_main
#include "threadtest3.c"
#undef main
#include "test_multiplex.c"

static const struct {
  const char *name;
  void (*run)(int milliseconds);
  int milliseconds;
} tests[] = {
    {"walthread1", walthread1, 500},
    {"walthread2", walthread2, 500},
    {"walthread3", walthread3, 500},
    {"walthread4", walthread4, 500},
    {"walthread5", walthread5, 500},
    {"cgt_pager_1", cgt_pager_1, 0},
    {"dynamic_triggers", dynamic_triggers, 2500},  // half of its threads start after two seconds
    {"checkpoint_starvation_1", checkpoint_starvation_1, 500},
    {"checkpoint_starvation_2", checkpoint_starvation_2, 500},
    {"create_drop_index_1", create_drop_index_1, 500},
    {"lookaside1", lookaside1, 500},
    {"vacuum1", vacuum1, 500},
    {"stress1", stress1, 500},
    {"stress2", stress2, 500},
    {"shared1", shared1, 500},
};

int main(int count, char **names) {
  int found = 0;
  sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
  for (int i = 1; i < count; ++i) {
    for (size_t k = 0; k < sizeof tests / sizeof *tests; ++k) {
      if (strcmp(names[i], tests[k].name) != 0) continue;
      printf("Running %s\n", tests[k].name);
      fflush(stdout);
      tests[k].run(tests[k].milliseconds);
      ++found;
    }
  }
  printf("%d errors out of %d tests\n", nGlobalErr, found);
  return nGlobalErr > 0 || found != count - 1;
}
