/* SPDX-License-Identifier: Apache-2.0
 *
 * The usual cases of searching and inserting, one copy for each organisation that is common enough:
 * entries of one size, and an insert of what has just been looked up in vain into a store that is
 * full.  Whatever is not usual goes to store_search_any and store_insert_any by a tail call, so
 * that a quick function needs few registers.  Both find and replace the same entries.
 */
#include "hw/store_impl.h"
#include "hw/store_policy.h"

#define QUICK(Q)                                                                                   \
    Q(SETS_OF_4,  STORE_LRU)    Q(SETS_OF_4,  STORE_FIFO)                                          \
    Q(SETS_OF_4,  STORE_PLRU)   Q(SETS_OF_4,  STORE_RR)                                            \
    Q(SETS_OF_8,  STORE_LRU)    Q(SETS_OF_8,  STORE_FIFO)                                          \
    Q(SETS_OF_8,  STORE_PLRU)   Q(SETS_OF_8,  STORE_RR)                                            \
    Q(SETS_OF_32, STORE_PLRU)   Q(SETS_OF_32, STORE_RR)                                            \
    Q(WIDE,       STORE_LRU)    Q(WIDE,       STORE_FIFO)                                          \
    Q(WIDE,       STORE_PLRU)   Q(WIDE,       STORE_FLUSH_ALL)

/* The clock of time stamps goes round: store_policy.h. */
STORE_INLINE bool clock_ends(const struct store_impl *m, enum store_layout layout,
                             enum store_policy policy)
{
    bool stamps = layout != WIDE && (policy == STORE_LRU || policy == STORE_FIFO);

    return stamps && m->clock == UINT32_MAX;
}

STORE_INLINE void use(struct store_impl *m, enum store_layout layout, enum store_policy policy,
                      struct store_at at)
{
    if (policy == STORE_LRU && layout != WIDE)
        stamps_of(m, layout, at.set)[at.way] = ++m->clock;
    else if (policy == STORE_PLRU)
        tree_touch_word(m, &m->state[at.set], at.way);
    else
        policy_touch(m, layout, policy, at);
}

STORE_INLINE void *remember(struct store *s, struct store_entry *e)
{
    s->used = e;
    s->hint[store_hint_of(e->ctx)] = e;
    return payload_of(e);
}

/* An empty store has no size, and nothing is found whichever is tried. */
STORE_INLINE void *search(struct store *s, enum store_layout layout, enum store_policy policy,
                          uint64_t ctx, uint64_t addr)
{
    struct store_impl *m = s->impl;
    struct store_key k = key_of(m, ctx, addr, m->size[0]);
    struct store_at at;
    enum store_found found = find_first(m, layout, &k, &at);

    if (found == OTHER || (found == ABSENT && m->sizes > 1) || clock_ends(m, layout, policy))
        return store_search_any(s, ctx, addr);
    s->st.lookups++;
    if (found == ABSENT) {
        m->missed = k;
        return NULL;
    }
    s->st.hits++;
    use(m, layout, policy, at);
    return remember(s, at.e);
}

STORE_INLINE void tell(struct store *s, enum store_layout layout, enum store_policy policy,
                       struct store_entry *e)
{
    s->used = e;
    if (LIKELY(!clock_ends(s->impl, layout, policy)))
        use(s->impl, layout, policy, place_back(s->impl, layout, e));
    else
        store_tell_any(s, e);
}

STORE_INLINE uint32_t victim(struct store_impl *m, enum store_layout layout,
                             enum store_policy policy, uint64_t set)
{
    if (policy == STORE_PLRU)
        return full_tree_victim(m->state[set], (uint32_t)m->ways);
    if (policy == STORE_RR)
        return next_in_turn(&m->state[set], (uint32_t)m->ways);
    return oldest(m, layout, set);
}

/* Is this key known to be missing, and is the victim's place taken by an entry of the same size?  A
 * store that is full now was so when the key was missed, and all its entries were of that size. */
STORE_INLINE bool can_replace(const struct store_impl *m, uint64_t ctx, uint64_t base,
                              unsigned size)
{
    return is_missed(m, ctx, base, size) && m->valid == m->capacity;
}

/* The victim's place stays taken and changes its key. */
STORE_INLINE void *insert(struct store *s, enum store_layout layout, enum store_policy policy,
                          uint64_t ctx, uint64_t base, unsigned size, uint64_t tag, bool *flushed)
{
    struct store_impl *m = s->impl;
    uint64_t set = m->missed.set;
    struct store_at at;

    if (layout == WIDE || !can_replace(m, ctx, base, size) || clock_ends(m, layout, policy))
        return store_insert_any(s, ctx, base, size, tag, flushed);
    at = place_at(m, set, victim(m, layout, policy, set));
    at.e->ctx = ctx;
    at.e->base = m->missed.base;
    at.e->tag = tag;
    sigs_of(m, layout, set)[at.way] = sig_of(m->missed.hash);
    m->missed.size = NOTHING;
    s->st.inserts++;
    s->st.evictions++;
    use(m, layout, policy == STORE_FIFO ? STORE_LRU : policy, at);
    return remember(s, at.e);
}

#define QUICK_FUNCTIONS(L, P)                                                                      \
    static void *search_##L##P(struct store *s, uint64_t ctx, uint64_t addr)                       \
    {                                                                                              \
        return search(s, L, P, ctx, addr);                                                         \
    }                                                                                              \
    static void tell_##L##P(struct store *s, struct store_entry *e)                                \
    {                                                                                              \
        tell(s, L, P, e);                                                                          \
    }                                                                                              \
    static void *insert_##L##P(struct store *s, uint64_t ctx, uint64_t base, unsigned size,        \
                               uint64_t tag, bool *flushed)                                        \
    {                                                                                              \
        return insert(s, L, P, ctx, base, size, tag, flushed);                                     \
    }
QUICK(QUICK_FUNCTIONS)

void store_choose_quick(struct store *s)
{
    struct store_impl *m = s->impl;

    bool tree = m->policy == STORE_PLRU;

    if (m->usable != m->ways || m->one_less || (tree && !bits_is_pow2(m->ways)))
        return;                        /* some ways are passed over */
    if (tree && m->leaves_log2 > 6)
        return;                        /* trees of several words */
#define QUICK_CHOICE(L, P)                                                                         \
    if (m->layout == (L) && m->policy == (P)) {                                                    \
        s->search = search_##L##P;                                                                 \
        if (!m->hits_only && !m->by_policy)                                                        \
            s->insert = insert_##L##P;                                                             \
        if (s->tell)                                                                               \
            s->tell = tell_##L##P;                                                                 \
    }
    QUICK(QUICK_CHOICE)
}
