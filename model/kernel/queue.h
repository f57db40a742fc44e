/* SPDX-License-Identifier: Apache-2.0
 *
 * queue.h - what is to happen, in the order in which it will: a timing wheel, for the kernel's own use.
 *
 * Entries are the caller's nodes; nothing is allocated.  The order is by (t_ps, rank), and the caller
 * makes ranks so that no two are equal.  Inserting, removing and taking the first cost the same however
 * many entries there are and however long nothing happens in between: time is jumped by finding set
 * bits, never stepped.
 *
 *   near  QUEUE_NEAR buckets of 2^QUEUE_TICK_LOG2 ps each, the window that begins at `base`.  A bucket
 *         is kept in order, searched from its end; one bit per bucket, and one per 64 of them, say
 *         which hold something.  A bucket is short in time (256 ps: less than a cycle of most clocks),
 *         so that what is inserted nearly always belongs at its end.
 *   far   levels of 64 buckets, each level's bucket as wide as all of the level below.  An entry goes to
 *         the level of the highest digit in which it differs from `base`; when `base` reaches its
 *         bucket, the bucket is dealt out to the levels below.  Far buckets are in no order.
 *
 *   alone  an entry that is the only one stands outside, as when requests come one after the other; that
 *         goes on until there are two.
 *
 * An insertion searches its bucket backwards past what comes later: thousands of entries within 256 ps
 * in falling order are slow, and the model has none such.
 */
#ifndef KERNEL_QUEUE_H
#define KERNEL_QUEUE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUEUE_TICK_LOG2   = 8,
    QUEUE_NEAR_LOG2   = 12,
    QUEUE_NEAR        = 1 << QUEUE_NEAR_LOG2,
    QUEUE_FAR_LEVELS  = 8,             /* 8 + 12 + 8 * 6 bits: more than a time has */
};

#define QUEUE_ALONE (1ull << 63)       /* `base` while there is at most one entry: none is near it */

struct qlink {
    struct qlink *next, *prev;         /* next is NULL in a node that is in no list */
};

struct qnode {
    struct qlink link;                 /* first: a list leads to links              */
    uint64_t t_ps, rank;
};

struct queue {
    struct qlink near[QUEUE_NEAR];     /* heads of circular lists, as are those of far              */
    uint64_t base;                     /* number of the first near bucket: t_ps >> QUEUE_TICK_LOG2  */
    uint64_t far_base;                 /* no far entry is in a lower bucket; UINT64_MAX if none     */
    uint64_t any;                      /* bit w: map[w] is not 0                                    */
    struct qnode *alone;               /* the only entry there is, or NULL; base is QUEUE_ALONE     */
    uint64_t near_base;                /* what base is to be when there are two                     */
    uint64_t map[QUEUE_NEAR / 64];
    uint64_t far_map[QUEUE_FAR_LEVELS];
    struct qlink far[QUEUE_FAR_LEVELS * 64];
};

void queue_init(struct queue *q);

/* t_ps and rank are set; t_ps is not before `base`. */
void queue_insert(struct queue *q, struct qnode *n);

void queue_remove(struct queue *q, struct qnode *n);

/* When the first entry is due, UINT64_MAX if there is none. */
uint64_t queue_next_ps(struct queue *q);

/* The cold paths of what follows. */
uint64_t queue_next_word(struct queue *q);
uint64_t queue_next_far(struct queue *q, uint64_t b, uint64_t limit_ps);

static inline void qlist_init(struct qlink *list)
{
    list->next = list->prev = list;
}

static inline bool qlist_empty(const struct qlink *list)
{
    return list->next == list;
}

static inline void qlink_insert_after(struct qlink *l, struct qlink *at)
{
    l->prev = at;
    l->next = at->next;
    at->next->prev = l;
    at->next = l;
}

static inline void qlink_remove(struct qlink *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    l->next = NULL;
}

static inline bool qnode_queued(const struct qnode *n)
{
    return n->link.next != NULL;
}

static inline bool qnode_later(const struct qlink *l, const struct qnode *n)
{
    const struct qnode *a = (const struct qnode *)(const void *)l;

    return a->t_ps > n->t_ps || (a->t_ps == n->t_ps && a->rank > n->rank);
}

/* The common cases of queue_insert: near, and at its bucket's end.  False if it is not so, and nothing
 * was done. */
static inline bool queue_insert_quick(struct queue *q, struct qnode *n)
{
    uint64_t b = n->t_ps >> QUEUE_TICK_LOG2;
    unsigned i = b % QUEUE_NEAR;
    struct qlink *list = &q->near[i], *last = list->prev;

    if (__builtin_expect(b - q->base >= QUEUE_NEAR, 0))
        return false;
    if (last == list) {
        n->link.next = n->link.prev = list;
        list->next = list->prev = &n->link;
        q->map[i / 64] |= 1ull << i % 64;
        q->any |= 1ull << i / 64;
    } else if (__builtin_expect(qnode_later(last, n), 0)) {
        return false;
    } else {
        n->link.next = list;
        last->next = &n->link;
        n->link.prev = last;
        list->prev = &n->link;
    }
    return true;
}

/* The number of the first bucket that holds something, that of `base` being empty: clears its bit.
 * UINT64_MAX if there is none near. */
static inline uint64_t queue_next_bucket(struct queue *q)
{
    unsigned i = q->base % QUEUE_NEAR;
    uint64_t word = q->map[i / 64] & ~(1ull << i % 64), rest = word >> i % 64;

    q->map[i / 64] = word;
    if (__builtin_expect(rest == 0, 0))
        return queue_next_word(q);
    return q->base + (unsigned)__builtin_ctzll(rest);
}

/* There is one. */
static inline struct qnode *queue_take_alone(struct queue *q, uint64_t limit_ps)
{
    struct qnode *n = q->alone;

    if (n->t_ps > limit_ps)
        return NULL;
    q->near_base = n->t_ps >> QUEUE_TICK_LOG2;
    q->alone = NULL;
    n->link.next = NULL;
    return n;
}

/* Takes the first entry out if it is due by limit_ps, else NULL.  The bit of a bucket that this empties
 * is cleared only when the next entry is looked for. */
static inline struct qnode *queue_take(struct queue *q, uint64_t limit_ps)
{
    struct qlink *list = &q->near[q->base % QUEUE_NEAR], *next;
    uint64_t b = q->base;
    struct qnode *n;

    if (qlist_empty(list)) {
        if (q->alone)
            return queue_take_alone(q, limit_ps);
        b = queue_next_bucket(q);
        if (__builtin_expect(b >= q->far_base, 0)) {
            b = queue_next_far(q, b, limit_ps);
            if (b == UINT64_MAX)
                return q->alone ? queue_take_alone(q, limit_ps) : NULL;
        }
        list = &q->near[b % QUEUE_NEAR];
    }
    n = (struct qnode *)(void *)list->next;
    if (n->t_ps > limit_ps)
        return NULL;
    q->base = b;
    next = n->link.next;
    list->next = next;
    next->prev = list;
    n->link.next = NULL;
    return n;
}

#endif
