/* SPDX-License-Identifier: Apache-2.0
 *
 * What a walker is given: walks of a few contexts, legal STEs and CDs, through tables that are never written: a word
 * of memory is made, when it is read, of its address and of how often software has changed that part of memory.  So
 * whatever the walker reads is a descriptor of some kind, every combination of levels and leaves comes about, and
 * walks of neighbouring addresses meet in the same tables.  How often descriptors are wrong, how long memory takes,
 * who waits for whom and how many invalidations there are changes from time to time.
 */
#include <string.h>

#include "arch/smmuv3/config.h"
#include "base/rng.h"
#include "base/sim.h"
#include "rtl-cosim/twin/design.h"
#include "rtl-cosim/twin/walker_twin.h"
#include "system/smmuv3/smmuv3.h"

enum { CONTEXTS = 10, PLACES = 24, IDS = 256, READS = 256, REGIONS = 64, MOOD_CYCLES = 4000, CONTEXT_CYCLES = 20000 };

/* Of 1024: requests offered, reads taken, data returned when due, answers taken, invalidations, memory changed, wrong
 * descriptors, reads that fail; and the longest latency of memory. */
struct mood { unsigned req, ar, r, rsp, inval, change, wrong, error, latency; };

static const struct mood moods[] = {
    { 1024, 1024, 1024, 1024,  0, 0,  0,  0,   1 }, { 1024, 1024, 1024, 1024,  2, 1,  2, 0,  20 },
    {  600,  500,  700,  500, 10, 5, 10,  5,  10 }, {  200, 1024, 1024, 1024,  5, 5, 40, 5,   5 },
    { 1024,  200, 1024, 1024,  4, 1,  2,  0,   1 }, { 1024, 1024,  300,  100, 20, 5,  5, 1,  40 },
    {  900, 1024, 1024,   30,  6, 2,  5,  1,   3 }, { 1024, 1024, 1024, 1024, 80, 5,  1, 0,   8 },
    {   20, 1024, 1024, 1024,  2, 1,  5,  1, 100 },
};

struct read { uint64_t addr, due; bool valid; };

struct stimulus {
    struct rng rng;
    const struct mood *mood;
    struct smmuv3_regs regs;
    struct { struct cosim_context words; struct smmuv3_config c; } context[CONTEXTS];
    uint64_t place[PLACES];
    bool used[IDS];
    struct read read[READS];           /* by id of the port: a slot has one at a time                     */
    uint64_t changes[REGIONS], cycle;
    struct cosim_context given;        /* of the request that is offered                                  */
};

static bool one_in(struct stimulus *s, uint64_t n)
{
    return rng_below(&s->rng, n) == 0;
}

static bool now(struct stimulus *s, unsigned of_1024)
{
    return rng_below(&s->rng, 1024) < of_1024;
}

static uint64_t some_bits(struct stimulus *s, unsigned n)
{
    return rng_u64(&s->rng) & bits_low(n);
}

/* ---- contexts ------------------------------------------------------------------------------------ */

static uint64_t some_base(struct stimulus *s)
{
    return one_in(s, 8) ? some_bits(s, 48) : some_bits(s, 30 + (unsigned)rng_below(&s->rng, 8));
}

/* Most of them as large as can be, so that addresses seldom fall outside. */
static void random_ste(struct stimulus *s, uint64_t *ste)
{
    bool large = !one_in(s, 3);

    memset(ste, 0, STE_BYTES);
    FIELD_SET(STE, V, ste, 1);
    FIELD_SET(STE, CONFIG, ste, 5 + rng_below(&s->rng, 3));
    FIELD_SET(STE, S2VMID, ste, 1 + rng_below(&s->rng, 3));
    FIELD_SET(STE, S2T0SZ, ste, large ? 16 : 16 + rng_below(&s->rng, 24));
    FIELD_SET(STE, S2SL0, ste, large ? 2 : rng_below(&s->rng, 3));
    FIELD_SET(STE, S2PS, ste, large ? 5 : rng_below(&s->rng, 8));
    FIELD_SET(STE, S2AA64, ste, 1);
    FIELD_SET(STE, S2AFFD, ste, one_in(s, 3));
    FIELD_SET(STE, S2PTW, ste, one_in(s, 3));
    FIELD_SET(STE, S2R, ste, one_in(s, 2));
    FIELD_SET(STE, MEMATTR, ste, some_bits(s, 4));
    FIELD_SET_ADDR(STE, S2TTB, ste, bits_align_down(some_base(s), 4));
}

static void random_cd(struct stimulus *s, uint64_t *cd)
{
    bool large = !one_in(s, 3);

    memset(cd, 0, CD_BYTES);
    FIELD_SET(CD, V, cd, 1);
    FIELD_SET(CD, AA64, cd, 1);
    FIELD_SET(CD, T0SZ, cd, large ? 16 : 16 + rng_below(&s->rng, 24));
    FIELD_SET(CD, T1SZ, cd, large ? 16 : 16 + rng_below(&s->rng, 24));
    FIELD_SET(CD, TG0, cd, 0);
    FIELD_SET(CD, TG1, cd, 2);
    FIELD_SET(CD, EPD0, cd, one_in(s, 8));
    FIELD_SET(CD, EPD1, cd, one_in(s, 4));
    FIELD_SET(CD, TBI0, cd, one_in(s, 2));
    FIELD_SET(CD, TBI1, cd, one_in(s, 2));
    FIELD_SET(CD, HAD0, cd, one_in(s, 3));
    FIELD_SET(CD, HAD1, cd, one_in(s, 3));
    FIELD_SET(CD, IPS, cd, large ? 5 : rng_below(&s->rng, 8));
    FIELD_SET(CD, AFFD, cd, one_in(s, 3));
    FIELD_SET(CD, WXN, cd, one_in(s, 4));
    FIELD_SET(CD, PAN, cd, one_in(s, 4));
    FIELD_SET(CD, R, cd, one_in(s, 2));
    FIELD_SET(CD, A, cd, one_in(s, 2));
    FIELD_SET(CD, ASID, cd, 1 + rng_below(&s->rng, 3));
    FIELD_SET(CD, MAIR, cd, rng_u64(&s->rng));
    FIELD_SET_ADDR(CD, TTB0, cd, bits_align_down(some_base(s), 4));
    FIELD_SET_ADDR(CD, TTB1, cd, bits_align_down(some_base(s), 4));
}

static void random_context(struct stimulus *s, unsigned n)
{
    struct cosim_context *w = &s->context[n].words;
    struct smmuv3_config *c = &s->context[n].c;

    do {
        random_ste(s, w->ste);
        random_cd(s, w->cd);
    } while (smmuv3_decode_ste(&s->regs, w->ste, c) || (c->s1 && smmuv3_decode_cd(&s->regs, w->cd, c)));
}

static int init(void *state, const struct cosim_param *built, uint64_t seed)
{
    struct stimulus *s = state;

    (void)built;
    rng_init(&s->rng, seed, "walker");
    cosim_design_idr(&s->regs);
    for (unsigned i = 0; i < CONTEXTS; i++)
        random_context(s, i);
    for (unsigned i = 0; i < PLACES; i++)
        s->place[i] = some_bits(s, 48);
    s->mood = &moods[0];
    return SIM_OK;
}

/* ---- memory -------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a)
{
    a = (a ^ a >> 30) * 0xbf58476d1ce4e5b9ull;
    a = (a ^ a >> 27) * 0x94d049bb133111ebull;
    return a ^ a >> 31;
}

/* A table or page in eight of nine cases, else a block; most attributes let everything pass. */
static uint64_t descriptor(const struct stimulus *s, uint64_t addr)
{
    static const uint8_t width[8] = { 28, 32, 32, 36, 36, 40, 30, 48 };
    uint64_t h = mix(addr ^ s->changes[mix(addr >> 12) % REGIONS] << 48), more = mix(h), d;

    d = (h & bits_low(width[more & 7])) & bits_mask(47, 12);
    if ((more >> 3 & 15) == 0 && s->mood->change)
        d = h & bits_mask(47, 12);
    d |= (more >> 8) % 9 ? 3 : 1;
    FIELD_SET(PTE, AF, &d, (more >> 12) % 64 != 0);
    FIELD_SET(PTE, AP, &d, more >> 20 & 3);
    FIELD_SET(PTE, NG, &d, more >> 22 & 1);
    FIELD_SET(PTE, SH, &d, more >> 24 & 3);
    FIELD_SET(PTE, ATTRINDX, &d, (more >> 26 & 15) ? 7 : 0);
    FIELD_SET(PTE, PXN, &d, more >> 30 & 1);
    FIELD_SET(PTE, UXN, &d, more >> 31 & 1);
    if ((more >> 32 & 7) == 0)
        d |= (more >> 35 & 31) << 59;
    if ((more >> 40 & 3) != 0)         /* stage 2: readable                                              */
        FIELD_SET(S2PTE, S2AP, &d, FIELD_GET(S2PTE, S2AP, &d) | 1);
    if ((more >> 42 & 7) != 0)
        d |= (more >> 48 & 15) << 48;  /* bits that mean nothing here                                     */
    return (more >> 52 & 1023) < s->mood->wrong ? d & ~1ull : d;
}

/* ---- a request ----------------------------------------------------------------------------------- */

static uint64_t some_address(struct stimulus *s, const struct smmuv3_config *c)
{
    uint64_t a = s->place[rng_below(&s->rng, PLACES)];

    switch (rng_below(&s->rng, 4)) {
    case 0:
        a ^= some_bits(s, 21);
        break;
    case 1:
        a ^= some_bits(s, 39);
        break;
    default:
        a ^= some_bits(s, 13);
        break;
    }
    if (c->s1 && !c->epd[0] && (c->epd[1] || one_in(s, 2)))
        a &= bits_low(c->tt[0].in_bits);
    else if (c->s1 && !c->epd[1])
        a |= ~bits_low(c->tt[1].in_bits);
    else if (c->s2 && !c->s1)
        a &= bits_low(c->s2t.in_bits);
    if (one_in(s, 8))
        a ^= some_bits(s, 8) << 56;
    return one_in(s, 32) ? a ^ 1ull << rng_below(&s->rng, 64) : a;
}

static void request(struct stimulus *s, struct cosim_walk_req *q)
{
    unsigned n = (unsigned)rng_below(&s->rng, CONTEXTS), id = (unsigned)rng_below(&s->rng, IDS);
    const struct smmuv3_config *c = &s->context[n].c;

    if (s->used[id])
        return;
    s->used[id] = true;
    s->given = s->context[n].words;
    *q = (struct cosim_walk_req){ .valid = true, .id = id, .context = &s->given, .write = one_in(s, 3),
                                  .exec = one_in(s, 6), .priv = one_in(s, 2), .nofill = one_in(s, 50) };
    q->addr = some_address(s, c);
    if (c->s2 && one_in(s, 10)) {
        q->stage2_only = true;
        q->addr = bits_align_down(s->place[rng_below(&s->rng, PLACES)] & bits_low(c->s2t.in_bits), 6);
        if (one_in(s, 10))
            q->addr = bits_align_down(some_bits(s, 52), 6);
    }
}

/* ---- an invalidation ----------------------------------------------------------------------------- */

static void row(struct cosim_store_match *m, uint64_t asid, uint64_t vmid, int global, bool s1)
{
    uint64_t *mask = &m->tag_mask[m->n_tag], *value = &m->tag_value[m->n_tag];

    *mask = *value = 0;
    FIELD_SET(TLB_TAG, S1, mask, 1);
    FIELD_SET(TLB_TAG, S1, value, s1);
    FIELD_SET(TLB_TAG, VMID, mask, 0xffff);
    FIELD_SET(TLB_TAG, VMID, value, vmid);
    if (asid) {
        FIELD_SET(TLB_TAG, ASID, mask, 0xffff);
        FIELD_SET(TLB_TAG, ASID, value, asid);
    }
    if (global >= 0) {
        FIELD_SET(TLB_TAG, GLOBAL, mask, 1);
        FIELD_SET(TLB_TAG, GLOBAL, value, (unsigned)global);
    }
    m->n_tag++;
}

static void some_range(struct stimulus *s, struct cosim_store_match *m)
{
    const struct smmuv3_config *c = &s->context[rng_below(&s->rng, CONTEXTS)].c;
    uint64_t a = some_address(s, c), bytes = 1ull << 12;

    if (one_in(s, 3))
        bytes <<= rng_below(&s->rng, 30);
    m->by_addr = true;
    m->first = bits_align_down(a, 12);
    m->last = m->first + bytes - 1 < m->first ? ~0ull : m->first + bytes - 1;
}

/* As commands say it. */
static void invalidate(struct stimulus *s, struct cosim_store_in *in)
{
    struct cosim_store_match *m = &in->match;
    uint64_t asid = 1 + rng_below(&s->rng, 3), vmid = rng_below(&s->rng, 4);
    bool leaf = one_in(s, 3);

    *m = (struct cosim_store_match){ 0 };
    in->inval = true;
    in->parts = COSIM_PART_TLB | COSIM_PART_S1;
    switch (rng_below(&s->rng, 8)) {
    case 0:                            /* everything                                                      */
        in->parts |= COSIM_PART_S2;
        break;
    case 1:                            /* of a VMID's stage 1                                             */
        row(m, 0, vmid, -1, true);
        break;
    case 2:                            /* of an ASID                                                      */
        row(m, asid, vmid, 0, true);
        break;
    case 3:
        row(m, 0, vmid, -1, false);
        some_range(s, m);
        in->parts = COSIM_PART_TLB | (leaf ? 0 : COSIM_PART_S2);
        break;
    case 4:                            /* VAA                                                             */
        row(m, 0, vmid, -1, true);
        some_range(s, m);
        break;
    default:                           /* VA                                                              */
        row(m, asid, vmid, 0, true);
        row(m, 0, vmid, 1, true);
        some_range(s, m);
        break;
    }
    if (leaf && m->by_addr)
        in->parts = COSIM_PART_TLB;
    if (one_in(s, 40))
        in->parts = 0;
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static void next_read(struct stimulus *s, const struct cosim_in *in, const struct cosim_out *said)
{
    if (said->ar.valid && in->ar_ready)
        s->read[said->ar.id] = (struct read){ said->ar.addr, s->cycle + rng_below(&s->rng, s->mood->latency), true };
}

/* Data of one of those that are due; held while it is not taken. */
static void next_data(struct stimulus *s, struct cosim_in *in, const struct cosim_out *said)
{
    unsigned from = (unsigned)rng_below(&s->rng, READS);

    if (in->r.valid && !said->r_ready)
        return;
    in->r = (struct cosim_r){ 0 };
    if (!now(s, s->mood->r))
        return;
    for (unsigned i = 0; i < READS; i++) {
        struct read *r = &s->read[(from + i) % READS];

        if (!r->valid || r->due > s->cycle)
            continue;
        in->r = (struct cosim_r){ .valid = true, .last = true, .id = (uint8_t)((from + i) % READS),
                                  .error = now(s, s->mood->error), .data = descriptor(s, r->addr) };
        r->valid = false;
        return;
    }
}

static void change(struct stimulus *s)
{
    if (one_in(s, MOOD_CYCLES))
        s->mood = &moods[rng_below(&s->rng, ARRAY_LEN(moods))];
    if (now(s, s->mood->change))
        s->changes[rng_below(&s->rng, REGIONS)]++;
    if (one_in(s, CONTEXT_CYCLES))
        random_context(s, (unsigned)rng_below(&s->rng, CONTEXTS));
    if (one_in(s, CONTEXT_CYCLES))
        s->place[rng_below(&s->rng, PLACES)] = some_bits(s, 48);
}

static unsigned next(void *state, struct cosim_in *in, const struct cosim_out *said)
{
    struct stimulus *s = state;
    unsigned done = said->walk.valid && in->walk_rsp_ready;

    s->cycle++;
    change(s);
    if (done)
        s->used[said->walk.id % IDS] = false;
    next_read(s, in, said);
    next_data(s, in, said);
    if (in->walk.valid && said->walk_ready)
        in->walk = (struct cosim_walk_req){ 0 };
    if (!in->walk.valid && now(s, s->mood->req))
        request(s, &in->walk);
    if (in->store.inval && said->store.ready)
        in->store = (struct cosim_store_in){ 0 };
    if (!in->store.inval && now(s, s->mood->inval))
        invalidate(s, &in->store);
    in->ar_ready = now(s, s->mood->ar);
    in->walk_rsp_ready = now(s, s->mood->rsp);
    return done;
}

const struct lockstep_stimulus walker_stimulus = { .bytes = sizeof(struct stimulus), .init = init, .next = next };
