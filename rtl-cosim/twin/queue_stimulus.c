/* SPDX-License-Identifier: Apache-2.0
 *
 * What registers and command queue are given: a memory of a few pages, which stands for all of memory and is full of
 * commands, most of them legal; a driver that rings, acknowledges errors, turns the queue off and on and places it
 * elsewhere, and pokes registers of every kind; reads that abort; invalidations that are taken now at once and now
 * late.  The driver obeys no rules, for the block has none for it.
 */
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "base/rng.h"
#include "base/sim.h"
#include "rtl-cosim/twin/queue_twin.h"

enum { WORDS = 512, MOOD_CYCLES = 400 };

/* Of 1024 cycles, in how many: the driver does something, a read's address, a beat and an invalidation is taken. */
static const struct mood { unsigned driver, address, beat, inval; } moods[] = {
    { 300, 1024, 1024, 1024 }, { 600, 500, 400, 500 }, { 60, 900, 900, 20 }, { 1024, 1024, 1024, 1024 },
    { 30, 100, 100, 900 }, { 200, 1024, 1024, 200 },
};

struct stimulus {
    struct rng rng;
    const struct mood *mood;
    uint64_t word[WORDS];
    struct cosim_ar read;              /* under way */
    unsigned beat;
    uint32_t prod;
    bool off;                          /* the queue has been turned off */
};

static uint64_t pick(struct stimulus *s, uint64_t n) { return rng_below(&s->rng, n); }
static bool one_in(struct stimulus *s, uint64_t n) { return pick(s, n) == 0; }
static bool now(struct stimulus *s, unsigned of_1024) { return pick(s, 1024) < of_1024; }

/* ---- commands ------------------------------------------------------------------------------------ */

static const uint8_t legal[] = {
    SMMUV3_CMD_PREFETCH_CONFIG, SMMUV3_CMD_PREFETCH_ADDR, SMMUV3_CMD_CFGI_STE, SMMUV3_CMD_CFGI_STE_RANGE,
    SMMUV3_CMD_CFGI_CD, SMMUV3_CMD_CFGI_CD_ALL, SMMUV3_CMD_TLBI_NH_ALL, SMMUV3_CMD_TLBI_NH_ASID,
    SMMUV3_CMD_TLBI_NH_VA, SMMUV3_CMD_TLBI_NH_VAA, SMMUV3_CMD_TLBI_S12_VMALL, SMMUV3_CMD_TLBI_S2_IPA,
    SMMUV3_CMD_TLBI_NSNH_ALL, SMMUV3_CMD_SYNC,
};

static unsigned some_op(struct stimulus *s)
{
    if (one_in(s, 100))
        return (unsigned)pick(s, 256);
    if (one_in(s, 50))
        return smmuv3_cmds[pick(s, smmuv3_cmd_count)].op;
    return legal[pick(s, ARRAY_LEN(legal))];
}

/* Every bit at random, but few of those that make it illegal. */
static void some_command(struct stimulus *s, uint64_t *w)
{
    w[0] = rng_u64(&s->rng);
    w[1] = rng_u64(&s->rng);
    FIELD_SET(CMD, OP, w, some_op(s));
    FIELD_SET(CMD, SSEC, w, one_in(s, 100));
    if (FIELD_GET(CMD, OP, w) == SMMUV3_CMD_SYNC)
        FIELD_SET(CMD, CS, w, one_in(s, 30) ? 3 : pick(s, 3));
    if (FIELD_GET(CMD, OP, w) == SMMUV3_CMD_CFGI_STE_RANGE && one_in(s, 4))
        FIELD_SET(CMD, RANGE, w, 31);
    if (one_in(s, 3))
        FIELD_SET(CMD, TG, w, 0);
    if (one_in(s, 16)) {
        FIELD_SET(CMD, NUM, w, 0);
        FIELD_SET(CMD, SCALE, w, pick(s, 2));
    }
    if (one_in(s, 8))
        FIELD_SET_ADDR(CMD, ADDR, w, ~0ull << pick(s, 64));
}

static void change_memory(struct stimulus *s)
{
    some_command(s, &s->word[2 * pick(s, WORDS / 2)]);
}

/* ---- the driver ---------------------------------------------------------------------------------- */

static void write_reg(struct cosim_in *in, uint32_t offset, unsigned bytes, uint64_t data)
{
    in->reg = (struct cosim_reg){ true, true, (uint8_t)bytes, offset, data };
}

static void ring(struct stimulus *s, struct cosim_in *in)
{
    s->prod = (s->prod + 1 + (uint32_t)pick(s, 5)) & 0xfffff;
    if (one_in(s, 16))
        s->prod = (uint32_t)pick(s, 1 << 20);
    write_reg(in, 0x98, 4, s->prod);
}

/* Turns the queue off, and on again. */
static void turn(struct stimulus *s, struct cosim_in *in)
{
    s->off = !s->off;
    write_reg(in, 0x20, 4, (s->off ? 0 : 8) | (one_in(s, 2) ? 5 : pick(s, 2) | pick(s, 2) << 2));
}

static void place(struct stimulus *s, struct cosim_in *in)
{
    uint64_t log2 = one_in(s, 16) ? pick(s, 32) : pick(s, 6);

    switch (pick(s, 3)) {
    case 0:
        write_reg(in, 0x90, 8, (rng_u64(&s->rng) & ~31ull) | log2);
        break;
    case 1:
        write_reg(in, 0x90 + 4 * (uint32_t)pick(s, 2), 4, rng_u64(&s->rng));
        break;
    default:
        write_reg(in, 0x9c, 4, rng_u64(&s->rng));
        break;
    }
}

/* Any register, or none, in any width. */
static void poke(struct stimulus *s, struct cosim_in *in)
{
    const struct smmuv3_reg_row *row = &smmuv3_reg_rows[pick(s, smmuv3_reg_count)];
    uint32_t offset = one_in(s, 4) ? (uint32_t)pick(s, 0x120) : row->offset;
    unsigned bytes = one_in(s, 16) ? (unsigned)pick(s, 16) : one_in(s, 3) ? 8 : 4;

    offset = one_in(s, 16) ? offset : offset & ~(bytes == 8 ? 7u : 3u);
    in->reg = (struct cosim_reg){ true, one_in(s, 3), (uint8_t)bytes, offset, rng_u64(&s->rng) };
    if (in->reg.write && (offset & ~7u) == 0x20)       /* CR0 has its own function */
        in->reg.write = false;
}

static void drive(struct stimulus *s, struct cosim_in *in)
{
    unsigned n = (unsigned)pick(s, 100);

    if (s->off ? n < 30 : n < 2)
        turn(s, in);
    else if (s->off && n < 60)
        place(s, in);
    else if (n < 45)
        ring(s, in);
    else if (n < 70)
        write_reg(in, 0x64, 4, pick(s, 2) | (one_in(s, 8) ? pick(s, 1 << 9) : 0));
    else
        poke(s, in);
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void serve(struct stimulus *s, struct cosim_in *in, const struct cosim_out *said)
{
    if (in->r.valid && said->r_ready && ++s->beat == s->read.beats)
        s->read.valid = false;
    if (said->ar.valid && in->ar_ready) {
        s->read = said->ar;
        s->beat = 0;
    }
    in->r = (struct cosim_r){ 0 };
    if (s->read.valid && now(s, s->mood->beat)) {
        uint64_t at = s->read.addr / 8 + s->beat;

        in->r = (struct cosim_r){ true, s->beat + 1u == s->read.beats, one_in(s, 200), s->read.id, s->word[at % WORDS] };
    }
    in->ar_ready = !s->read.valid && now(s, s->mood->address);
}

static unsigned next(void *state, struct cosim_in *in, const struct cosim_out *said)
{
    struct stimulus *s = state;
    unsigned done = (unsigned)in->reg.valid + (said->inval.valid && in->inval_ready);

    if (one_in(s, MOOD_CYCLES))
        s->mood = &moods[pick(s, ARRAY_LEN(moods))];
    if (one_in(s, 8))
        change_memory(s);
    serve(s, in, said);
    in->inval_ready = now(s, s->mood->inval);
    in->reg = (struct cosim_reg){ 0 };
    if (now(s, s->mood->driver))
        drive(s, in);
    return done;
}

static int init(void *state, const struct cosim_param *built, uint64_t seed)
{
    struct stimulus *s = state;

    (void)built;
    rng_init(&s->rng, seed, "queue");
    s->mood = &moods[0];
    s->off = true;
    for (unsigned i = 0; i < WORDS; i += 2)
        some_command(s, &s->word[i]);
    return SIM_OK;
}

const struct lockstep_stimulus queue_stimulus = { .bytes = sizeof(struct stimulus), .init = init, .next = next };
