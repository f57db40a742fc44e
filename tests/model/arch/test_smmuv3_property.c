/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMMUv3 machine, driven cold from memory, against the reference of smmuv3_ref.h: random legal systems
 * of smmuv3_random.h and requests near what they map; then the same with bits of STEs, CDs, table and
 * descriptor words flipped and with reads that abort.  Everything that a transaction shows has to be equal:
 * outcome, address, event record, permissions, attributes, every read in its order, every update of memory.
 *
 * IOMMUSIM_FULL=1: ten million requests.
 */
#include <stdlib.h>

#include "base/sim.h"
#include "smmuv3_random.h"
#include "smmuv3_twins.h"
#include "suite.h"

enum { PER_WORLD = 60, FLIPS = 12, SHOWN = 6, SPECULATIVE = 7 };

struct run {
    struct world w;
    struct smmuv3_twins both;
    uint64_t requests, bad, ok, nested, updates;
    uint64_t code[64];         /* how often each event */
};

static void count(struct run *r)
{
    const struct smmuv3_ref *a = &r->both.ref;

    r->requests++;
    r->ok += smmuv3_passed(a->outcome) == XL_OK;
    r->nested += a->leaf && r->w.config == 7;
    r->updates += a->writes > 0;
    r->code[a->code & 63]++;
}

static void show(const struct run *r, const struct xl_req *q)
{
    const struct world *w = &r->w;

    smmuv3_twins_show(&r->both, q);
    fprintf(stderr, "  config %u in %u %u s2 %u pages 2^%u 2^%u s2 2^%u ds %d%d%d\n", w->config, w->half[0].in,
            w->half[1].in, w->stage2.in, w->half[0].page, w->half[1].page, w->stage2.page, w->half[0].ds,
            w->half[1].ds, w->stage2.ds);
}

/* Every seventh is speculative. */
static void request(struct run *r, const struct xl_req *of)
{
    struct xl_req q = *of;
    bool alike;

    q.speculative = r->requests % SPECULATIVE == 0;
    r->both.mem = r->w.mem;
    alike = smmuv3_twins_request(&r->both, &q);
    count(r);
    if (!alike && r->bad++ < SHOWN)
        show(r, &q);
}

/* ---- the two campaigns ----------------------------------------------------------------------- */

static uint64_t wanted(void)
{
    return getenv("IOMMUSIM_FULL") ? 5000000 : 100000;
}

static void begin(struct run *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    world_init(&r->w, seed, "smmuv3 property");
    r->both.regs = &r->w.regs;
}

/* One of the reads of the last request aborts from now on. */
static void break_a_read(struct run *r)
{
    unsigned n = r->both.ref.reads < REF_READS ? r->both.ref.reads : REF_READS;

    r->both.aborts = n ? r->both.ref.read[world_pick(&r->w, n)].pa : 0;
}

static void legal_systems_are_translated_alike(void)
{
    static struct run r;

    begin(&r, 1);
    while (r.requests < wanted()) {
        world_make(&r.w);
        r.both.impl.contiguous = world_once(&r.w, 2);
        r.both.aborts = 0;
        for (unsigned i = 0; i < PER_WORLD; i++) {
            struct xl_req q = world_request(&r.w);

            if (i == PER_WORLD - 5)
                break_a_read(&r);
            request(&r, &q);
        }
    }
    CHECK_EQ(r.bad, 0);
    CU_ASSERT(r.ok > r.requests / 4);                  /* every kind of end is there */
    CU_ASSERT(r.nested > r.requests / 25);
    CU_ASSERT(r.updates > r.requests / 100);
    for (unsigned code = 0x10; code <= 0x13; code++)
        CU_ASSERT(r.code[code] > r.requests / 200);
    world_free(&r.w);
}

/* Flips a bit in something that the last request read.  Not in MAIR, where many codes are unpredictable. */
static void flip(struct run *r)
{
    unsigned n = r->both.ref.reads < REF_READS ? r->both.ref.reads : REF_READS;
    const struct ref_read *at = &r->both.ref.read[world_pick(&r->w, n ? n : 1)];
    uint64_t pa = at->pa, bit = 1ull << world_pick(&r->w, 64);

    if (strcmp(at->name, "STE") == 0)
        pa += 8 * world_pick(&r->w, 8);
    else if (strcmp(at->name, "CD") == 0)
        pa += 8 * world_pick(&r->w, 3);
    if (n)
        mem_write64(r->w.mem, pa, mem_read64(r->w.mem, pa) ^ bit);
}

/* Without the contiguous hint, of which groups that disagree with themselves may make anything. */
static void flipped_bits_end_alike(void)
{
    static struct run r;

    begin(&r, 2);
    while (r.requests < wanted()) {
        struct xl_req q;

        world_make(&r.w);
        r.both.aborts = 0;
        q = world_request(&r.w);
        request(&r, &q);
        for (unsigned i = 0; i < FLIPS; i++) {
            flip(&r);
            if (i % 4 == 3)
                q = world_request(&r.w);
            if (i == FLIPS - 1)
                break_a_read(&r);
            request(&r, &q);
        }
    }
    CHECK_EQ(r.bad, 0);
    for (unsigned code = SMMUV3_C_BAD_STREAMID; code <= SMMUV3_F_WALK_EABT; code++)
        CU_ASSERT(r.code[code] > r.requests / 2000);
    world_free(&r.w);
}

#define TESTS(T) T(legal_systems_are_translated_alike) T(flipped_bits_end_alike)
TEST_SUITE("smmuv3 property", TESTS)
