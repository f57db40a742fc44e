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

void queue_insert_far(struct queue *q, struct qnode *n)
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

static void clear_near(struct queue *q, size_t i)
{
    q->map[i / 64] &= ~(1ull << i % 64);
    if (!q->map[i / 64])
        q->any &= ~(1ull << i / 64);
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
        clear_near(q, (size_t)(list - q->near));
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
bool queue_deal(struct queue *q, uint64_t limit_ps)
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

uint64_t queue_next_ps(const struct queue *q)
{
    uint64_t b = queue_first_near(q), t = UINT64_MAX;
    unsigned level, i;

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
