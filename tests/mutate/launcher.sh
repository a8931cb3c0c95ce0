#!/bin/sh
# launcher.sh COMPILER ARGUMENT...: compiles; a mutant (SB_MUTANT is set) without warnings, because it may
# leave something unused. Everything else is compiled as always, so that a compiler's cache knows it.
[ -z "${SB_MUTANT-}" ] || set -- "$@" -w
exec "$@"
