/* SPDX-License-Identifier: Apache-2.0
 *
 * The VT-d machine, driven cold from memory, against the second one of vtd_ref.h: random legal systems of
 * vtd_random.h, of legacy mode and of every PGTT, and requests near what they map; then the same with bits of
 * root, context, directory, PASID and table entries flipped and with reads that abort.  Everything that a request
 * shows has to be equal: outcome, reason, address, permissions, every read in its order, every update of memory.
 * Then the machine is answered from what earlier requests left, and has to end as without.
 *
 * IOMMUSIM_FULL=1: fifteen million requests.
 */
#include <stdlib.h>

#include "base/sim.h"
#include "suite.h"
#include "vtd_random.h"
#include "vtd_twins.h"

enum { PER_WORLD = 60, FLIPS = 12, SHOWN = 6 };

struct run {
    struct vtd_world w;
    struct vtd_twins both;
    uint64_t requests, bad, ok, updates;
    uint64_t type[6];          /* translated: legacy, by PGTT */
    uint64_t code[256];        /* how often each reason       */
};

static bool passed(unsigned outcome) { return outcome == XL_OK || outcome == XL_BYPASS; }

static void count(struct run *r)
{
    const struct vtd_ref *a = &r->both.ref;

    r->requests++;
    r->ok += passed(a->outcome);
    if (passed(a->outcome) && a->did_known)
        r->type[r->w.scalable ? r->w.type : 0]++;
    r->updates += a->writes > 0;
    r->code[a->code]++;
}

static void request(struct run *r, const struct xl_req *q)
{
    bool alike;

    r->both.mem = r->w.mem;
    alike = vtd_twins_request(&r->both, q);
    count(r);
    if (!alike && r->bad++ < SHOWN)
        vtd_twins_show(&r->both, q);
}

static uint64_t wanted(void)
{
    return getenv("IOMMUSIM_FULL") ? 5000000 : 100000;
}

static void begin(struct run *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    vtd_world_init(&r->w, seed, "vtd property");
    r->both.regs = &r->w.regs;
}

/* Rather a late one: there are more of them. */
static const struct vtd_ref_read *some_read(struct run *r)
{
    unsigned n = r->both.ref.reads < VTD_REF_READS ? r->both.ref.reads : VTD_REF_READS;
    uint64_t a, b;

    if (!n)
        return NULL;
    a = vtd_world_pick(&r->w, n);
    b = vtd_world_pick(&r->w, n);
    return &r->both.ref.read[a > b ? a : b];
}

/* One of the reads of the last request aborts from now on. */
static void break_a_read(struct run *r)
{
    const struct vtd_ref_read *at = some_read(r);

    r->both.aborts = at ? at->pa : 0;
}

static void report(const struct run *r)
{
    if (!getenv("IOMMUSIM_REPORT"))
        return;
    fprintf(stderr, "\n%" PRIu64 " requests, %" PRIu64 " pass (legacy %" PRIu64 ", PGTT 1 to 4 %" PRIu64 " %" PRIu64
            " %" PRIu64 " %" PRIu64 "), %" PRIu64 " update; reasons", r->requests, r->ok, r->type[0], r->type[1],
            r->type[2], r->type[3], r->type[4], r->updates);
    for (unsigned i = 1; i < 256; i++)
        if (r->code[i])
            fprintf(stderr, " %02x:%" PRIu64, i, r->code[i]);
    fprintf(stderr, "\n");
}

static void legal_systems_are_translated_alike(void)
{
    static struct run r;

    begin(&r, 1);
    while (r.requests < wanted()) {
        vtd_world_make(&r.w);
        r.both.aborts = 0;
        for (unsigned i = 0; i < PER_WORLD; i++) {
            struct xl_req q = vtd_world_request(&r.w);

            if (i == PER_WORLD - 5)
                break_a_read(&r);
            request(&r, &q);
        }
    }
    report(&r);
    CHECK_EQ(r.bad, 0);
    CU_ASSERT(r.ok > r.requests / 4);                    /* every kind of end is there */
    CU_ASSERT(r.updates > r.requests / 100);
    for (unsigned i = 0; i <= VTD_PGTT_PT; i++)
        CU_ASSERT(r.type[i] > r.requests / 100);
    vtd_world_free(&r.w);
}

/* Flips a bit in something that the last request read; returns where, and the word before in *was. */
static uint64_t flip(struct run *r, uint64_t *was)
{
    const struct vtd_ref_read *at = some_read(r);
    uint64_t pa, words = 1;

    if (!at)
        return 0;
    if (strcmp(at->name, "root") == 0)
        words = 2;
    else if (strcmp(at->name, "context") == 0)
        words = r->w.scalable ? 4 : 2;
    else if (strcmp(at->name, "PASID") == 0)
        words = vtd_world_once(&r->w, 4) ? 8 : 3;
    pa = at->pa + 8 * vtd_world_pick(&r->w, words);
    *was = mem_read64(r->w.mem, pa);
    mem_write64(r->w.mem, pa, *was ^ 1ull << vtd_world_pick(&r->w, 64));
    return pa;
}

/* Most flips are taken back. */
static void request_with_a_flip(struct run *r, const struct xl_req *q)
{
    uint64_t was = 0, pa = flip(r, &was);

    request(r, q);
    if (pa && !vtd_world_once(&r->w, 4))
        mem_write64(r->w.mem, pa, was);
}

static void flipped_bits_end_alike(void)
{
    static const uint8_t every[] = {
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x30, 0x31,
        0x32, 0x38, 0x39, 0x3a, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x50, 0x51, 0x52,
        0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79,
        0x7a, 0x7b, 0x7c, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x90,
    };
    static struct run r;

    begin(&r, 2);
    while (r.requests < wanted()) {
        struct xl_req q;

        vtd_world_make(&r.w);
        r.both.aborts = 0;
        q = vtd_world_request(&r.w);
        request(&r, &q);
        for (unsigned i = 0; i < FLIPS; i++) {
            if (i % 4 == 3)
                q = vtd_world_request(&r.w);
            if (i % 6 == 5)
                break_a_read(&r);
            request_with_a_flip(&r, &q);
            r.both.aborts = 0;
        }
    }
    report(&r);
    CHECK_EQ(r.bad, 0);
    for (unsigned i = 0; i < sizeof every; i++) {
        if (!r.code[every[i]])
            fprintf(stderr, "\nno reason 0x%02x\n", every[i]);
        CU_ASSERT(r.code[every[i]] > 0);
    }
    vtd_world_free(&r.w);
}

/* A unit that looks up by source and PASID first does not see whether the request said its PASID. */
static bool of_one_kind(const struct run *r, const struct vtd_impl *impl, const struct xl_req *q)
{
    if (r->w.scalable && impl->tlb_first && !q->has_ssid)
        return false;
    return (q->has_ssid ? q->ssid : r->w.rid_pasid) == r->w.pasid;
}

/* Requests of one source and PASID to a few addresses, answered from what earlier ones left: they end as the reference
 * says that they do without. */
static void what_is_kept_answers_as_memory_does(void)
{
    static struct run r;
    static struct vtd_twins_cache cache;
    uint64_t hits = 0;

    begin(&r, 3);
    while (r.requests < wanted()) {
        struct vtd_impl impl = { .tlb_first = vtd_world_once(&r.w, 3) };

        vtd_world_make(&r.w);
        memset(&cache, 0, sizeof cache);
        for (unsigned i = 0; i < PER_WORLD; i++) {
            struct xl_req q = vtd_world_request(&r.w);

            q.sid = r.w.sid;
            if (!of_one_kind(&r, &impl, &q))
                continue;
            r.both.mem = r.w.mem;
            if (!vtd_twins_warm(&r.both, &cache, &impl, &q) && r.bad++ < SHOWN)
                vtd_twins_show(&r.both, &q);
            count(&r);
        }
        hits += cache.hits;
    }
    report(&r);
    CHECK_EQ(r.bad, 0);
    CU_ASSERT(hits > r.requests);
    vtd_world_free(&r.w);
}

#define TESTS(T)                                                                                                       \
    T(legal_systems_are_translated_alike) T(flipped_bits_end_alike) T(what_is_kept_answers_as_memory_does)
TEST_SUITE("vtd property", TESTS)
