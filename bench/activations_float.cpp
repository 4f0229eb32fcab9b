#include "activations.hpp"

int main() { bench::all_rows<float>(); }
