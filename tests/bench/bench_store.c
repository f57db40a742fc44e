/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_store.c - what one operation on a store costs, in organisations that real IOMMUs have.
 *
 *   hit           lookups that hit, in random order over all entries
 *   miss          lookups of addresses that are not there, the store being full
 *   miss_insert   a lookup that misses and the insert that follows it, the store being full
 *   unmap         an insert and the invalidation of its page, context given (stream or ASID known)
 *   unmap_tag     the same by tag and address (context not given)
 *   flush_tag     an invalidation by tag of a full store, nothing matching; per entry
 */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "bench/bench.h"
#include "hw/store.h"

enum { KEYS = 1 << 13, OPS = 1 << 19, PAYLOAD = 48, CTX = 8 };

struct key { uint64_t addr; uint32_t ctx, size; };

struct load {
    struct store s;
    struct key hit[KEYS], miss[KEYS];
    uint64_t next;             /* address never used before */
};

static void hits(void *arg, uint64_t n)
{
    struct load *l = arg;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct key *k = &l->hit[i % KEYS];
        const uint64_t *p = store_lookup(&l->s, k->ctx, k->addr);

        sum += p ? *p : 0;
    }
    BENCH_USE(sum);
}

static void misses(void *arg, uint64_t n)
{
    struct load *l = arg;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct key *k = &l->miss[i % KEYS];

        sum += store_lookup(&l->s, k->ctx, k->addr) == NULL;
    }
    BENCH_USE(sum);
}

static void miss_inserts(void *arg, uint64_t n)
{
    struct load *l = arg;

    for (uint64_t i = 0; i < n; i++) {
        const struct key *k = &l->miss[i % KEYS];
        uint64_t addr = k->addr + l->next, *p = store_lookup(&l->s, k->ctx, addr);

        if (!p)
            p = store_insert(&l->s, k->ctx, addr, k->size, 7, NULL);
        *p = addr;
        if (i % KEYS == KEYS - 1)
            l->next += 1ull << 44;
    }
}

static void unmap(struct load *l, uint64_t n, bool by_tag)
{
    for (uint64_t i = 0; i < n; i++) {
        const struct key *k = &l->miss[i % KEYS];
        struct store_match m = { .by_addr = true, .first = k->addr, .last = k->addr + 4095 };

        if (by_tag) {
            m.n_tag = 1;
            m.tag[0].mask = m.tag[0].value = 7;
        } else {
            m.ctx_mask = ~0ull;
            m.ctx_value = k->ctx;
        }
        store_insert(&l->s, k->ctx, k->addr, k->size, 7, NULL);
        store_invalidate(&l->s, &m);
    }
}

static void unmaps(void *arg, uint64_t n)
{
    unmap(arg, n, false);
}

static void unmaps_by_tag(void *arg, uint64_t n)
{
    unmap(arg, n, true);
}

static void flushes_by_tag(void *arg, uint64_t n)
{
    struct load *l = arg;
    struct store_match m = { .n_tag = 1, .tag = { { 0xff, 0x55 } } };

    for (uint64_t i = 0; i < n; i += store_valid(&l->s))
        store_invalidate(&l->s, &m);
}

/* A full store, and keys that hit and miss in it; `sizes` block sizes: 4 KiB, 2 MiB, 1 GiB. */
static void load_up(struct load *l, const struct store_params *par, unsigned sizes)
{
    struct rng r;
    uint64_t n = par->sets * par->ways;

    if (store_init(&l->s, NULL, "store", par, PAYLOAD, 100, 1))
        exit(2);
    l->next = 1ull << 44;
    for (uint64_t i = 0; i < n; i++) {
        unsigned size = 12 + 9 * (unsigned)(i % sizes);

        store_insert(&l->s, i % CTX, i << size | 1ull << 42, size, 7, NULL);
    }
    rng_init(&r, 1, "keys");
    for (unsigned i = 0; i < KEYS; i++) {
        uint64_t e = rng_below(&r, n);
        unsigned size = 12 + 9 * (unsigned)(e % sizes);

        l->hit[i] = (struct key){ e << size | 1ull << 42 | 0x123, (uint32_t)(e % CTX), size };
        l->miss[i] = (struct key){ (uint64_t)i << 12 | 1ull << 43, i % CTX, 12 };
    }
}

static void put(const char *name, const char *what, double ns)
{
    char full[80];

    snprintf(full, sizeof full, "store.%s.%s", name, what);
    bench_ns(full, ns);
}

static void measure(struct load *l, const char *name, struct store_params par, unsigned sizes)
{
    static const struct { const char *name; void (*fn)(void *, uint64_t); } op[] = {
        { "hit", hits }, { "miss", misses }, { "flush_tag", flushes_by_tag },
        { "miss_insert", miss_inserts }, { "unmap", unmaps }, { "unmap_tag", unmaps_by_tag },
    };

    load_up(l, &par, sizes);
    for (unsigned i = 0; i < sizeof op / sizeof op[0]; i++) {
        bool slow = par.ways > 8 && op[i].fn == unmaps_by_tag;

        put(name, op[i].name, bench_best(op[i].fn, l, slow ? OPS / par.ways : OPS));
    }
    store_destroy(&l->s);
}

static struct store_params shape(uint64_t sets, uint64_t ways, enum store_policy policy)
{
    return (struct store_params){ .sets = sets, .ways = ways, .policy = policy };
}

int main(void)
{
    struct load *l = calloc(1, sizeof *l);

    if (!l)
        return 2;
    measure(l, "512x4-lru", shape(512, 4, STORE_LRU), 1);
    measure(l, "512x4-plru", shape(512, 4, STORE_PLRU), 1);
    measure(l, "512x4-rr", shape(512, 4, STORE_RR), 1);
    measure(l, "500x4-lru", shape(500, 4, STORE_LRU), 1);
    measure(l, "64x8-lru", shape(64, 8, STORE_LRU), 1);
    measure(l, "64x16-lru", shape(64, 16, STORE_LRU), 1);
    measure(l, "512x4-lru-3sizes", shape(512, 4, STORE_LRU), 3);
    measure(l, "1x32-lru", shape(1, 32, STORE_LRU), 1);
    measure(l, "1x32-rr", shape(1, 32, STORE_RR), 1);
    measure(l, "1x64-plru", shape(1, 64, STORE_PLRU), 1);
    measure(l, "1x128-lru", shape(1, 128, STORE_LRU), 1);
    measure(l, "1x1024-lru", shape(1, 1024, STORE_LRU), 1);
    measure(l, "1x4096-lru", shape(1, 4096, STORE_LRU), 1);
    measure(l, "1x256-flush-all", shape(1, 256, STORE_FLUSH_ALL), 1);
    free(l);
    return 0;
}
