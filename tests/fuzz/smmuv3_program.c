/* SPDX-License-Identifier: Apache-2.0 */
#include "smmuv3_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "base/bits.h"
#include "base/sim.h"

/* Keep their numbers: seeds and corpora are made of them.  Every other byte is a flip. */
#define OPS(O)                                                                                     \
    O(near_request) O(mutate) O(command) O(invalidate) O(write_register) O(reset) O(write)          \
    O(raw_request) O(again) O(flip) O(break_read) O(boot) O(sweep) O(more)           \
    O(near_command) O(provoke)

enum { WORLDS = 4096, SPECULATIVE = 7 };

/* ---- items ----------------------------------------------------------------------------------- */

static struct { uint64_t inputs, requests, used[ITEM_COUNT], read[ITEM_COUNT]; } count;

static void print_counts(void)
{
    static const char *const name[] = {
#define ITEM_NAME(N, name) name,
        PROGRAM_ITEMS(ITEM_NAME)
    };
    uint64_t sum = 0;

    for (unsigned i = 0; i < ITEM_COUNT; i++) {
        printf("items\t%s\t%" PRIu64 "\n", name[i], count.used[i]);
        sum += count.used[i];
    }
    printf("items\ttotal\t%" PRIu64 "\n", sum);
    printf("structures read\t%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", count.read[ITEM_STE],
           count.read[ITEM_CD], count.read[ITEM_DESCRIPTOR]);
    printf("requests\t%" PRIu64 "\ninputs\t%" PRIu64 "\n", count.requests, count.inputs);
}

void program_count(enum program_item item)
{
    count.used[item]++;
}

static void alter(struct program *p, uint64_t pa)
{
    p->altered[p->altereds % PROGRAM_ALTERED] = pa & ~7ull;
    p->altereds += p->altereds < PROGRAM_ALTERED;
}

static void restored(struct program *p, uint64_t pa)
{
    for (unsigned i = 0; i < p->altereds; i++)
        if (p->altered[i] == pa)
            p->altered[i] = UINT64_MAX;
}

void program_read(struct program *p, const char *name, uint64_t pa)
{
    enum program_item item = strcmp(name, "STE") == 0 ? ITEM_STE : strcmp(name, "CD") == 0 ? ITEM_CD
                                                                                            : ITEM_DESCRIPTOR;
    uint64_t bytes = item == ITEM_DESCRIPTOR ? 8 : 64;
    bool fresh = false;
    unsigned n = 0;

    count.read[item]++;
    for (unsigned i = 0; i < p->altereds; i++) {
        if (p->altered[i] - pa < bytes)
            fresh = true;
        else
            p->altered[n++] = p->altered[i];
    }
    p->altereds = n;
    count.used[item] += fresh;
}

/* ---- systems --------------------------------------------------------------------------------- */

static struct kept_world {
    bool made;
    struct world w;
    struct kept_words words;
} worlds[WORLDS];

/* As the vectors have it. */
static void empty_world(struct world *w)
{
    w->regs = (struct smmuv3_regs){
        .idr0 = 0x084d369b, .idr1 = 0x0d084510, .idr3 = 0x414, .idr5 = 0x100075, .aidr = 2,
        .cr0 = 0xd, .cr2 = 2, .strtab_base = 0x10000000, .strtab_base_cfg = 8,
    };
    w->sid = 5;
    w->leaves = 1;
}

static const struct kept_world *world_of(uint64_t seed)
{
    struct kept_world *k = &worlds[seed % WORLDS];

    if (k->made)
        return k;
    k->made = true;
    world_init(&k->w, seed % WORLDS, "fuzz");
    if (seed % WORLDS == 0) {
        empty_world(&k->w);
        return k;
    }
    world_make(&k->w);
    journal_keep(k->w.mem, &k->words);
    world_free(&k->w);
    k->w.mem = NULL;
    return k;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void request(struct program *p, const struct xl_req *q)
{
    p->last = *q;
    count.requests++;
    p->target->request(p, q);
}

static void near_request(struct program *p)
{
    uint64_t seed = take(&p->in, 2);
    struct xl_req q;

    rng_init(&p->w.rng, seed, "request");
    q = world_request(&p->w);
    q.speculative = seed % SPECULATIVE == 0;
    request(p, &q);
}

static void raw_request(struct program *p)
{
    struct xl_req q = { .addr = take(&p->in, 8), .sid = (uint32_t)take(&p->in, 4) };
    uint32_t w = (uint32_t)take(&p->in, 4);

    q.ssid = w & 0xfffff;
    q.has_ssid = w >> 20 & 1;
    q.write = w >> 21 & 1;
    q.priv = w >> 22 & 1;
    q.exec = w >> 23 & 1;
    q.type = (uint8_t)((w >> 24 & 3) % 3);
    q.no_write = w >> 26 & 1;
    q.speculative = w >> 27 & 1;
    q.atomic = q.type == XL_UNTRANSLATED && w >> 28 & 1;
    q.mem = (uint8_t)((w >> 29 & 3) % 3);
    request(p, &q);
}

static void again(struct program *p)
{
    const struct xl_req q = p->last;

    request(p, &q);
}

static void write_word(struct program *p, uint64_t pa, uint64_t word)
{
    alter(p, pa);
    p->target->write(p, pa, word);
}

static void write(struct program *p)
{
    uint64_t pa = take(&p->in, 8) & ~7ull & bits_low(52);

    p->any_type = p->cds_differ = p->stage2_differs = true;
    write_word(p, pa, take(&p->in, 8));
}

static unsigned reads(const struct program *p)
{
    return p->ref->reads < REF_READS ? p->ref->reads : REF_READS;
}

/* A word that the last request would read; false if it reads none. */
static bool some_word(struct program *p, uint64_t *pa)
{
    uint64_t which = take(&p->in, 1), word = take(&p->in, 1) % 8;
    const struct ref_read *r;
    bool ste, cd;

    if (reads(p) == 0)
        return false;
    r = &p->ref->read[which % reads(p)];
    ste = strcmp(r->name, "STE") == 0;
    cd = strcmp(r->name, "CD") == 0;
    *pa = r->pa + (ste || cd ? 8 * word : 0);
    p->any_type |= (ste && word == 0) || (cd && word > 2) || strcmp(r->name, "L1CD") == 0;
    p->stage2_differs |= ste && word > 1;
    p->cds_differ |= cd || (ste && word == 0) || strcmp(r->name, "L1CD") == 0;
    return true;
}

/* What becomes of it: a bit, some bits, another word that was read, anything. */
static uint64_t other_word(struct program *p, uint64_t pa)
{
    uint64_t how = take(&p->in, 1), was = mem_read64(p->mem, pa);

    if (how < 64)
        return was ^ 1ull << how;
    if (how < 128)
        return was ^ take(&p->in, 1) << (how - 64);
    if (how < 192)
        return mem_read64(p->mem, p->ref->read[take(&p->in, 1) % reads(p)].pa + 8 * (how % 8));
    return take(&p->in, 8);
}

static void mutate(struct program *p)
{
    uint64_t pa;

    if (some_word(p, &pa))
        write_word(p, pa, other_word(p, pa));
}

/* The last request with another word there, and the word is back. */
static void try_word(struct program *p, uint64_t pa, uint64_t word)
{
    uint64_t was = mem_read64(p->mem, pa);

    write_word(p, pa, word);
    p->target->invalidate(p);
    again(p);
    p->target->write(p, pa, was);
    restored(p, pa);
}

static void flip(struct program *p)
{
    bool any_type = p->any_type, cds_differ = p->cds_differ;
    uint64_t pa;

    if (!some_word(p, &pa))
        return;
    try_word(p, pa, other_word(p, pa));
    p->target->invalidate(p);
    p->any_type = any_type;
    p->cds_differ = cds_differ;
}

/* Every bit of a word, one by one. */
static void sweep(struct program *p)
{
    bool any_type = p->any_type, cds_differ = p->cds_differ;
    uint64_t pa;

    if (p->sweeps++ >= PROGRAM_SWEEPS || !some_word(p, &pa))
        return;
    for (unsigned bit = 0; bit < 64; bit++)
        try_word(p, pa, mem_read64(p->mem, pa) ^ 1ull << bit);
    p->target->invalidate(p);
    p->any_type = any_type;
    p->cds_differ = cds_differ;
    again(p);
}

static void break_read(struct program *p)
{
    uint64_t which = take(&p->in, 1);

    if (p->target->abort)
        p->target->abort(p, reads(p) && which ? p->ref->read[which % reads(p)].pa : 0);
}

static void command(struct program *p)
{
    uint64_t head = take(&p->in, 1), mid = take(&p->in, 3) << 8, high = take(&p->in, 4) << 32;
    uint64_t words[2] = { head | mid | high, take(&p->in, 8) };

    p->target->command(p, words);
}

/* Of the last request: its stream, its context, its address or what stage 1 made of that. */
static void near_command(struct program *p)
{
    const struct smmuv3_cmd_row *row = &smmuv3_cmds[take(&p->in, 1) % smmuv3_cmd_count];
    uint64_t flags = take(&p->in, 1), words[2] = { 0 };
    const struct xl_req *q = &p->last;
    struct smmuv3_cmd c = {
        .op = row->op, .leaf = flags & 1, .has_ssid = q->has_ssid, .ssid = q->ssid, .sid_first = q->sid,
        .sid_last = q->sid, .asid = p->ref->asid, .vmid = p->ref->vmid, .global = flags >> 1 & 1,
        .first = bits_align_down(row->op == SMMUV3_CMD_TLBI_S2_IPA ? p->ref->ipa : q->addr, 12),
    };

    if (flags & 4) {
        c.tg = (uint8_t)(flags >> 3 & 3);
        c.num = (uint8_t)(flags >> 5);
        c.scale = c.num;
    }
    smmuv3_cmd_encode(&c, words);
    p->target->command(p, words);
}

/* A word changes under what is kept of it, and a command may remove that. */
static void provoke(struct program *p)
{
    again(p);
    mutate(p);
    near_command(p);
    again(p);
}

static void invalidate(struct program *p)
{
    p->target->invalidate(p);
}

/* Registers that translation depends on, as a driver may write them. */
static void write_register(struct program *p)
{
    static const struct { uint16_t offset, bytes; uint64_t keep, mask; } regs[] = {
        { 0x20, 4, 0xc, 0x11 }, { 0x2c, 4, 0, 0xb }, { 0x44, 4, 1ull << 31, 0x1f3f1f },
        { 0x80, 8, 0x10000000, 0xffff000 }, { 0x88, 4, 0, 0x307cf },
    };
    size_t i = take(&p->in, 1) % ARRAY_LEN(regs);
    uint64_t value = (take(&p->in, 8) & regs[i].mask) | regs[i].keep;

    program_count(ITEM_REGISTER);
    p->target->reg_write(p, regs[i].offset, value, regs[i].bytes);
    p->target->invalidate(p);
}

static void reset(struct program *p)
{
    p->target->reset(p);
}

/* Another unit, after which there is a reset: features that the second SMMUv3 has too. */
static void boot(struct program *p)
{
    static const struct { uint8_t member; uint64_t mask; } of[] = {
#define OF(m, bits) { offsetof(struct smmuv3_regs, m) / 8, (bits) },
        OF(idr0, 0x1fec1edf) OF(idr1, 0x0c0007ff) OF(idr3, 0x00027e14) OF(idr5, 0xcf7) OF(cr0, 0x1d) OF(cr2, 0xb)
        OF(gbpa, 0x1f3f1f) OF(strtab_base_cfg, 0x307ff)
#undef OF
    };
    uint64_t *boot = &p->boot.idr0;

    for (size_t i = 0; i < ARRAY_LEN(of); i++)
        boot[of[i].member] = take(&p->in, 4) & of[i].mask;
    p->boot.cr0 |= 0xc;
    smmuv3_ids_limit(&p->boot);
    reset(p);
}

static void more(struct program *p)
{
    if (p->target->more)
        p->target->more(p);
}

/* The steps that alter a word for one request are `more` to a target that has that. */
static void step(struct program *p)
{
    static void (*const op[])(struct program *) = {
#define OP_FUNCTION(name) name,
        OPS(OP_FUNCTION)
    };

    uint64_t byte = take(&p->in, 1);
    void (*does)(struct program *) = byte & 0x80 ? flip : op[byte % ARRAY_LEN(op)];

    if (p->target->more && (does == flip || does == sweep))
        does = more;
    does(p);
}

/* ---- from begin to end ----------------------------------------------------------------------- */

bool program_begin(struct program *p, const struct program_target *target, const uint8_t *data, size_t n)
{
    const struct kept_world *k;

    if (n < 8)
        return false;
    if (!count.inputs++)
        atexit(print_counts);
    p->target = target;
    p->in = (struct input){ data, n };
    k = world_of(take(&p->in, 2));
    p->config = take(&p->in, 1);
    p->kept = k;
    p->w = k->w;
    p->boot = k->w.regs;
    p->last = (struct xl_req){ .sid = p->w.sid };
    p->any_type = p->cds_differ = p->stage2_differs = false;
    p->altereds = p->sweeps = 0;
    return true;
}

void program_load(const struct program *p)
{
    journal_put(p->mem, &p->kept->words);
    *p->regs = p->boot;
}

void program_run(struct program *p)
{
    for (unsigned i = 0; i < PROGRAM_STEPS && p->in.n; i++)
        step(p);
}
