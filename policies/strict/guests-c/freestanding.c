// A C library of one page, so that the component imports nothing. Memory is only ever
// taken: an instance lives for one call.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern unsigned char __heap_base;

#define PAGE 65536u
#define ALIGN 16u

// Before each block stands its size.
typedef struct {
  size_t size;
} head_t;

static uintptr_t top;

_Noreturn void abort(void) { __builtin_trap(); }

void *malloc(size_t size) {
  if (top == 0)
    top = (uintptr_t)&__heap_base;
  uintptr_t block = (top + sizeof(head_t) + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1);
  uintptr_t end = block + size;
  uintptr_t limit = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end < block)
    abort();
  if (end > limit) {
    size_t pages = (end - limit + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX)
      abort();
  }
  ((head_t *)block)[-1].size = size;
  top = end;
  return (void *)block;
}

void *realloc(void *old, size_t size) {
  void *new = malloc(size);
  if (old != NULL) {
    size_t kept = ((head_t *)old)[-1].size;
    memcpy(new, old, kept < size ? kept : size);
  }
  return new;
}

void free(void *block) { (void)block; }

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  for (size_t i = 0; i < size; i++)
    ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
  return to;
}

void *memset(void *to, int value, size_t size) {
  for (size_t i = 0; i < size; i++)
    ((unsigned char *)to)[i] = (unsigned char)value;
  return to;
}

int memcmp(const void *one, const void *other, size_t size) {
  for (size_t i = 0; i < size; i++) {
    int differ = ((const unsigned char *)one)[i] - ((const unsigned char *)other)[i];
    if (differ != 0)
      return differ;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0)
    length++;
  return length;
}

// The bindings hold on to the object file that says which world a module is of. Here the
// workshop says it, from the contract itself.
void __component_type_object_force_link_tool_policy(void) {}
