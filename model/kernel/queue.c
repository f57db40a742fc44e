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
    q->base = QUEUE_ALONE;
    q->near_base = q->any = 0;
    q->alone = NULL;
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

static void clear_bit(struct queue *q, size_t i)
{
    q->map[i / 64] &= ~(1ull << i % 64);
    if (!q->map[i / 64])
        q->any &= ~(1ull << i / 64);
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

static void insert(struct queue *q, struct qnode *n)
{
    if ((n->t_ps >> QUEUE_TICK_LOG2) - q->base < QUEUE_NEAR)
        insert_near(q, n);
    else
        insert_far(q, n);
}

void queue_insert(struct queue *q, struct qnode *n)
{
    struct qnode *first = q->alone;

    if (q->base == QUEUE_ALONE && !first) {
        q->alone = n;
        n->link.next = &n->link;
        return;
    }
    if (first) {
        q->alone = NULL;
        q->base = q->near_base;
        insert(q, first);
    }
    insert(q, n);
}

/* The bucket of this list is the only one that holds something. */
static void stand_alone(struct queue *q, struct qlink *list)
{
    q->alone = node_of(list->next);
    qlist_init(list);
    q->alone->link.next = &q->alone->link;
    q->map[(list - q->near) / 64] = q->any = 0;
    q->near_base = q->base;
    q->base = QUEUE_ALONE;
}

/* The rest of base's word holds nothing.  UINT64_MAX also if there is one entry left: it now is alone. */
uint64_t queue_next_word(struct queue *q)
{
    unsigned i = q->base % QUEUE_NEAR, w = i / 64;
    struct qlink *list;
    uint64_t any;

    if (!q->map[w])
        q->any &= ~(1ull << w);
    w++;
    any = q->any >> w % 64 | q->any << (-w % 64);
    if (!any)
        return UINT64_MAX;
    w += (unsigned)__builtin_ctzll(any);
    i = w * 64 + (unsigned)__builtin_ctzll(q->map[w % 64]) - i;
    if (!(any & (any - 1)) && q->far_base == UINT64_MAX && bits_is_pow2(q->map[w % 64])) {
        list = &q->near[(q->base + i) % QUEUE_NEAR];
        if (list->next == list->prev) {
            stand_alone(q, list);
            return UINT64_MAX;
        }
    }
    return q->base + i;
}

/* far_base may now be lower than it need be; queue_deal sees to that. */
void queue_remove(struct queue *q, struct qnode *n)
{
    struct qlink *list = n->link.next;
    bool last = list == n->link.prev;      /* both the head of the list */
    size_t i;

    if (n == q->alone) {
        q->alone = NULL;
        n->link.next = NULL;
        return;
    }
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
        insert(q, n);
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

/* The earliest time in a list, or t if that is earlier. */
static uint64_t earliest(const struct qlink *list, uint64_t t)
{
    for (const struct qlink *l = list->next; l != list; l = l->next) {
        const struct qnode *n = (const struct qnode *)(const void *)l;

        if (n->t_ps < t)
            t = n->t_ps;
    }
    return t;
}

uint64_t queue_next_ps(struct queue *q)
{
    const struct qlink *now = &q->near[q->base % QUEUE_NEAR];
    uint64_t b = q->base, t = UINT64_MAX;
    unsigned level, i;

    if (!q->alone && qlist_empty(now))
        b = queue_next_bucket(q);
    if (q->alone)
        return q->alone->t_ps;
    if (b != UINT64_MAX)
        t = node_of(q->near[b % QUEUE_NEAR].next)->t_ps;
    if (b >= q->far_base && first_far(q, &level, &i))
        t = earliest(&q->far[level * 64 + i], t);
    return t;
}
