// The common checks, built with the flags of this folder.
// levels: all
#include "support/counters.inc"
