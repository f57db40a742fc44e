/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/vtd/pasid.h"
#include "base/bits.h"
#include "base/sim.h"

/* Keep their numbers: seeds and corpora are made of them.  Every other byte is a flip. */
#define OPS(O)                                                                                     \
    O(near_request) O(mutate) O(descriptor) O(invalidate) O(write_root) O(reset) O(write)           \
    O(raw_request) O(again) O(flip) O(break_read) O(boot) O(sweep) O(more)                         \
    O(near_descriptor) O(provoke)

enum { SYSTEMS = 4096 };

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
    printf("structures read\t%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", count.read[ITEM_CONTEXT],
           count.read[ITEM_PASID], count.read[ITEM_TABLE]);
    printf("requests\t%" PRIu64 "\ninputs\t%" PRIu64 "\n", count.requests, count.inputs);
}

void vtd_program_count(enum program_item item)
{
    count.used[item]++;
}

static void alter(struct vtd_program *p, uint64_t pa)
{
    p->altered[p->altereds % PROGRAM_ALTERED] = pa & ~7ull;
    p->altereds += p->altereds < PROGRAM_ALTERED;
}

static void restored(struct vtd_program *p, uint64_t pa)
{
    for (unsigned i = 0; i < p->altereds; i++)
        if (p->altered[i] == pa)
            p->altered[i] = UINT64_MAX;
}

/* What an entry is, by its name, and how many words it has. */
static enum program_item item_of(const char *name, unsigned *words)
{
    static const struct { const char *name; enum program_item item; unsigned words; } row[] = {
        { "root", ITEM_CONTEXT, 2 }, { "context", ITEM_CONTEXT, 4 }, { "directory", ITEM_PASID, 1 },
        { "PASID", ITEM_PASID, 8 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        if (strcmp(name, row[i].name) == 0) {
            *words = row[i].words;
            return row[i].item;
        }
    *words = 1;
    return ITEM_TABLE;
}

void vtd_program_read(struct vtd_program *p, const char *name, uint64_t pa)
{
    unsigned words, n = 0;
    enum program_item item = item_of(name, &words);
    bool fresh = false;

    count.read[item]++;
    for (unsigned i = 0; i < p->altereds; i++) {
        if (p->altered[i] - pa < 8 * words)
            fresh = true;
        else
            p->altered[n++] = p->altered[i];
    }
    p->altereds = n;
    count.used[item] += fresh;
}

/* ---- systems --------------------------------------------------------------------------------- */

static struct kept_system {
    bool made;
    struct vtd_world w;
    struct kept_words words;
} systems[SYSTEMS];

/* As the vectors have it. */
static void empty_system(struct vtd_world *w)
{
    w->regs = (struct vtd_regs){ .cap = 0x01d2078c406f0606, .ecap = 0x0023ed9ca4f050df, .rtaddr = 0x10400, .haw = 46,
                                 .tes = true };
    w->scalable = true;
    w->type = VTD_PGTT_SS;
    w->guest_bits = 48;
    w->sid = 0x10;
    w->leaves = 1;
    w->leaf[0] = 0x123456789000;
}

static const struct kept_system *system_of(uint64_t seed)
{
    struct kept_system *k = &systems[seed % SYSTEMS];

    if (k->made)
        return k;
    k->made = true;
    vtd_world_init(&k->w, seed % SYSTEMS, "fuzz");
    if (seed % SYSTEMS == 0) {
        empty_system(&k->w);
        return k;
    }
    vtd_world_make(&k->w);
    journal_keep(k->w.mem, &k->words);
    vtd_world_free(&k->w);
    return k;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void invalidate(struct vtd_program *p)
{
    p->target->invalidate(p);
    p->structure_bits = 0;
}

/* After more than one change of what leads to the tables one way may meet entries of several: the oracle knows one of
 * them at a time, and so nothing old is left. */
static void request(struct vtd_program *p, const struct xl_req *q)
{
    if (p->structure_bits > 1)
        invalidate(p);
    p->last = *q;
    count.requests++;
    p->target->request(p, q);
}

static void near_request(struct vtd_program *p)
{
    struct xl_req q;

    rng_init(&p->w.rng, take(&p->in, 2), "request");
    q = vtd_world_request(&p->w);
    request(p, &q);
}

static void raw_request(struct vtd_program *p)
{
    struct xl_req q = { .addr = take(&p->in, 8), .sid = (uint32_t)take(&p->in, 2) };
    uint32_t w = (uint32_t)take(&p->in, 4);

    q.has_ssid = w >> 20 & 1;
    q.ssid = q.has_ssid ? w & 0xfffff : 0;
    q.write = w >> 21 & 1;
    q.priv = w >> 22 & 1;
    q.exec = w >> 23 & 1;
    q.type = (uint8_t)(w >> 24 & 3);
    q.no_write = w >> 26 & 1;
    q.no_dir = w >> 27 & 1;
    q.atomic = w >> 28 & 1;
    request(p, &q);
}

static void again(struct vtd_program *p)
{
    const struct xl_req q = p->last;

    request(p, &q);
}

static void write_word(struct vtd_program *p, uint64_t pa, uint64_t word, bool structure)
{
    if (structure)
        p->structure_bits += (unsigned)__builtin_popcountll(word ^ mem_read64(p->mem, pa));
    alter(p, pa);
    p->target->write(p, pa, word);
}

static void write(struct vtd_program *p)
{
    uint64_t pa = take(&p->in, 8) & ~7ull & bits_low(52);

    write_word(p, pa, take(&p->in, 8), true);
}

static unsigned reads(const struct vtd_program *p)
{
    return p->ref->reads < VTD_REF_READS ? p->ref->reads : VTD_REF_READS;
}

/* A word that the last request would read; false if it reads none. */
static bool some_word(struct vtd_program *p, uint64_t *pa, bool *structure)
{
    uint64_t which = take(&p->in, 1), word = take(&p->in, 1);
    const struct vtd_ref_read *r;
    unsigned words;

    if (reads(p) == 0)
        return false;
    r = &p->ref->read[which % reads(p)];
    *structure = item_of(r->name, &words) != ITEM_TABLE;
    *pa = r->pa + 8 * (word % words);
    return true;
}

/* What becomes of it: a bit, some bits, another word that was read, anything. */
static uint64_t other_word(struct vtd_program *p, uint64_t pa)
{
    uint64_t how = take(&p->in, 1), was = mem_read64(p->mem, pa);

    if (how < 64)
        return was ^ 1ull << how;
    if (how < 128)
        return was ^ take(&p->in, 1) << (how - 64);
    if (how < 192)
        return mem_read64(p->mem, p->ref->read[take(&p->in, 1) % reads(p)].pa + 8 * (how % 4));
    return take(&p->in, 8);
}

static void mutate(struct vtd_program *p)
{
    uint64_t pa;
    bool structure;

    if (some_word(p, &pa, &structure))
        write_word(p, pa, other_word(p, pa), structure);
}

/* The last request with another word there, and the word is back. */
static void try_word(struct vtd_program *p, uint64_t pa, uint64_t word)
{
    uint64_t was = mem_read64(p->mem, pa);

    write_word(p, pa, word, true);
    invalidate(p);
    again(p);
    p->target->write(p, pa, was);
    restored(p, pa);
    invalidate(p);
}

static void flip(struct vtd_program *p)
{
    uint64_t pa;
    bool structure;

    if (some_word(p, &pa, &structure))
        try_word(p, pa, other_word(p, pa));
}

/* Every bit of a word, one by one. */
static void sweep(struct vtd_program *p)
{
    uint64_t pa;
    bool structure;

    if (p->sweeps++ >= PROGRAM_SWEEPS || !some_word(p, &pa, &structure))
        return;
    for (unsigned bit = 0; bit < 64; bit++)
        try_word(p, pa, mem_read64(p->mem, pa) ^ 1ull << bit);
    again(p);
}

static void break_read(struct vtd_program *p)
{
    uint64_t which = take(&p->in, 1);

    if (p->target->abort)
        p->target->abort(p, reads(p) && which ? p->ref->read[which % reads(p)].pa : 0);
}

static void descriptor(struct vtd_program *p)
{
    uint64_t words[VTD_INV_WORDS] = { take(&p->in, 8), take(&p->in, 8) };

    p->target->descriptor(p, words);
}

/* Of the last request: its source, its PASID, its domain, its address. */
static void near_descriptor(struct vtd_program *p)
{
    static const uint8_t types[] = { VTD_INV_CC, VTD_INV_IOTLB, VTD_INV_PIOTLB, VTD_INV_PC };
    uint64_t flags = take(&p->in, 1), words[VTD_INV_WORDS] = { 0 };
    struct vtd_inv d = {
        .type = types[flags & 3], .g = (uint8_t)(flags >> 2 & 3), .did = p->ref->did, .sid = (uint16_t)p->last.sid,
        .pasid = p->last.has_ssid ? p->last.ssid : p->w.rid_pasid, .ih = flags >> 4 & 1, .fm = flags >> 5 & 3,
        .am = flags & 128 ? 9 : 0,
    };

    d.addr = bits_align_down(p->last.addr, 12 + d.am);
    vtd_inv_encode(&d, words);
    p->target->descriptor(p, words);
}

/* A word changes under what is kept of it, and a descriptor may remove that. */
static void provoke(struct vtd_program *p)
{
    again(p);
    mutate(p);
    near_descriptor(p);
    again(p);
}

/* Another mode, or the same; translation on or off. */
static void write_root(struct vtd_program *p)
{
    uint64_t how = take(&p->in, 1), rtaddr = p->regs->rtaddr;

    FIELD_SET(RTADDR, TTM, &rtaddr, how & 3);
    vtd_program_count(ITEM_REGISTER);
    p->target->root(p, rtaddr, how >> 2 & 3);
    invalidate(p);
}

static void reset(struct vtd_program *p)
{
    p->target->reset(p);
    p->structure_bits = 0;
}

/* Another unit, after which there is a reset. */
static void boot(struct vtd_program *p)
{
    p->boot.cap = take(&p->in, 8);
    p->boot.ecap = take(&p->in, 8);
    p->boot.rtaddr = take(&p->in, 4) & ~0x3ffull;
    p->boot.haw = (uint8_t)(32 + take(&p->in, 1) % 21);
    vtd_caps_limit(&p->boot.cap, &p->boot.ecap);
    reset(p);
}

static void more(struct vtd_program *p)
{
    if (p->target->more)
        p->target->more(p);
}

/* The steps that alter a word for one request are `more` to a target that has that. */
static void step(struct vtd_program *p)
{
    static void (*const op[])(struct vtd_program *) = {
#define OP_FUNCTION(name) name,
        OPS(OP_FUNCTION)
    };

    uint64_t byte = take(&p->in, 1);
    void (*does)(struct vtd_program *) = byte & 0x80 ? flip : op[byte % ARRAY_LEN(op)];

    if (p->target->more && (does == flip || does == sweep))
        does = more;
    does(p);
}

/* ---- from begin to end ----------------------------------------------------------------------- */

bool vtd_program_begin(struct vtd_program *p, const struct vtd_program_target *target, const uint8_t *data, size_t n)
{
    const struct kept_system *k;

    if (n < 8)
        return false;
    if (!count.inputs++)
        atexit(print_counts);
    p->target = target;
    p->in = (struct input){ data, n };
    k = system_of(take(&p->in, 2));
    p->config = take(&p->in, 1);
    p->kept = k;
    p->w = k->w;
    p->boot = k->w.regs;
    p->last = (struct xl_req){ .sid = p->w.sid };
    p->altereds = p->sweeps = p->structure_bits = 0;
    return true;
}

void vtd_program_load(const struct vtd_program *p)
{
    journal_put(p->mem, &p->kept->words);
    *p->regs = p->boot;
}

void vtd_program_run(struct vtd_program *p)
{
    for (unsigned i = 0; i < PROGRAM_STEPS && p->in.n; i++)
        step(p);
}
