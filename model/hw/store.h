/* SPDX-License-Identifier: Apache-2.0
 *
 * store.h - the one set-associative store: TLBs, walk caches, configuration and context caches.
 *
 * An entry covers the aligned block [base, base + 2^size_log2) of one context.  It is found by
 * (ctx, address), where ctx is whatever the owner keys by (a requester, an address space, a
 * domain) and any address in the block.  Entries of several sizes live side by side, each found by
 * the index of its size, so that a block takes one entry in every organisation.  How that is done is
 * parameter `sizes`:
 *
 *   parallel     any size in any set, all sizes that are present looked for at once: what a fully
 *                associative store does, and an ideal for others
 *   arrays       the sets are divided among pages (up to 64 KB), blocks (up to 64 MB) and larger ones
 *   skewed       each way has an index of its own, a hash; for each context and 4 TB half of the ways
 *                are for pages, a quarter each for blocks and larger ones, whichever ways these are
 *                there.  A lookup reads each way once.  The policy chooses among the ways' places; with
 *                neither sets nor trees tree-plru is lru, round-robin and lfsr are fifo.  Nothing can be
 *                reserved, free places are first, and with one or two ways any way is for all sizes
 *   sequential   as parallel, but one size after the other: each further one is a further lookup,
 *                counted as such and for timed components to pay
 *
 * What a configuration cache does not need (an address) is simply 0 with size_log2 = 0.
 *
 * The tag is never looked up; it is what invalidations match besides ctx and address (address
 * space, domain, level: the owner's layout).  The payload is the owner's struct, payload_bytes
 * long, kept inside the store; a pointer to it is valid until the next insert, invalidate or clear.
 *
 * Free ways are filled first, the lowest first, if parameter invalid_first does not say otherwise.  Hits
 * and inserts tell the policy; what each policy makes of it is said in hw/store_policy.h.  In a store of several sets flush-all counts all of it:
 * a set that is full while others are not replaces its oldest.  Reserved entries are the highest
 * ways, taken from the sets in turn; one entry of each set always stays usable.
 *
 * No time passes here: the timed components (lookup ports, pipelines) stand around a store.
 */
#ifndef HW_STORE_H
#define HW_STORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/comp.h"

#define STORE_PARAMS(P)                                                                            \
    P(u64,    sets,   1, 0, 1048576, "1", "number of sets, any; 0: there is no such structure")    \
    P(u64,    ways,   4, 1, 1048576, "1", "entries per set; with sets = 1 fully associative")      \
    P(choice, policy, 0, 0, 6, "lru|tree-plru|fifo|random|round-robin|flush-all|lfsr",             \
      "which entry an insert replaces; flush-all: an insert into a full store empties it")         \
    P(choice, index,  0, 0, 1, "modulo|hash",                                                      \
      "set of a block: its number modulo sets, or context and number hashed")                      \
    P(choice, probe,  0, 0, 1, "largest|smallest", "order in which block sizes are probed")        \
    P(u64,    reserved, 0, 0, 65535, "1", "entries held by something else and never usable")       \
    P(choice, sizes,  0, 0, 3, "parallel|arrays|skewed|sequential",                                \
      "how pages and larger blocks are held side by side; all but skewed alike with sets = 1")     \
    P(u64,    sets_blocks, 0, 0, 1048576, "1", "sizes = arrays: sets for 256 KB to 64 MB; 0: a quarter") \
    P(u64,    sets_large,  0, 0, 1048576, "1", "sizes = arrays: sets for more than that; 0: an eighth")  \
    P(choice, touch_on_fill, 0, 0, 1, "yes|no", "policy = tree-plru: whether an insert is a use of the entry") \
    P(choice, invalid_first, 0, 0, 1, "yes|no",                                                    \
      "whether free ways are filled first; no: the policy says which way (tree-plru, random, round-robin, lfsr)")

enum store_policy { STORE_LRU, STORE_PLRU, STORE_FIFO, STORE_RANDOM, STORE_RR, STORE_FLUSH_ALL, STORE_LFSR };
enum store_index { STORE_MODULO, STORE_HASH };
enum store_probe { STORE_LARGEST, STORE_SMALLEST };
enum store_sizes { STORE_PARALLEL, STORE_ARRAYS, STORE_SKEWED, STORE_SEQUENTIAL };
enum store_touch { STORE_TOUCH_FILLS, STORE_TOUCH_HITS };
enum store_free { STORE_FREE_FIRST, STORE_FREE_BY_POLICY };

#define STORE_STATS(S)                                                                             \
    S(lookups,     "1", "lookups counted")                                                         \
    S(hits,        "1", "lookups answered by a valid entry")                                       \
    S(inserts,     "1", "entries written")                                                         \
    S(evictions,   "1", "valid entries replaced by an insert; those of a flush not counted")       \
    S(flushes,     "1", "times a full store was emptied by an insert (policy flush-all)")          \
    S(invalidations, "1", "invalidations executed")                                                \
    S(invalidated, "1", "entries removed by invalidations")                                        \
    S(further,     "1", "further lookups, each for a further size (sizes = sequential)")

struct store_params { PARAM_FIELDS(STORE_PARAMS) };
struct store_stats { STAT_FIELDS(STORE_STATS) };

/* What an invalidation removes: entries for which one of the n_tag rows matches the tag, the ctx
 * matches, and (by_addr) the block overlaps first..last.  All zero removes everything. */
struct store_match {
    struct { uint64_t mask, value; } tag[2];
    unsigned n_tag;                    /* 0: any tag                                             */
    uint64_t ctx_mask, ctx_value;
    bool by_addr;
    uint64_t first, last;              /* inclusive                                              */
    /* Not an architecture's rule but an imitated one: with frame_mask != 0 the address matches if
     * (base >> 12 & frame_mask) == frame_value, or if the block contains `first`. */
    uint64_t frame_mask, frame_value;
};

struct store_entry {
    uint64_t ctx, base, tag;
    uint32_t slot;             /* where what leads to it is: store_impl.h                     */
    uint8_t  size_log2;
    bool     valid;
    bool     displaced;        /* wide sets: not in its home bucket, which was full           */
    uint8_t  unused;
};                             /* 32 bytes; the payload follows                               */

/* A context's last entry is likely to be its next one: each has a hint, by a hash of ctx.  A hint
 * is NULL or an entry that was found or inserted under a ctx of that hash, of the size that is
 * probed first: if its key covers what is looked up, it is what a search would find. */
enum { STORE_HINTS = 64 };

struct store {
    struct comp         comp;
    struct store_params par;
    struct store_stats  st;
    struct store_entry *hint[STORE_HINTS];
    struct store_entry *used;          /* the policy was told of this one last */
    void *(*search)(struct store *s, uint64_t ctx, uint64_t addr);   /* a lookup without hint */
    void (*tell)(struct store *s, struct store_entry *e);   /* the policy of a use; may be NULL */
    void *(*insert)(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                    bool *flushed);    /* writes *flushed only if it did flush */
    struct store_impl  *impl;          /* arrays; store.c */
    struct store_log   *log;           /* the last invalidations; NULL unless store_keep_log  */
    uint32_t            further;       /* that the last lookup took; 0 unless sizes = sequential */
};

extern const struct comp_kind store_kind;

/* par is copied.  tag_bits is the width an entry's tag and payload would have in hardware, for the
 * storage count.  Returns 0 or SIM_EENV. */
int  store_init(struct store *s, struct comp *parent, const char *name,
                const struct store_params *par, size_t payload_bytes, unsigned entry_bits,
                uint64_t seed);
void store_destroy(struct store *s);

static inline bool store_exists(const struct store *s) { return s->par.sets != 0; }

static inline unsigned store_hint_of(uint64_t ctx)
{
    return (unsigned)(ctx * 0xd6e8feb86659fd93ull >> 58);
}

/* What the hint of ctx leads to if it covers addr; NULL: store_lookup may still find one. */
static inline struct store_entry *store_hinted(const struct store *s, uint64_t ctx, uint64_t addr)
{
    struct store_entry *e = s->hint[store_hint_of(ctx)];

    return e && e->ctx == ctx && (addr ^ e->base) >> e->size_log2 == 0 ? e : NULL;
}

/* A lookup ends in this entry: counts, and tells the policy, but not of a second use in a row,
 * which changes nothing for any of them. */
static inline void store_use(struct store *s, struct store_entry *e)
{
    s->st.lookups++;
    s->st.hits++;
    if (e != s->used && s->tell)
        s->tell(s, e);
}

/* The payload of the entry that covers (ctx, addr), NULL on a miss.  Counts, and tells the policy.
 * lookup_from: with what store_hinted has just said. */
static inline void *store_lookup_from(struct store *s, struct store_entry *hinted, uint64_t ctx,
                                      uint64_t addr)
{
    if (!hinted)
        return s->search(s, ctx, addr);
    store_use(s, hinted);
    return hinted + 1;
}

/* The same without looking at the hint: where a context's last entry is not likely to be its next one. */
static inline void *store_search(struct store *s, uint64_t ctx, uint64_t addr)
{
    return s->search(s, ctx, addr);
}

static inline void *store_lookup(struct store *s, uint64_t ctx, uint64_t addr)
{
    return store_lookup_from(s, store_hinted(s, ctx, addr), ctx, addr);
}

/* The same without counting and without telling the policy. */
void *store_peek(const struct store *s, uint64_t ctx, uint64_t addr);

/* An entry as it is stored; for tests, invalidation reports and the tag of a found payload. */
struct store_view { uint64_t ctx, base, tag; unsigned size_log2; void *payload; };
bool store_view_of(const struct store *s, const void *payload, struct store_view *out);

/* The tag of the entry whose payload this is. */
static inline uint64_t *store_tag(const void *payload)
{
    return &((struct store_entry *)(uintptr_t)payload - 1)->tag;
}

/* Makes an entry and returns its payload for the caller to write, all of it.  An entry of the same
 * ctx, base and size is overwritten in place.  base is aligned down to the size.  With policy
 * flush-all a store that is full is emptied first, whether or not the key is there; *flushed (may
 * be NULL) says so.  NULL only if the store does not exist. */
static inline void *store_fill(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2,
                               uint64_t tag, bool *flushed)
{
    if (flushed)
        *flushed = false;
    return s->insert(s, ctx, base, size_log2, tag, flushed);
}

/* From here on inserts of keys that are not there use these of each set's ways alone: from and to in percent of
 * the ways, one way at least.  Lookups find an entry wherever it is.  Skewed stores are not divided. */
void store_ways(struct store *s, unsigned from, unsigned to);

/* The same with the payload zeroed. */
void *store_insert(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2, uint64_t tag,
                   bool *flushed);

/* Removes what matches; returns how many entries went.  Removing by a short address range touches
 * only the sets it can be in. */
uint64_t store_invalidate(struct store *s, const struct store_match *m);

/* Remembers the last STORE_LOG invalidations, each with what *clock says then, so that a fill that has
 * taken its time can be held against those that came in between.  0 or SIM_EENV. */
enum { STORE_LOG = 32 };
int store_keep_log(struct store *s, const uint64_t *clock);

/* The way that the entry with this payload is in; of a skewed store in the set that its key has there. */
unsigned store_way(const struct store *s, const void *payload);

/* Would an invalidation after `since` have removed such an entry?  True also if that is not known any
 * more. */
bool store_covered(const struct store *s, uint64_t since, uint64_t ctx, uint64_t base,
                   unsigned size_log2, uint64_t tag);

/* The same lookup once more: tells the policy and does not count. */
static inline void *store_lookup_again(struct store *s, uint64_t ctx, uint64_t addr)
{
    struct store_stats before = s->st;
    void *found = store_lookup(s, ctx, addr);

    s->st = before;
    return found;
}

/* Removes exactly the entry of this key; false if there is none.  Counts as an invalidation. */
bool store_remove(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2);

/* Empties it, uncounted.  Trees and round-robin pointers stay where they are, as after
 * invalidations. */
void     store_clear(struct store *s);
uint64_t store_valid(const struct store *s);      /* entries in use */
uint64_t store_usable(const struct store *s);     /* entries that can be: without the reserved */

/* Calls fn for every valid entry, set by set and way by way. */
void store_each(const struct store *s, void (*fn)(const struct store_view *v, void *arg),
                void *arg);

#endif
