#ifndef HAMMING_H
#define HAMMING_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t first, second;
} hamming_pair;

/// Finds every pair of a hash of `a` and one of `b` that differ in at most `distance` bits; returns how many, in no particular
/// order. `pairs` has room for `a_count * b_count`. It uses what the processor has for it.
size_t hamming_pairs(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, unsigned distance,
                     hamming_pair *pairs);

/// The same on any processor.
size_t hamming_pairs_portable(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, unsigned distance,
                              hamming_pair *pairs);

#endif
