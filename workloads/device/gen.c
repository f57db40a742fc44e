/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/gen.h"

#include <stdlib.h>
#include <string.h>

#include "arch/vtd/irte.h"
#include "base/bits.h"
#include "base/rng.h"
#include "base/sim.h"
#include "workloads/device/gen_spec.h"

/* Output addresses are given out in turn between these. */
#define PA_FIRST 0x100000000ull
#define PA_END   0x2000000000ull

enum { CHUNK = 8192, STEP_MAX = 4 };           /* records given at a time; made by one step */

/* Where a stream stands in one pattern. */
struct cursor {
    uint64_t at;               /* next byte; buffers: accesses to this one so far */
    uint64_t count;            /* ring: accesses so far; buffers: number of the buffer in use */
    uint64_t pa;               /* buffers: its region of physical memory */
};

struct stream {
    struct rng rng;
    const struct gen_group *group;
    struct cursor *cursor;     /* [group->items] */
    uint64_t shift;            /* number within the group */
    uint64_t domain;
    uint32_t pasid;            /* its accesses carry it; 0: none */
    uint64_t phase_left, picks;        /* picks: of patterns of the mix, so far */
    unsigned phase;
    uint32_t number;           /* of the trace's stream: its device */
};

struct gen {
    struct gen_spec spec;
    uint64_t seed;
    struct trace_info info;
    struct trace_stream *sid;  /* [info.streams] */
    struct stream *stream;     /* [streams]: one for each PASID of a device */
    struct cursor *cursors;    /* all streams' */
    uint64_t *first;           /* [groups]: its first stream */
    uint64_t n_cursors;
    uint32_t streams;

    uint64_t done, time, next_pa;
    struct rng turn;           /* interleave: random */
    uint64_t weights;          /* of the groups, each times its streams */
    uint32_t current, burst_left;      /* burst_left: packets */
    uint32_t packet, packet_left;      /* accesses that arrive together; of this one still to come */
    struct { uint32_t stream; unsigned item; uint64_t k; bool done; } setup;

    size_t n, n_ext;
    struct rec rec[CHUNK];
    struct rec_ext ext[CHUNK];
};

/* ---- records --------------------------------------------------------------------------------- */

static struct rec *emit(struct gen *g, unsigned kind, const struct stream *s, uint64_t addr)
{
    struct rec *r = &g->rec[g->n++];

    *r = (struct rec){ .time = g->time, .addr = addr, .kind = (uint8_t)kind,
                       .stream = s ? s->number : REC_NO_STREAM, .pasid = s ? s->pasid : 0,
                       .flags = s && s->pasid ? REC_F_PASID : 0 };
    g->info.by_kind[kind]++;
    return r;
}

static void emit_words(struct gen *g, struct rec *r, unsigned n, const uint64_t *w)
{
    r->words = (uint16_t)n;
    memcpy(g->ext[g->n_ext++].w, w, n * sizeof *w);
}

static void emit_map(struct gen *g, const struct stream *s, uint64_t iova, uint64_t pa,
                     uint64_t bytes, unsigned more)
{
    uint64_t w[] = { pa, bytes, s->domain, REC_PERM_R | REC_PERM_W | more, s->group->page_log2 };

    emit_words(g, emit(g, REC_MAP, NULL, iova), ARRAY_LEN(w), w);
}

static void emit_unmap(struct gen *g, const struct stream *s, uint64_t iova, uint64_t bytes,
                       bool deferred)
{
    uint64_t w[] = { bytes, s->domain, deferred };

    emit_words(g, emit(g, REC_UNMAP, NULL, iova), deferred ? 3 : 2, w);
}

static void emit_flush(struct gen *g, const struct stream *s)
{
    uint64_t w[] = { s->domain, 0 };

    emit_words(g, emit(g, REC_FLUSH, NULL, 0), ARRAY_LEN(w), w);
}

/* ---- buffers: mapped, used, unmapped --------------------------------------------------------- */

static uint64_t slot_iova(const struct stream *s, const struct gen_item *i, uint64_t buffer)
{
    return i->base + s->shift * i->stream_bytes + buffer % i->slots * i->slot_bytes;
}

/* A slot gets other physical memory at every turn, so that a stale translation shows. */
static void map_buffer(struct gen *g, const struct stream *s, const struct gen_item *i,
                       const struct cursor *c, uint64_t buffer)
{
    uint64_t pa = c->pa + buffer % (2 * i->slots + 1) * i->slot_bytes;

    emit_map(g, s, slot_iova(s, i, buffer), pa, i->slot_bytes, 0);
}

static void buffer_done(struct gen *g, const struct stream *s, const struct gen_item *i,
                        struct cursor *c)
{
    bool deferred = i->par.unmap == GEN_DEFERRED;

    emit_unmap(g, s, slot_iova(s, i, c->count), i->slot_bytes, deferred);
    if (deferred && (c->count + 1) % i->par.flush_every == 0)
        emit_flush(g, s);
    map_buffer(g, s, i, c, c->count + i->par.depth);
    c->count++;
    c->at = 0;
}

static uint64_t buffer_addr(const struct stream *s, const struct gen_item *i,
                            const struct cursor *c)
{
    uint64_t page = c->at / i->per_page, at = c->at % i->per_page;

    return slot_iova(s, i, c->count) + page * s->group->par.page + at * i->par.len;
}

/* ---- addresses in a window that is mapped all the time --------------------------------------- */

/* The next place of len bytes: the following bytes, or the next page if they do not fit. */
static uint64_t advance(const struct gen_group *g, const struct gen_item *i, uint64_t at)
{
    uint64_t page = g->par.page;

    at += i->par.len;
    if ((at & (page - 1)) + i->par.len > page)
        at = bits_align_down(at, g->page_log2) + page;
    return at < i->bytes ? at : 0;
}

static uint64_t strided(const struct gen_group *g, const struct gen_item *i, struct cursor *c)
{
    uint64_t page = g->par.page, at = c->at;

    c->at = (c->at + i->par.stride) % i->bytes;
    if ((at & (page - 1)) + i->par.len > page)
        at = bits_align_down(at, g->page_log2) + page - i->par.len;
    return at;
}

/* Pattern uniform or zipf: the page; with `touch` each page once before any is drawn. */
static uint64_t random_page(struct stream *s, const struct gen_item *i, struct cursor *c)
{
    if (i->par.touch && c->count < i->par.pages)
        return c->count++;
    return i->par.pattern == GEN_ZIPF ? zipf_draw(&i->zipf, &s->rng) : rng_below(&s->rng, i->par.pages);
}

static uint64_t in_page(struct stream *s, const struct gen_item *i, uint64_t page)
{
    uint64_t at = page << s->group->page_log2;

    if (i->par.offset == GEN_ANYWHERE)
        at += rng_below(&s->rng, i->per_page) * i->par.len;
    return at;
}

static uint64_t address(struct stream *s, const struct gen_item *i, struct cursor *c)
{
    uint64_t at = c->at;

    switch ((enum gen_pattern)i->par.pattern) {
    case GEN_SEQUENTIAL:
        c->at = advance(s->group, i, at);
        break;
    case GEN_RING:                             /* a descriptor is read, then its status written */
        if (c->count++ & 1)
            c->at = advance(s->group, i, at);
        break;
    case GEN_STRIDED:
        at = strided(s->group, i, c);
        break;
    case GEN_UNIFORM:
    case GEN_ZIPF:
        at = in_page(s, i, random_page(s, i, c));
        break;
    case GEN_INTERRUPTS:
        return vtd_ir_request((uint16_t)(i->par.first + zipf_draw(&i->zipf, &s->rng)), false, 0).addr;
    case GEN_BUFFERS:
        c->at++;
        return buffer_addr(s, i, &(struct cursor){ .at = at, .count = c->count });
    }
    return i->base + at;
}

/* ---- one access ------------------------------------------------------------------------------ */

static uint32_t random_stream(struct gen *g)
{
    uint64_t x = rng_below(&g->turn, g->weights);

    for (unsigned i = 0; i < g->spec.groups; i++) {
        const struct gen_group *p = &g->spec.group[i];
        uint64_t all = p->par.weight * gen_group_streams(p);

        if (x < all)
            return (uint32_t)(g->first[i] + x / p->par.weight);
        x -= all;
    }
    return 0;                                  /* not reached: x is below the sum */
}

/* A packet is of one stream. */
static struct stream *next_stream(struct gen *g)
{
    if (g->packet_left > 0) {
        g->packet_left--;
        return &g->stream[g->current];
    }
    g->packet_left = g->packet - 1;
    if (g->spec.par.interleave == GEN_RANDOM)
        return &g->stream[g->current = random_stream(g)];
    if (g->burst_left == 0) {
        g->current = g->current + 1 < g->streams ? g->current + 1 : 0;
        g->burst_left = g->spec.par.interleave == GEN_BURST ? (uint32_t)g->spec.par.burst : 1;
    }
    g->burst_left--;
    return &g->stream[g->current];
}

static const struct gen_phase *phase_of(struct stream *s)
{
    if (s->phase_left == 0) {
        s->phase = s->phase + 1 < s->group->phases ? s->phase + 1 : 0;
        s->phase_left = s->group->phase[s->phase].par.accesses;
    }
    s->phase_left--;
    return &s->group->phase[s->phase];
}

/* One number decides the item (its upper half) and the direction (its lower half). */
static unsigned choose(struct stream *s, const struct gen_phase *p, uint32_t random)
{
    const struct gen_group *g = s->group;
    bool in_turn = g->par.pick == GEN_IN_TURN;
    uint64_t x = in_turn ? s->picks++ % p->weights : (uint64_t)random * p->weights >> 32;
    unsigned i = p->first;

    while (x >= g->item[i].upto)
        i++;
    return i;
}

static bool is_write(const struct gen_item *i, const struct cursor *c, uint32_t random)
{
    if (i->par.pattern == GEN_RING)
        return c->count & 1;
    return i->par.pattern == GEN_INTERRUPTS || (uint64_t)random * 100 >> 32 < i->par.write;
}

static void access(struct gen *g)
{
    struct stream *s = next_stream(g);
    const struct gen_phase *p = phase_of(s);
    uint64_t random = rng_u64(&s->rng);
    unsigned n = choose(s, p, (uint32_t)(random >> 32));
    const struct gen_item *i = &s->group->item[n];
    struct cursor *c = &s->cursor[n];
    bool write = is_write(i, c, (uint32_t)random);
    struct rec *r = emit(g, write ? REC_WRITE : REC_READ, s, address(s, i, c));

    r->len = (uint32_t)i->par.len;
    g->time += g->packet_left == 0;
    g->done++;
    if (i->par.pattern == GEN_BUFFERS && c->at == i->per_slot)
        buffer_done(g, s, i, c);
}

/* ---- before the first access ----------------------------------------------------------------- */

static uint64_t take_pa(struct gen *g, const struct gen_group *p, uint64_t bytes)
{
    unsigned align = p->page_log2 > 21 ? p->page_log2 : 21;
    uint64_t pa = bits_align_down(g->next_pa + bits_low(align), align);

    if (bytes > PA_END - pa)                   /* memory is used twice rather than left */
        pa = bits_align_down(PA_FIRST + bits_low(align), align);
    g->next_pa = pa + bytes;
    return pa;
}

/* All interrupts of a group have one window. */
static bool has_window(const struct gen_group *p, const struct gen_item *i)
{
    for (const struct gen_item *k = p->item; i->par.pattern == GEN_INTERRUPTS && k < i; k++)
        if (k->par.pattern == GEN_INTERRUPTS)
            return true;
    return false;
}

/* The next item's mappings, a few records at a time; true when there are no more of it. */
static bool set_up_item(struct gen *g, struct stream *s, const struct gen_item *i, struct cursor *c)
{
    if (i->par.pattern == GEN_BUFFERS) {
        if (g->setup.k == 0)
            c->pa = take_pa(g, s->group, (2 * i->slots + 1) * i->slot_bytes);
        map_buffer(g, s, i, c, g->setup.k++);
        return g->setup.k == i->par.depth;
    }
    if (s->group->par.pri || has_window(s->group, i))
        return true;
    if (s->group->par.domain == GEN_OWN || s->shift == 0)
        emit_map(g, s, i->base, take_pa(g, s->group, i->bytes), i->bytes,
                 s->group->par.map == GEN_ON_DEMAND ? REC_PERM_DEMAND : 0);
    return true;
}

static void set_up(struct gen *g)
{
    struct stream *s = &g->stream[g->setup.stream];
    const struct gen_group *p = s->group;
    bool mapped = p->par.mode != REC_MODE_BYPASS && p->par.mode != REC_MODE_ABORT;

    if (g->setup.item == 0 && g->setup.k == 0) {
        uint64_t w[] = { s->domain, p->par.mode, REC_ATTACH_ATS };

        emit_words(g, emit(g, REC_ATTACH, s, 0), p->par.ats ? 3 : 2, w);
    }
    if (!mapped)
        g->setup.item = p->items;
    else if (set_up_item(g, s, &p->item[g->setup.item], &s->cursor[g->setup.item]))
        g->setup.item++, g->setup.k = 0;
    if (g->setup.item < p->items)
        return;
    g->setup.item = 0;
    g->setup.done = ++g->setup.stream == g->streams;
}

int gen_next(struct gen *g, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    g->n = g->n_ext = 0;
    while (!g->setup.done && g->n + STEP_MAX <= CHUNK)
        set_up(g);
    while (g->setup.done && g->done < g->spec.par.accesses && g->n + STEP_MAX <= CHUNK)
        access(g);
    *rec = g->rec;
    *ext = g->ext;
    *n = g->n;
    g->info.records += g->n;
    g->info.last_time = g->time;
    g->info.complete = g->done == g->spec.par.accesses;
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Streams of a shared domain begin at places spread over their window. */
static void start_stream(const struct gen *g, struct stream *s)
{
    const struct gen_group *p = s->group;
    char name[40];

    snprintf(name, sizeof name, "gen.stream.%u", (unsigned)(s - g->stream));
    rng_init(&s->rng, g->seed, name);
    s->phase = 0;
    s->picks = 0;
    s->phase_left = p->phase[0].par.accesses;
    for (unsigned i = 0; i < p->items; i++) {
        uint64_t page = p->item[i].par.pages * s->shift / gen_group_streams(p);

        s->cursor[i] = (struct cursor){ .at = 0 };
        if (p->par.domain == GEN_SHARED && p->item[i].par.pattern != GEN_BUFFERS)
            s->cursor[i].at = page << p->page_log2;
    }
}

void gen_rewind(struct gen *g)
{
    uint32_t streams = g->info.streams;
    struct trace_header head = g->info.head;

    g->info = (struct trace_info){ .head = head, .streams = streams };
    g->done = g->time = 0;
    g->next_pa = PA_FIRST;
    g->current = g->streams - 1;
    g->burst_left = 0;
    g->packet = g->spec.par.packet == GEN_UNSAID ? 1 : (uint32_t)g->spec.par.packet;
    g->packet_left = 0;
    memset(&g->setup, 0, sizeof g->setup);
    rng_init(&g->turn, g->seed, "gen.turn");
    for (uint32_t i = 0; i < g->streams; i++)
        start_stream(g, &g->stream[i]);
}

/* Counts streams and cursors; gives every stream its group, number, domain and cursors. */
static void lay_out(struct gen *g)
{
    struct cursor *c = g->cursors;
    uint64_t domain = 0;
    uint32_t n = 0, device = 0;

    for (unsigned k = 0; k < g->spec.groups; k++) {
        const struct gen_group *p = &g->spec.group[k];
        uint64_t each = p->par.pasids ? p->par.pasids : 1, all = gen_group_streams(p);

        g->first[k] = n;
        g->weights += p->par.weight * all;
        for (uint64_t j = 0; j < all; j++, n++, c += p->items) {
            domain += p->par.domain == GEN_OWN || j == 0;
            g->stream[n] = (struct stream){ .group = p, .cursor = c, .shift = j, .domain = domain,
                                            .pasid = p->par.pasids ? (uint32_t)(j % each) + 1 : 0,
                                            .number = device + (uint32_t)(j / each) };
        }
        for (uint64_t j = 0; j < p->par.count; j++)
            g->sid[device++].sid = (uint32_t)(p->par.sid + j * p->par.sid_step);
    }
}

static int allocate(struct gen *g, struct diag *d, const char *path)
{
    uint64_t streams = 0, devices = 0;

    for (unsigned k = 0; k < g->spec.groups; k++) {
        devices += g->spec.group[k].par.count;
        streams += gen_group_streams(&g->spec.group[k]);
        g->n_cursors += gen_group_streams(&g->spec.group[k]) * g->spec.group[k].items;
    }
    g->info.streams = (uint32_t)devices;
    g->streams = (uint32_t)streams;
    g->stream = calloc(streams, sizeof *g->stream);
    g->sid = calloc(devices, sizeof *g->sid);
    g->first = calloc(g->spec.groups, sizeof *g->first);
    g->cursors = calloc(g->n_cursors, sizeof *g->cursors);
    if (!g->stream || !g->sid || !g->first || !g->cursors)
        return diag_env(d, path, "no memory for %llu streams", (unsigned long long)streams);
    return 0;
}

struct gen *gen_open(const char *path, uint64_t seed, const char *const *set, size_t sets,
                     struct diag *d)
{
    struct gen *g = calloc(1, sizeof *g);

    if (!g) {
        diag_env(d, path, "no memory");
        return NULL;
    }
    if (gen_spec_load(&g->spec, path, set, sets, d) || allocate(g, d, path)) {
        gen_close(g);
        return NULL;
    }
    g->seed = seed == GEN_SEED_OWN ? g->spec.par.seed : seed;
    g->info.head = (struct trace_header){ .version = TRACE_VERSION, .raw_arch = TRACE_ARCH_NONE,
                                          .flags = TRACE_F_MODELLED, .source = "generated",
                                          .time_unit_ps = g->spec.par.step_ps };
    lay_out(g);
    gen_rewind(g);
    return g;
}

void gen_close(struct gen *g)
{
    if (!g)
        return;
    gen_spec_destroy(&g->spec);
    free(g->stream);
    free(g->sid);
    free(g->first);
    free(g->cursors);
    free(g);
}

const struct trace_info *gen_info(const struct gen *g) { return &g->info; }
const struct trace_stream *gen_streams(const struct gen *g) { return g->sid; }
uint64_t gen_seed(const struct gen *g) { return g->seed; }
void gen_set_accesses(struct gen *g, uint64_t n) { g->spec.par.accesses = n; }
uint64_t gen_accesses(const struct gen *g) { return g->spec.par.accesses; }

struct gen_arrival gen_arrival(const struct gen *g)
{
    return (struct gen_arrival){ g->spec.par.arrival, g->spec.par.outstanding, g->spec.par.think_ps,
                                 g->spec.par.packet };
}
