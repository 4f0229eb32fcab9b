// Every header compiles under -fno-exceptions. A new `throw` belongs into error.hpp (detail::raise).
#if defined(__cpp_exceptions)
#error "this check is compiled without exceptions"
#endif
#include "every_header.inc"
