#include "hamming.h"

// Counting bits is one instruction of every processor since 2008, which the compiler may not assume by itself.
#if defined(__x86_64__)
#define WITH_BIT_COUNT __attribute__((target_clones("popcnt", "default")))
#else
#define WITH_BIT_COUNT
#endif

static inline unsigned difference(uint64_t a, uint64_t b) { return (unsigned)__builtin_popcountll(a ^ b); }

WITH_BIT_COUNT
size_t hamming_pairs(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, unsigned distance,
                     hamming_pair *pairs) {
    size_t found = 0;
    for (size_t i = 0; i < a_count; i++) {
        size_t j = 0;
        // Nearly all are far apart: four are asked about with one jump.
        for (; j + 4 <= b_count; j += 4) {
            int near[4];
            for (int k = 0; k < 4; k++) near[k] = difference(a[i], b[j + k]) <= distance;
            if (__builtin_expect(near[0] | near[1] | near[2] | near[3], 0)) {
                for (int k = 0; k < 4; k++) {
                    pairs[found] = (hamming_pair){(uint32_t)i, (uint32_t)(j + k)};
                    found += near[k];
                }
            }
        }
        for (; j < b_count; j++) {
            pairs[found] = (hamming_pair){(uint32_t)i, (uint32_t)j};
            found += difference(a[i], b[j]) <= distance;
        }
    }
    return found;
}
