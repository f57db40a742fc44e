/* SPDX-License-Identifier: Apache-2.0
 *
 * store_impl.h - inside a store: where entries live and how one is found.  For store*.c only.
 *
 * All entries stand in one array, set by set, way by way; an entry's number is set * ways + way.  Each
 * entry has its key, its tag and its payload together, so that a hit touches one place.  What leads to
 * it is small and apart:
 *
 *   small sets (ways <= SMALL_WAYS)   each set has a 32-bit signature of every way's key beside the
 *                                     policy's state, in one or half a cache line; a lookup compares
 *                                     all ways' signatures at once.  Signature 0: the way is free.
 *   wide sets                         one hash index over the whole store, from key to number, in
 *                                     buckets of three, again by signature.
 *
 * A signature only filters: the full key is compared before anything is called a hit.  No result
 * depends on the hash, except the set of a block with index = hash, which is what was asked for.
 */
#ifndef HW_STORE_IMPL_H
#define HW_STORE_IMPL_H
#include "base/bits.h"
#include "base/rng.h"
#include "hw/store.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SMALL_WAYS = 8, SIZES = 64, BUCKET_ENTRIES = 3 };

struct store_entry {
    uint64_t ctx, base, tag;
    uint32_t slot;             /* wide: bucket * 4 + place in it, where the index has this entry   */
    uint8_t  size_log2;
    bool     valid;
    bool     displaced;        /* wide: not in its home bucket, which was full                      */
    uint8_t  unused;
};                             /* 32 bytes; the payload follows                                     */

struct small_set {
    uint64_t state;            /* of the policy                                                     */
    uint32_t usable, unused;
    uint32_t sig[];            /* [4] or [8]                                                        */
};

struct wide_set {
    uint32_t used, usable;
    uint32_t first_free;       /* no way below it is free                                           */
};

struct bucket {
    uint32_t sig[BUCKET_ENTRIES];
    uint32_t over;             /* entries whose search passes here because this bucket was full     */
    uint32_t entry[BUCKET_ENTRIES];
    uint32_t unused;
};

struct link { uint32_t prev, next; };

struct store_impl {
    /* organisation */
    uint64_t sets, ways, set_mask;         /* set_mask: sets - 1 if that is a mask                  */
    bool     small, hashed, modulo;        /* modulo: sets is not a power of two                    */
    uint8_t  policy;
    unsigned leaves_log2;                  /* of the tree of ways                                   */
    uint64_t usable;                       /* entries of all sets that can hold something           */
    size_t   stride, payload_bytes, head_stride;
    void    *memory;                       /* all arrays below                                      */

    /* contents */
    unsigned char *entry;                  /* [sets * ways], stride apart                           */
    unsigned char *head;                   /* small: struct small_set [sets], head_stride apart     */
    uint64_t valid;
    unsigned sizes;
    uint8_t  size[SIZES];                  /* [sizes] block sizes present, in the order of probing  */
    bool     largest_first;
    uint64_t count[SIZES];                 /* valid entries of each size                            */

    /* wide sets only */
    struct wide_set *set;                  /* [sets]                                                */
    struct bucket   *bucket;               /* [bucket_mask + 1]                                     */
    uint64_t  bucket_mask;
    unsigned  bucket_shift;
    uint64_t *busy;                        /* [sets][words]: bit set where a way is valid           */
    size_t    words;                       /* 64 ways each                                          */
    uint64_t *state;                       /* [sets][state_words]: tree, or round-robin's pointer   */
    size_t    state_words;
    struct link *link;                     /* [sets * ways + sets]: age order, a ring round each
                                              set's own node, youngest after it                     */
    uint64_t tree_clear[64], tree_set[64]; /* trees in one word: what a touch of the way changes    */
    struct rng rng;
};

/* A place in the store. */
struct store_at {
    struct store_entry *e;
    uint64_t set;
    uint32_t way;
};

static inline uint64_t number_of(const struct store_impl *m, struct store_at at)
{
    return at.set * m->ways + at.way;
}

static inline struct store_entry *entry_at(const struct store_impl *m, uint64_t number)
{
    return (struct store_entry *)(void *)(m->entry + number * m->stride);
}

static inline struct store_at place_at(const struct store_impl *m, uint64_t set, uint32_t way)
{
    return (struct store_at){ entry_at(m, set * m->ways + way), set, way };
}

static inline void *payload_of(const struct store_entry *e)
{
    return (void *)(e + 1);
}

static inline struct small_set *small_set(const struct store_impl *m, uint64_t set)
{
    return (struct small_set *)(void *)(m->head + set * m->head_stride);
}

static inline uint64_t hash_of(uint64_t ctx, uint64_t block, unsigned size_log2)
{
    return ctx * 0xd6e8feb86659fd93ull ^
           (block * 0x9e3779b97f4a7c15ull + size_log2 * 0xff51afd7ed558ccdull);
}

static inline uint32_t sig_of(uint64_t hash)
{
    return (uint32_t)(hash >> 20) | 1;
}

static inline uint64_t set_of(const struct store_impl *m, uint64_t hash, uint64_t block)
{
    if (m->hashed)
        return (uint64_t)(((unsigned __int128)hash * m->sets) >> 64);
    return m->modulo ? block % m->sets : block & m->set_mask;
}

static inline uint32_t usable_of(const struct store_impl *m, uint64_t set)
{
    return m->small ? small_set(m, set)->usable : m->set[set].usable;
}

/* Bit i: sig[i] == want, of four. */
static inline unsigned match4(const uint32_t *sig, uint32_t want)
{
#ifdef __SSE2__
    __m128i eq = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(const void *)sig),
                                 _mm_set1_epi32((int)want));

    return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(eq));
#else
    return (unsigned)(sig[0] == want) | (unsigned)(sig[1] == want) << 1 |
           (unsigned)(sig[2] == want) << 2 | (unsigned)(sig[3] == want) << 3;
#endif
}

static inline unsigned small_match(const struct store_impl *m, const struct small_set *s,
                                   uint32_t want)
{
    unsigned hit = match4(s->sig, want);

    return m->ways > 4 ? hit | match4(s->sig + 4, want) << 4 : hit;
}

static inline bool has_key(const struct store_entry *e, uint64_t ctx, uint64_t base, unsigned size)
{
    return e->ctx == ctx && e->base == base && e->size_log2 == size;
}

static inline struct store_at small_find(const struct store_impl *m, uint64_t set, uint64_t hash,
                                         uint64_t ctx, uint64_t base, unsigned size)
{
    unsigned hit = small_match(m, small_set(m, set), sig_of(hash));

    for (; hit; hit &= hit - 1) {
        struct store_at at = place_at(m, set, (uint32_t)__builtin_ctz(hit));

        if (__builtin_expect(has_key(at.e, ctx, base, size), 1))
            return at;
    }
    return (struct store_at){ 0 };
}

static inline struct store_at wide_find(const struct store_impl *m, uint64_t set, uint64_t hash,
                                        uint64_t ctx, uint64_t base, unsigned size)
{
    for (uint64_t i = hash >> m->bucket_shift;; i = (i + 1) & m->bucket_mask) {
        const struct bucket *b = &m->bucket[i];
        unsigned hit = match4(b->sig, sig_of(hash)) & ((1u << BUCKET_ENTRIES) - 1);

        for (; hit; hit &= hit - 1) {
            uint32_t n = b->entry[__builtin_ctz(hit)];
            struct store_entry *e = entry_at(m, n);

            if (__builtin_expect(has_key(e, ctx, base, size), 1))
                return (struct store_at){ e, set, (uint32_t)(n - set * m->ways) };
        }
        if (__builtin_expect(!b->over, 1))
            return (struct store_at){ 0 };
    }
}

/* The entry of exactly this key, e = NULL if there is none. */
static inline struct store_at store_find(const struct store_impl *m, uint64_t ctx, uint64_t addr,
                                         unsigned size)
{
    uint64_t block = addr >> size, base = block << size;
    uint64_t hash = hash_of(ctx, block, size), set = set_of(m, hash, block);

    return m->small ? small_find(m, set, hash, ctx, base, size)
                    : wide_find(m, set, hash, ctx, base, size);
}

/* The first entry that covers addr, by the order of probing. */
static inline struct store_at store_cover(const struct store_impl *m, uint64_t ctx, uint64_t addr)
{
    for (unsigned i = 0; i < m->sizes; i++) {
        struct store_at at = store_find(m, ctx, addr, m->size[i]);

        if (at.e)
            return at;
    }
    return (struct store_at){ 0 };
}

/* Which of the ways 64 * word .. 64 * word + 63 of a set are valid. */
static inline uint64_t busy_ways(const struct store_impl *m, uint64_t set, size_t word)
{
    if (!m->small)
        return m->busy[set * m->words + word];
    return ~small_match(m, small_set(m, set), 0) & bits_low((unsigned)m->ways);
}

/* Takes an entry out; what the policy knows of the others stays. */
void store_drop(struct store_impl *m, struct store_at at);

#endif
