#include "activation/suite_float.cpp"
