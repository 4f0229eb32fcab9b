// A file of the parent project that does not use satur keeps the parent's language.
static_assert(__cplusplus == EXPECTED_STANDARD);

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "the parent's flags are lost"
#endif

int main() {}
