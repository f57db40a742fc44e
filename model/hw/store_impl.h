/* SPDX-License-Identifier: Apache-2.0
 *
 * store_impl.h - inside a store: where entries live and how one is found.  For store*.c only.
 *
 * All entries stand in one array, set by set, way by way; an entry's number is set * ways + way.
 * Each entry has its key, its tag and its payload together, so that a hit touches one place.  What
 * leads to it is small and apart:
 *
 *   sets of 4, sets of 8   each set has a 32-bit signature of every way's key beside the ways' time
 *                          stamps, in half a cache line or one; a lookup compares all ways'
 *                          signatures at once.  Signature 0: the way is free.
 *   sets of up to 32       the same without time stamps, for policies that need no age
 *   wide sets              one hash index over the whole store, from key to number, in buckets of
 *                          three, again by signature; so are skewed stores
 *
 * A signature only filters: the full key is compared before anything is called a hit.  No result
 * depends on the hash, except the set of a block with index = hash, which is what was asked for.
 *
 * An entry's slot leads back: the index of its signature in `head`, or in the buckets.
 *
 * The functions that every lookup and insert runs through take the layout as an argument and are
 * expanded where it is a constant: one copy of them for each layout, without a branch on it.
 */
#ifndef HW_STORE_IMPL_H
#define HW_STORE_IMPL_H
#include "base/bits.h"
#include "base/rng.h"
#include "hw/store.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define STORE_INLINE static inline __attribute__((always_inline))
#define STORE_COLD static __attribute__((noinline, cold, unused))
#define LIKELY(c) __builtin_expect(!!(c), 1)

enum store_layout { SETS_OF_4, SETS_OF_8, SETS_OF_32, WIDE };
enum { LANES_MAX = 8, SIZES = 64, NOTHING = SIZES, BUCKET_ENTRIES = 3 };

/* Sizes that share an array or a skewed store's ways: pages, blocks, larger. */
enum { STORE_KINDS = 3, BLOCKS_FROM = 18, LARGE_FROM = 28, SKEW_REGION = 42 };

struct wide_set {
    uint32_t used;
    uint32_t first_free;       /* no way below it is free                                         */
};

struct bucket {
    uint32_t sig[BUCKET_ENTRIES];
    uint32_t over;             /* entries whose search passes here because this bucket was full   */
    uint32_t entry[BUCKET_ENTRIES];
    uint32_t unused;
};

struct link { uint32_t prev, next; };

/* A place in the store. */
struct store_at {
    struct store_entry *e;
    uint64_t set, way, number;
};

/* A key on its way to its set. */
struct store_key {
    uint64_t ctx, base, hash, set;
    unsigned size;
};

struct store_impl {
    /* organisation */
    enum store_layout layout;
    bool     masked;                       /* the set is the low bits of the block number         */
    bool     hashed;
    bool     largest_first;
    bool     hits_only;                    /* tree-plru: inserts do not touch the tree            */
    bool     by_policy;                    /* free ways are not filled first                      */
    uint8_t  policy;
    uint64_t sets, ways;
    size_t   stride, set_bytes;            /* of an entry, of a set's entries                     */
    size_t   payload_bytes;
    uint32_t usable;                       /* ways of a set that can hold something ...           */
    uint64_t one_less;                     /* ... one less in sets below this one                 */
    uint64_t capacity;                     /* usable entries of all sets                          */
    unsigned leaves_log2;                  /* of the tree of ways                                 */
    size_t   state_words;                  /* of the policy, for a set                            */

    /* contents */
    void    *memory;                       /* all arrays are in it                                */
    unsigned char *entry;                  /* [sets * ways], stride apart                         */
    uint64_t *state;                       /* [sets][state_words]: tree, or round-robin's pointer */
    uint64_t valid;
    uint64_t count[SIZES];                 /* valid entries of each size                          */
    unsigned sizes;
    uint8_t  size[SIZES];                  /* [sizes] block sizes present, in probing order       */
    struct store_key missed;               /* not here: what was looked up in vain, to be inserted
                                              next more often than not; size NOTHING: unknown     */
    struct store_entry **hint;             /* the store's                                         */

    /* sets of 4 and of 8 */
    uint32_t *head;                        /* [sets]: 4 or 8 signatures, then as many stamps      */
    uint32_t  clock;                       /* the last stamp                                      */

    /* wide sets */
    struct bucket   *bucket;               /* [bucket_mask + 1]                                   */
    uint64_t  bucket_mask;
    unsigned  bucket_shift;
    struct link *link;                     /* [sets * ways + sets]: age order, a ring round each
                                              set's own node, youngest after it                   */
    uint64_t  rings;                       /* the first set's own node                            */
    struct wide_set *set;                  /* [sets]                                              */
    uint64_t *busy;                        /* [sets][words]: bit set where a way is valid         */
    size_t    words;                       /* 64 ways each                                        */

    uint64_t tree_keep[64], tree_set[64];  /* trees in one word: what a touch of the way changes  */
    struct rng rng;
    uint16_t lfsr;

    /* several sizes */
    bool     apart;                        /* an array for each kind of size                      */
    bool     skewed;
    struct { uint64_t first, n; } array[STORE_KINDS];
    bool     divided;                      /* inserts use ways within_first to within_end alone   */
    uint64_t within_first, within_end;
    uint64_t *age;                         /* skewed: [sets * ways] of each entry, youngest highest */
    uint64_t now;
};

/* Remembers an invalidation; log may be NULL.  store_invalidate.c */
void store_log_match(struct store_log *log, const struct store_match *k);

STORE_INLINE unsigned lanes_of(enum store_layout layout)
{
    return layout == SETS_OF_4 ? 4 : layout == SETS_OF_8 ? LANES_MAX : 32;
}

STORE_INLINE struct store_entry *entry_at(const struct store_impl *m, uint64_t number)
{
    return (struct store_entry *)(void *)(m->entry + number * m->stride);
}

STORE_INLINE struct store_at place_at(const struct store_impl *m, uint64_t set, uint64_t way)
{
    void *e = m->entry + set * m->set_bytes + way * m->stride;

    return (struct store_at){ e, set, way, set * m->ways + way };
}

STORE_INLINE struct store_at place_of(const struct store_impl *m, uint64_t set, uint32_t number)
{
    return (struct store_at){ entry_at(m, number), set, number - set * m->ways, number };
}

/* The place of an entry whose key is not at hand. */
STORE_INLINE struct store_at place_back(const struct store_impl *m, enum store_layout layout,
                                        struct store_entry *e)
{
    unsigned lanes = lanes_of(layout);
    uint64_t number;

    if (layout != WIDE)
        return (struct store_at){ .e = e, .set = e->slot / (2 * lanes), .way = e->slot % lanes };
    number = m->bucket[e->slot / 4].entry[e->slot % 4];
    return place_of(m, number / m->ways, (uint32_t)number);
}

STORE_INLINE void *payload_of(const struct store_entry *e)
{
    return (void *)(e + 1);
}

STORE_INLINE uint32_t *sigs_of(const struct store_impl *m, enum store_layout layout, uint64_t set)
{
    return m->head + set * 2 * lanes_of(layout);
}

STORE_INLINE uint32_t *stamps_of(const struct store_impl *m, enum store_layout layout, uint64_t set)
{
    return sigs_of(m, layout, set) + lanes_of(layout);
}

static inline uint64_t hash_of(uint64_t ctx, uint64_t block)
{
    return ctx * 0xd6e8feb86659fd93ull ^ block * 0x9e3779b97f4a7c15ull;
}

static inline uint32_t sig_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

static inline unsigned kind_of(unsigned size)
{
    return (size >= BLOCKS_FROM) + (size >= LARGE_FROM);
}

/* The set of a block in the array of its kind. */
uint64_t store_set_apart(const struct store_impl *m, uint64_t hash, uint64_t block, unsigned size);

STORE_INLINE uint64_t set_of(const struct store_impl *m, uint64_t hash, uint64_t block, unsigned size)
{
    if (LIKELY(m->masked))
        return block & (m->sets - 1);
    if (m->apart)
        return store_set_apart(m, hash, block, size);
    if (m->hashed)
        return (uint64_t)(((unsigned __int128)hash * m->sets) >> 64);
    return block % m->sets;
}

STORE_INLINE struct store_key key_of(const struct store_impl *m, uint64_t ctx, uint64_t addr,
                                     unsigned size)
{
    uint64_t block = addr >> size, hash = hash_of(ctx, block);

    return (struct store_key){ ctx, block << size, hash,
                               set_of(m, hash, block, size), size };
}

static inline uint32_t usable_of(const struct store_impl *m, uint64_t set)
{
    return m->usable - (set < m->one_less);
}

/* Is this key what was last looked up in vain? */
STORE_INLINE bool is_missed(const struct store_impl *m, uint64_t ctx, uint64_t base, unsigned size)
{
    return m->missed.size == size && m->missed.ctx == ctx && (base ^ m->missed.base) >> size == 0;
}

/* Bit i: sig[i] == want, of four. */
STORE_INLINE unsigned match4(const uint32_t *sig, uint32_t want)
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

/* Bit i: sig[i] == want, of 32. */
STORE_INLINE unsigned match32(const uint32_t *sig, uint32_t want)
{
    unsigned hit = 0;

#ifdef __SSE2__
    __m128i w = _mm_set1_epi32((int)want);

#pragma GCC unroll 2
    for (unsigned i = 0; i < 32; i += 16) {
        const __m128i *v = (const __m128i *)(const void *)(sig + i);
        __m128i low = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_loadu_si128(v), w),
                                      _mm_cmpeq_epi32(_mm_loadu_si128(v + 1), w));
        __m128i high = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_loadu_si128(v + 2), w),
                                       _mm_cmpeq_epi32(_mm_loadu_si128(v + 3), w));

        hit |= (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high)) << i;
    }
#else
    for (unsigned i = 0; i < 32; i += 4)
        hit |= match4(sig + i, want) << i;
#endif
    return hit;
}

STORE_INLINE unsigned match_lanes(const struct store_impl *m, enum store_layout layout,
                                  uint64_t set, uint32_t want)
{
    const uint32_t *sig = sigs_of(m, layout, set);

    if (layout == SETS_OF_32)
        return match32(sig, want);
    return layout == SETS_OF_4 ? match4(sig, want) : match4(sig, want) | match4(sig + 4, want) << 4;
}

STORE_INLINE unsigned match_bucket(const struct bucket *b, uint32_t want)
{
    return match4(b->sig, want) & ((1u << BUCKET_ENTRIES) - 1);
}

STORE_INLINE bool has_key(const struct store_entry *e, const struct store_key *k)
{
    return e->base == k->base && e->ctx == k->ctx && e->size_log2 == k->size;
}

/* What looking at the first candidate of a key told. */
enum store_found { ABSENT, FOUND, OTHER };

/* Looks where the key is if it is anywhere, at the first entry with its signature.  OTHER: that is
 * another key's; find_key goes on. */
STORE_INLINE enum store_found find_first(const struct store_impl *m, enum store_layout layout,
                                         const struct store_key *k, struct store_at *at)
{
    const struct bucket *b;
    unsigned hit;

    if (layout != WIDE) {
        hit = match_lanes(m, layout, k->set, sig_of(k->hash));
        if (!hit)
            return ABSENT;
        *at = place_at(m, k->set, (unsigned)__builtin_ctz(hit));
    } else {
        b = &m->bucket[k->hash >> m->bucket_shift];
        hit = match_bucket(b, sig_of(k->hash));
        if (!hit)
            return LIKELY(!b->over) ? ABSENT : OTHER;
        *at = place_of(m, k->set, b->entry[__builtin_ctz(hit)]);
    }
    return LIKELY(has_key(at->e, k)) ? FOUND : OTHER;
}

static inline struct store_at find_in_set(const struct store_impl *m, const struct store_key *k)
{
    unsigned hit = match_lanes(m, m->layout, k->set, sig_of(k->hash));

    for (; hit; hit &= hit - 1) {
        struct store_at at = place_at(m, k->set, (unsigned)__builtin_ctz(hit));

        if (has_key(at.e, k))
            return at;
    }
    return (struct store_at){ 0 };
}

static inline struct store_at find_in_index(const struct store_impl *m, const struct store_key *k)
{
    for (uint64_t i = k->hash >> m->bucket_shift;; i = (i + 1) & m->bucket_mask) {
        const struct bucket *b = &m->bucket[i];

        for (unsigned hit = match_bucket(b, sig_of(k->hash)); hit; hit &= hit - 1) {
            struct store_at at = place_of(m, k->set, b->entry[__builtin_ctz(hit)]);

            if (has_key(at.e, k))          /* if not, it may even be of another set */
                return at;
        }
        if (!b->over)
            return (struct store_at){ 0 };
    }
}

STORE_COLD struct store_at find_other(const struct store_impl *m, struct store_key k)
{
    return m->layout == WIDE ? find_in_index(m, &k) : find_in_set(m, &k);
}

/* The entry of exactly this key, e = NULL if there is none. */
STORE_INLINE struct store_at find_key(const struct store_impl *m, enum store_layout layout,
                                      const struct store_key *k)
{
    struct store_at at = { 0 };

    switch (find_first(m, layout, k, &at)) {
    case FOUND:  return at;
    case ABSENT: return (struct store_at){ 0 };
    default:     return find_other(m, *k);
    }
}

/* Which of the ways 64 * word .. 64 * word + 63 of a set are valid. */
static inline uint64_t busy_ways(const struct store_impl *m, uint64_t set, size_t word)
{
    if (m->layout == WIDE)
        return m->busy[set * m->words + word];
    return ~match_lanes(m, m->layout, set, 0) & bits_low((unsigned)m->ways);
}

/* Takes an entry out; what the policy knows of the others stays. */
void store_drop(struct store_impl *m, struct store_at at);

/* Search, insert and tell for every organisation and every case ... */
void  store_tell_any(struct store *s, struct store_entry *e);
void *store_search_any(struct store *s, uint64_t ctx, uint64_t addr);
void *store_insert_any(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                       bool *flushed);

/* ... those of stores that are skewed or look for one size after the other; store_sizes.c ... */
void store_choose_sizes(struct store *s);

/* An insert into some of the ways; store_within.c. */
void *store_insert_within(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                          bool *flushed);

/* A key into a place, whose entry, if it has one, goes. */
void store_put(struct store *s, struct store_at at, const struct store_key *k);

/* The set in which a way of a skewed store would have the key; is the way for keys of this kind? */
uint64_t store_skew_set(const struct store_impl *m, const struct store_key *k, uint64_t way);
bool     store_skew_way(const struct store_impl *m, const struct store_key *k, uint64_t way);

/* Policy flush-all: an insert into a full store empties it. */
bool store_flush_if_full(struct store *s);

/* ... and the ones that deal with the usual cases and leave the rest to those; store_quick.c. */
void store_choose_quick(struct store *s);

#endif
