// Every header compiles after <complex.h>, which makes a macro of I (and GNU's of complex, where <complex> is not
// known).
#include <complex.h>
#if !defined(I)
#error "this check needs a <complex.h> that defines I"
#endif

#include "every_header.inc"

#if !defined(I)
#error "a header of satur took I away"
#endif
