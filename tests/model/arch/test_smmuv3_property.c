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

#include "arch/smmuv3/translate.h"
#include "base/sim.h"
#include "smmuv3_ref.h"
#include "smmuv3_random.h"
#include "suite.h"

enum { PER_WORLD = 60, FLIPS = 12, SHOWN = 6, SPECULATIVE = 7 };

struct run {
    struct world w;
    struct smmuv3_ref ref;
    struct smmuv3_xl m;
    struct smmuv3_impl impl;
    struct ref_read read[REF_READS];
    struct ref_write write_at[REF_WRITES];
    unsigned reads, writes;
    uint64_t aborts;           /* an address whose read aborts; 0: none */
    uint64_t requests, bad, ok, nested, updates;
    uint64_t code[64];         /* how often each event */
};

static const struct smmuv3_ref_choice choice = { .walk_to_update = true, .stage1_hints = true };

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct run *r = arg;

    return (!r->aborts || pa != r->aborts) && mem_read(r->w.mem, pa, words, out);
}

static void note_read(struct run *r, const struct smmuv3_q *q)
{
    if (r->reads < REF_READS) {
        snprintf(r->read[r->reads].name, sizeof r->read[0].name, "%s", smmuv3_q_name(q));
        r->read[r->reads].pa = q->pa;
    }
    r->reads++;
}

/* A hardware update; several of one word are one. */
static void note_write(struct run *r, const struct smmuv3_q *q)
{
    unsigned i = 0;

    while (i < r->writes && r->write_at[i].pa != q->pa)
        i++;
    if (i == r->writes && r->writes < REF_WRITES)
        r->write_at[r->writes++] = (struct ref_write){ q->pa, q->old, 0 };
    r->write_at[i].new = q->value;
    mem_write64(r->w.mem, q->pa, q->value);
}

/* Memory as it was before. */
static void undo(struct run *r)
{
    for (unsigned i = 0; i < r->writes; i++)
        mem_write64(r->w.mem, r->write_at[i].pa, r->write_at[i].old);
}

static void machine(struct run *r, const struct xl_req *q)
{
    struct smmuv3_xl *m = &r->m;

    r->reads = r->writes = 0;
    smmuv3_xl_begin(m, &r->w.regs, &r->impl, q);
    while (smmuv3_xl_ask(m)) {
        uint64_t words[8];
        bool ok;

        if (!m->q.words) {
            smmuv3_xl_tell_none(m);
            continue;
        }
        ok = ref_mem(r, m->q.pa, m->q.words, words);
        if (m->q.kind != SMMUV3_Q_CAS)
            note_read(r, &m->q);
        else if (ok && words[0] == m->q.old)
            note_write(r, &m->q);
        smmuv3_xl_tell(m, ok ? words : NULL);
    }
    undo(r);
}

/* ---- the comparison -------------------------------------------------------------------------- */

/* Notes a difference; the first is shown. */
struct diff { const char *what; uint64_t found, expected; };

static void differ(struct diff *d, const char *what, uint64_t found, uint64_t expected)
{
    if (!d->what && found != expected)
        *d = (struct diff){ what, found, expected };
}

static unsigned passed(unsigned outcome)
{
    return outcome == XL_BYPASS ? XL_OK : outcome;
}

static void compare_reads(const struct run *r, struct diff *d)
{
    differ(d, "reads", r->reads, r->ref.reads);
    for (unsigned i = 0; i < r->reads && i < r->ref.reads && i < REF_READS; i++) {
        differ(d, r->read[i].name, r->read[i].pa, r->ref.read[i].pa);
        differ(d, r->ref.read[i].name, strcmp(r->read[i].name, r->ref.read[i].name), 0);
    }
}

static const struct ref_write *write_of(const struct ref_write *w, unsigned n, uint64_t pa)
{
    for (unsigned i = 0; i < n; i++)
        if (w[i].pa == pa)
            return &w[i];
    return NULL;
}

/* Where the access was let through, the same words change in the same way; where it was not, what was
 * updated on the way is the implementation's choice [SMMUv3 3.13.2]. */
static void compare_writes(const struct run *r, struct diff *d)
{
    const struct smmuv3_ref *a = &r->ref;

    if (passed(a->outcome) != XL_OK && !(a->ats_r || a->ats_w || a->ats_x))
        return;
    for (unsigned i = 0; i < a->writes; i++) {
        const struct ref_write *w = write_of(r->write_at, r->writes, a->write_at[i].pa);

        differ(d, "update", w ? w->new : mem_read64(r->w.mem, a->write_at[i].pa), a->write_at[i].new);
    }
    for (unsigned i = 0; i < r->writes; i++)
        differ(d, "update of", r->write_at[i].pa,
               write_of(a->write_at, a->writes, r->write_at[i].pa) ? r->write_at[i].pa : 0);
}

static void compare_leaf(const struct run *r, const struct xl_req *q, struct diff *d)
{
    const struct smmuv3_ref *a = &r->ref;
    const struct xl_leaf *l = &r->m.leaf;

    differ(d, "leaf", r->m.has_leaf, a->leaf);
    if (!a->leaf || !r->m.has_leaf)
        return;
    differ(d, "size", l->size_log2, r->impl.contiguous ? a->hint_log2 : a->size_log2);
    differ(d, "dirty1", l->dirty1, a->dirty1);
    differ(d, "dirty2", l->dirty2, a->dirty2);
    differ(d, "perm1", l->perm1, a->perm1);
    differ(d, "perm2", l->perm2, a->perm2);
    differ(d, "global", l->global, a->global);
    differ(d, "pa in leaf", l->pa + (q->addr & bits_low(l->size_log2)), a->pa);
}

static void compare_ats(const struct run *r, struct diff *d)
{
    const struct smmuv3_ref *a = &r->ref;
    const struct xl_result *res = &r->m.res;
    unsigned size = r->impl.contiguous ? a->hint_log2 : a->size_log2;

    differ(d, "R", res->ats_r, a->ats_r);
    differ(d, "W", res->ats_w, a->ats_w);
    differ(d, "X", res->ats_x, a->ats_x);
    if (!a->ats_r && !a->ats_w && !a->ats_x)
        return;
    if (a->leaf)
        differ(d, "translated size", res->ats_size_log2, size);
    differ(d, "translated page", res->pa >> res->ats_size_log2, a->pa >> res->ats_size_log2);
}

static void compare(struct run *r, const struct xl_req *q, struct diff *d)
{
    const struct smmuv3_ref *a = &r->ref;
    const struct xl_result *res = &r->m.res;
    uint64_t found[EVENT_WORDS], expected[4];

    differ(d, "event", res->code, a->outcome == XL_ATS_OK ? 0 : a->code);
    differ(d, "outcome", passed(res->outcome), passed(a->outcome));
    differ(d, "recorded", res->recorded, a->recorded);
    if (passed(a->outcome) == XL_OK) {
        differ(d, "pa", res->pa, a->pa);
        if (a->asid_used && r->w.config & 1)
            differ(d, "asid", res->domain & 0xffff, a->asid);
        if (a->vmid_used)
            differ(d, "vmid", res->domain >> 16, a->vmid);
        differ(d, "memory type", res->mair, a->mair);
        differ(d, "shareability", res->sh, a->sh);
        compare_leaf(r, q, d);
    }
    if (a->outcome == XL_ATS_OK)
        compare_ats(r, d);
    compare_writes(r, d);
    compare_reads(r, d);
    if (!a->recorded || !res->recorded)
        return;
    smmuv3_event_encode(q, res, found);
    smmuv3_ref_record(a, q, expected);
    for (unsigned i = 0; i < (a->code == SMMUV3_F_BAD_ATS_TREQ ? 1 : 4); i++)
        differ(d, "event word", found[i], expected[i]);
}

static void show(const struct run *r, const struct xl_req *q, const struct diff *d)
{
    const struct world *w = &r->w;
    const struct smmuv3_ref *a = &r->ref;

    fprintf(stderr, "\n%s: found 0x%" PRIx64 ", expected 0x%" PRIx64 "\n  outcome %u event 0x%x,"
            " expected %u 0x%x S2 %d CLASS %u; reads %u, expected %u\n", d->what, d->found,
            d->expected, r->m.res.outcome, r->m.res.code, a->outcome, a->code, a->s2, a->cls, r->reads,
            a->reads);
    fprintf(stderr, "  0x%" PRIx64 " sid 0x%x ssid %d 0x%x %s%s%s type %u; config %u in %u %u s2 %u"
            " pages 2^%u 2^%u s2 2^%u ds %d%d%d\n", q->addr, q->sid, q->has_ssid, q->ssid,
            q->speculative ? "S" : q->write ? "W" : "R", q->exec ? "X" : "", q->priv ? "P" : q->atomic ? "A" : "",
            q->type, w->config,
            w->half[0].in, w->half[1].in, w->stage2.in, w->half[0].page, w->half[1].page,
            w->stage2.page, w->half[0].ds, w->half[1].ds, w->stage2.ds);
    fprintf(stderr, "  IDR0 %" PRIx64 " IDR1 %" PRIx64 " IDR3 %" PRIx64 " IDR5 %" PRIx64 " CR0 %" PRIx64
            " CR2 %" PRIx64, w->regs.idr0, w->regs.idr1, w->regs.idr3, w->regs.idr5, w->regs.cr0,
            w->regs.cr2);
    for (unsigned i = 0; i < a->reads && i < REF_READS; i++) {
        const char *name = a->read[i].name;
        bool large = strcmp(name, "STE") == 0 || strcmp(name, "CD") == 0;

        fprintf(stderr, "\n  %s@%" PRIx64, name, a->read[i].pa);
        for (unsigned k = 0; k < (large ? 8 : 1); k++)
            fprintf(stderr, " %" PRIx64, mem_read64(w->mem, a->read[i].pa + 8 * k));
    }
    fprintf(stderr, "\n");
}

static void count(struct run *r)
{
    const struct smmuv3_ref *a = &r->ref;

    r->requests++;
    r->ok += passed(a->outcome) == XL_OK;
    r->nested += a->leaf && r->w.config == 7;
    r->updates += a->writes > 0;
    r->code[a->code & 63]++;
}

/* Every seventh is speculative. */
static void request(struct run *r, const struct xl_req *of)
{
    struct xl_req q = *of;
    struct diff d = { 0 };

    q.speculative = r->requests % SPECULATIVE == 0;
    smmuv3_ref_run(&r->ref, &r->w.regs, &choice, &q, ref_mem, r);
    machine(r, &q);
    compare(r, &q, &d);
    count(r);
    if (d.what && r->bad++ < SHOWN)
        show(r, &q, &d);
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
}

/* One of the reads of the last request aborts from now on. */
static void break_a_read(struct run *r)
{
    unsigned n = r->ref.reads < REF_READS ? r->ref.reads : REF_READS;

    r->aborts = n ? r->ref.read[world_pick(&r->w, n)].pa : 0;
}

static void legal_systems_are_translated_alike(void)
{
    static struct run r;

    begin(&r, 1);
    while (r.requests < wanted()) {
        world_make(&r.w);
        r.impl.contiguous = world_once(&r.w, 2);
        r.aborts = 0;
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
    unsigned n = r->ref.reads < REF_READS ? r->ref.reads : REF_READS;
    const struct ref_read *at = &r->ref.read[world_pick(&r->w, n ? n : 1)];
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
        r.aborts = 0;
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
