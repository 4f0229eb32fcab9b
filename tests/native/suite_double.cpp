#include "activation/suite_double.cpp"
