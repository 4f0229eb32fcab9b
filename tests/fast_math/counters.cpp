// The common checks, built with the flags of this folder.
#include "support/counters.inc"
