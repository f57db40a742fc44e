/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue against a list that is searched from end to end, on random operations: near, far and very
 * far, at equal times, removed, moved, with limits to what may be taken.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "kernel/queue.h"
#include "suite.h"

enum { NODES = 300 };

struct pair {
    struct queue queue;
    struct qnode node[NODES];
    bool         in[NODES];            /* the reference: what is in the queue */
    unsigned     n;
    uint64_t     now, rank;
    struct rng   rng;
};

static unsigned long operations(void)
{
    const char *full = getenv("IOMMUSIM_FULL");

    return full && strcmp(full, "1") == 0 ? 10000000 : 300000;
}

static int reference_first(const struct pair *p)
{
    int best = -1;

    for (int i = 0; i < NODES; i++)
        if (p->in[i] && (best < 0 || p->node[i].t_ps < p->node[best].t_ps ||
                         (p->node[i].t_ps == p->node[best].t_ps &&
                          p->node[i].rank < p->node[best].rank)))
            best = i;
    return best;
}

/* Equal, close, within the window, around its end, far, and as far as time goes. */
static uint64_t random_delay(struct pair *p)
{
    switch (rng_below(&p->rng, 8)) {
    case 0:  return 0;
    case 1:  return rng_below(&p->rng, 4) * 1000;
    case 2:  return rng_below(&p->rng, 300);
    case 3:  return rng_below(&p->rng, 1000000);
    case 4:  return (1u << 20) - 600 + rng_below(&p->rng, 1200);
    case 5:  return rng_below(&p->rng, 1ull << (20 + rng_below(&p->rng, 12)));
    case 6:  return rng_below(&p->rng, 8) << (24 + rng_below(&p->rng, 12));
    default: return rng_below(&p->rng, 16) ? rng_below(&p->rng, 50000)
                                           : rng_below(&p->rng, 1ull << 55);
    }
}

static void put(struct pair *p, unsigned i)
{
    p->node[i].t_ps = p->now + random_delay(p);
    p->node[i].rank = rng_below(&p->rng, 4) << 44 | p->rank++;
    if (!queue_insert_quick(&p->queue, &p->node[i]))
        queue_insert(&p->queue, &p->node[i]);
    p->in[i] = true;
    p->n++;
}

static void remove_node(struct pair *p, unsigned i)
{
    queue_remove(&p->queue, &p->node[i]);
    p->in[i] = false;
    p->n--;
}

/* Takes what is due by a limit, as both have it: false if they differ. */
static bool take(struct pair *p, uint64_t limit)
{
    int want = reference_first(p);
    struct qnode *n = queue_take(&p->queue, limit);

    if (want >= 0 && p->node[want].t_ps > limit)
        want = -1;
    if (n != (want < 0 ? NULL : &p->node[want]))
        return false;
    if (!n) {
        p->now = limit;
        return true;
    }
    p->now = n->t_ps;
    p->in[want] = false;
    p->n--;
    return !qnode_queued(n);
}

/* While filling, more is put than taken. */
static bool step(struct pair *p, unsigned most, bool filling)
{
    unsigned i = (unsigned)rng_below(&p->rng, most);
    int first;

    switch (rng_below(&p->rng, filling ? 20 : 8)) {
    case 0:
        if (p->in[i])
            remove_node(p, i);
        return true;
    case 1:
        if (p->in[i]) {
            remove_node(p, i);
            put(p, i);
        }
        return true;
    case 2:
        first = reference_first(p);
        return queue_next_ps(&p->queue) == (first < 0 ? UINT64_MAX : p->node[first].t_ps);
    case 3:
        return take(p, p->now + rng_below(&p->rng, 2000000));
    case 4:
    case 5:
        return p->n == 0 || take(p, UINT64_MAX);
    default:
        if (!p->in[i] && p->now < 1ull << 62)
            put(p, i);
        return true;
    }
}

static void start(struct pair *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    rng_init(&p->rng, seed, "queue");
    queue_init(&p->queue);
    if (seed % 2)
        p->now = rng_below(&p->rng, 1ull << 40);
}

static void queue_gives_what_a_sorted_list_gives(void)
{
    static const unsigned most[] = { 1, 2, 3, 12, 60, NODES };
    static struct pair p;
    unsigned long n = operations();

    for (unsigned k = 0; k < sizeof most / sizeof *most; k++) {
        unsigned long per = n / 6, wrong = 0;

        for (unsigned long i = 0; i < per && !wrong; i++) {
            if (i % 20000 == 0)
                start(&p, k + i);
            if (!step(&p, most[k], i / 500 % 2 == 0)) {
                wrong = i + 1;
                fprintf(stderr, "\nat most %u entries: operation %lu differs\n", most[k], i);
            }
        }
        CHECK_EQ(wrong, 0);
        while (p.n > 0 && take(&p, UINT64_MAX))
            ;
        CHECK_EQ(p.n, 0);
        CHECK_EQ(queue_next_ps(&p.queue), UINT64_MAX);
    }
}

#define TESTS(T) T(queue_gives_what_a_sorted_list_gives)
TEST_SUITE("queue", TESTS)
