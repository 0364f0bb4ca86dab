#include "hamming.h"

static inline unsigned difference(uint64_t a, uint64_t b) { return (unsigned)__builtin_popcountll(a ^ b); }

// Always inlined, so that each caller below compiles it for its own processor.
static inline __attribute__((always_inline)) size_t find_pairs(const uint64_t *a, size_t a_count, const uint64_t *b,
                                                               size_t b_count, unsigned distance,
                                                               hamming_pair *pairs) {
    size_t found = 0;
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++)
            if (__builtin_expect(difference(a[i], b[j]) <= distance, 0))
                pairs[found++] = (hamming_pair){(uint32_t)i, (uint32_t)j};
    return found;
}

size_t hamming_pairs_portable(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, unsigned distance,
                              hamming_pair *pairs) {
    return find_pairs(a, a_count, b, b_count, distance, pairs);
}

#if defined(__x86_64__)
#include <immintrin.h>

// Four at once, their bits counted by looking up each half byte (Mula, Kurz, Lemire: "Faster population counts using AVX2
// instructions", 2018).
__attribute__((target("avx2,popcnt"))) static size_t find_pairs_in_vectors(const uint64_t *a, size_t a_count,
                                                                           const uint64_t *b, size_t b_count,
                                                                           unsigned distance, hamming_pair *pairs) {
    const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                            2, 2, 3, 2, 3, 3, 4);
    const __m256i half = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
    const __m256i limit = _mm256_set1_epi64x((long long)distance + 1);
    const size_t whole = b_count & ~(size_t)3;
    size_t found = 0;
    for (size_t j = 0; j < whole; j += 4) {
        const __m256i four = _mm256_loadu_si256((const __m256i *)(b + j));
        for (size_t i = 0; i < a_count; i++) {
            const __m256i bits = _mm256_xor_si256(four, _mm256_set1_epi64x((long long)a[i]));
            const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(bits, half));
            const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi64(bits, 4), half));
            const __m256i sums = _mm256_sad_epu8(_mm256_add_epi8(low, high), zero);
            unsigned near = (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(limit, sums)));
            for (; __builtin_expect(near != 0, 0); near &= near - 1)
                pairs[found++] = (hamming_pair){(uint32_t)i, (uint32_t)(j + (unsigned)__builtin_ctz(near))};
        }
    }
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = whole; j < b_count; j++)
            if (__builtin_expect(difference(a[i], b[j]) <= distance, 0))
                pairs[found++] = (hamming_pair){(uint32_t)i, (uint32_t)j};
    return found;
}

// Counting bits is one instruction of every processor since 2008, which the compiler may not assume by itself.
__attribute__((target("popcnt"))) static size_t find_pairs_with_popcnt(const uint64_t *a, size_t a_count,
                                                                       const uint64_t *b, size_t b_count,
                                                                       unsigned distance, hamming_pair *pairs) {
    return find_pairs(a, a_count, b, b_count, distance, pairs);
}

size_t hamming_pairs(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, unsigned distance,
                     hamming_pair *pairs) {
    if (__builtin_cpu_supports("avx2")) return find_pairs_in_vectors(a, a_count, b, b_count, distance, pairs);
    if (__builtin_cpu_supports("popcnt")) return find_pairs_with_popcnt(a, a_count, b, b_count, distance, pairs);
    return hamming_pairs_portable(a, a_count, b, b_count, distance, pairs);
}
#else
size_t hamming_pairs(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, unsigned distance,
                     hamming_pair *pairs) {
    return hamming_pairs_portable(a, a_count, b, b_count, distance, pairs);
}
#endif
