// Every header compiles under -fno-exceptions and -fno-rtti. A new `throw` belongs into error.hpp (detail::raise).
#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this check is compiled without exceptions and without run-time types"
#endif
#include "every_header.inc"
