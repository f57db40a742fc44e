/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/queue.h"

#include "base/bits.h"

/* Lowest bit of a far level's digit in a bucket's number. */
static unsigned shift_of(unsigned level)
{
    return QUEUE_NEAR_LOG2 + 6 * level;
}

static struct qnode *node_of(struct qlink *l)
{
    return (struct qnode *)(void *)l;
}

void queue_init(struct queue *q)
{
    q->base = q->any = 0;
    q->far_base = UINT64_MAX;
    for (unsigned i = 0; i < QUEUE_NEAR; i++)
        qlist_init(&q->near[i]);
    for (unsigned w = 0; w < QUEUE_NEAR / 64; w++)
        q->map[w] = 0;
    for (unsigned k = 0; k < QUEUE_FAR_LEVELS; k++) {
        q->far_map[k] = 0;
        for (unsigned i = 0; i < 64; i++)
            qlist_init(&q->far[k * 64 + i]);
    }
}

/* The number of the first near bucket that bucket i of a far level stands for. */
static uint64_t far_start(const struct queue *q, unsigned level, unsigned i)
{
    unsigned shift = shift_of(level);
    uint64_t above = shift + 6 < 64 ? q->base >> (shift + 6) << (shift + 6) : 0;

    return above | (uint64_t)i << shift;
}

static void insert_far(struct queue *q, struct qnode *n)
{
    uint64_t b = n->t_ps >> QUEUE_TICK_LOG2, start;
    unsigned level = (bits_log2(b ^ q->base) - QUEUE_NEAR_LOG2) / 6;
    unsigned i = b >> shift_of(level) & 63;

    qlink_insert_after(&n->link, q->far[level * 64 + i].prev);
    q->far_map[level] |= 1ull << i;
    start = far_start(q, level, i);
    if (start < q->far_base)
        q->far_base = start;
}

/* Behind all in the list that are not later, searched from its end. */
static void insert_near(struct queue *q, struct qnode *n)
{
    size_t i = (n->t_ps >> QUEUE_TICK_LOG2) % QUEUE_NEAR;
    struct qlink *list = &q->near[i], *at = list->prev;

    while (at != list && qnode_later(at, n))
        at = at->prev;
    qlink_insert_after(&n->link, at);
    q->map[i / 64] |= 1ull << i % 64;
    q->any |= 1ull << i / 64;
}

void queue_insert(struct queue *q, struct qnode *n)
{
    if ((n->t_ps >> QUEUE_TICK_LOG2) - q->base < QUEUE_NEAR)
        insert_near(q, n);
    else
        insert_far(q, n);
}

static void clear_bit(struct queue *q, size_t i)
{
    q->map[i / 64] &= ~(1ull << i % 64);
    if (!q->map[i / 64])
        q->any &= ~(1ull << i / 64);
}

/* The rest of base's word holds nothing. */
uint64_t queue_next_word(struct queue *q)
{
    unsigned i = q->base % QUEUE_NEAR, w = i / 64;
    uint64_t any;

    if (!q->map[w])
        q->any &= ~(1ull << w);
    w++;
    any = q->any >> w % 64 | q->any << (-w % 64);
    if (!any)
        return UINT64_MAX;
    w += (unsigned)__builtin_ctzll(any);
    return q->base - i + w * 64 + (unsigned)__builtin_ctzll(q->map[w % 64]);
}

/* far_base may now be lower than it need be; queue_deal sees to that. */
void queue_remove(struct queue *q, struct qnode *n)
{
    struct qlink *list = n->link.next;
    bool last = list == n->link.prev;      /* both the head of the list */
    size_t i;

    qlink_remove(&n->link);
    if (!last)
        return;
    if (list >= q->near && list < q->near + QUEUE_NEAR) {
        clear_bit(q, (size_t)(list - q->near));
    } else {
        i = (size_t)(list - q->far);
        q->far_map[i / 64] &= ~(1ull << i % 64);
    }
}

/* Lower levels are earlier, and so are lower buckets of a level: false if there is none. */
static bool first_far(const struct queue *q, unsigned *level, unsigned *i)
{
    for (*level = 0; *level < QUEUE_FAR_LEVELS; ++*level)
        if (q->far_map[*level]) {
            *i = (unsigned)__builtin_ctzll(q->far_map[*level]);
            return true;
        }
    return false;
}

static uint64_t far_base(const struct queue *q)
{
    unsigned level, i;

    return first_far(q, &level, &i) ? far_start(q, level, i) : UINT64_MAX;
}

/* Moves the window to the first far bucket and deals that out, unless all of it is after limit_ps;
 * false if nothing is left to be dealt by then. */
static bool deal(struct queue *q, uint64_t limit_ps)
{
    uint64_t start = far_base(q);
    unsigned level, i;
    struct qlink *list;

    if (start != q->far_base) {            /* what stood there was removed */
        q->far_base = start;
        return true;
    }
    if (!first_far(q, &level, &i) || start > limit_ps >> QUEUE_TICK_LOG2)
        return false;
    q->base = start;
    q->far_map[level] &= ~(1ull << i);
    list = &q->far[level * 64 + i];
    while (!qlist_empty(list)) {
        struct qnode *n = node_of(list->next);

        qlink_remove(&n->link);
        queue_insert(q, n);
    }
    q->far_base = far_base(q);
    return true;
}

/* b, the first near bucket that holds something, is not before all far ones: the first after these were
 * dealt out as far as they are due by limit_ps; UINT64_MAX if nothing is. */
uint64_t queue_next_far(struct queue *q, uint64_t b, uint64_t limit_ps)
{
    while (b >= q->far_base) {
        if (!deal(q, limit_ps))
            return UINT64_MAX;
        b = qlist_empty(&q->near[q->base % QUEUE_NEAR]) ? queue_next_bucket(q) : q->base;
    }
    return b;
}

uint64_t queue_next_ps(struct queue *q)
{
    const struct qlink *now = &q->near[q->base % QUEUE_NEAR];
    uint64_t b = q->base, t = UINT64_MAX;
    unsigned level, i;

    if (qlist_empty(now))
        b = queue_next_bucket(q);
    if (b != UINT64_MAX)
        t = node_of(q->near[b % QUEUE_NEAR].next)->t_ps;
    if (b >= q->far_base && first_far(q, &level, &i))
        for (const struct qlink *l = q->far[level * 64 + i].next; l != &q->far[level * 64 + i]; l = l->next) {
            const struct qnode *n = (const struct qnode *)(const void *)l;

            if (n->t_ps < t)
                t = n->t_ps;
        }
    return t;
}
