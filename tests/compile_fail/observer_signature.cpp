// expect: an observer's on_step takes
#include <satur/diagnostic.hpp>

struct mine {
  bool on_step(satur::monitor const&) { return true; } // a verdict, not a bool, whose true has no clear meaning
};

void use(satur::monitor& mon) { mon.end_step(mine{}); }
