// What the generated bindings want of a C library, and no more: see freestanding.c.
#ifndef FREESTANDING_STDLIB_H
#define FREESTANDING_STDLIB_H
#include <stddef.h>
void *malloc(size_t size);
void *realloc(void *old, size_t size);
void free(void *block);
_Noreturn void abort(void);
#endif
