// expect-GNU: has_on_step|observer
// expect-Clang: observer
#include <satur/diagnostic.hpp>

struct mine {
  void on_stpe(satur::monitor const&) {}
};

void use(satur::monitor& mon) { mon.end_step(mine{}); }
