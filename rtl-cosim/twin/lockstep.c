/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/twin/lockstep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

enum { QUIET_CYCLES = 1000000, BEFORE = LOCKSTEP_HISTORY };

/* ---- fields: all of both structs ----------------------------------------------------------------- */

#define IN_FIELDS(F)                                                                               \
    F(req.valid) F(req.id) F(req.sid) F(req.has_ssid) F(req.ssid) F(req.addr) F(req.bytes)         \
    F(req.write) F(req.exec) F(req.priv)                                                           \
    F(rsp_ready) F(down_ready) F(ar_ready) F(aw_ready) F(walk_rsp_ready) F(inval_ready)            \
    F(r.valid) F(r.id) F(r.data) F(r.last) F(r.error) F(b.valid) F(b.id) F(b.error)                \
    F(reg.valid) F(reg.write) F(reg.bytes) F(reg.offset) F(reg.data)                               \
    F(store.lookup) F(store.lookup_ctx) F(store.lookup_addr)                                       \
    F(store.fill) F(store.fill_ctx) F(store.fill_base) F(store.fill_size_log2) F(store.fill_tag)   \
    F(store.fill_payload) F(store.inval) F(store.match.by_addr) F(store.match.first)               \
    F(store.match.last) F(store.match.ctx_mask) F(store.match.ctx_value) F(store.match.n_tag)      \
    F(store.match.tag_mask[0]) F(store.match.tag_value[0]) F(store.match.tag_mask[1])              \
    F(store.match.tag_value[1]) F(store.parts)                                                     \
    F(walk.valid) F(walk.id) F(walk.stage2_only) F(walk.nofill) F(walk.write) F(walk.exec)         \
    F(walk.priv) F(walk.addr)

#define OUT_FIELDS(F)                                                                              \
    F(req_ready) F(r_ready) F(reg_ready) F(walk_ready) F(idle)                                     \
    F(rsp.valid) F(rsp.id) F(rsp.outcome) F(rsp.code) F(rsp.size_log2) F(rsp.addr)                 \
    F(rsp.trail.cfg_hit) F(rsp.trail.tlb_hit) F(rsp.trail.merged) F(rsp.trail.cfg_reads)           \
    F(rsp.trail.s1_reads) F(rsp.trail.s2_reads)                                                    \
    F(down.valid) F(down.id) F(down.addr) F(down.write) F(down.refused)                            \
    F(ar.valid) F(ar.id) F(ar.beats) F(ar.addr)                                                    \
    F(aw.valid) F(aw.id) F(aw.addr) F(aw.data) F(aw.strb)                                          \
    F(reg_valid) F(reg_data) F(irq)                                                                \
    F(store.ready) F(store.answered) F(store.hit) F(store.size_log2) F(store.levels)               \
    F(store.payload) F(store.filled) F(store.evicted) F(store.way) F(store.inval_done)             \
    F(walk.valid) F(walk.id) F(walk.fault) F(walk.fault_s2) F(walk.code) F(walk.cls)               \
    F(walk.size_log2) F(walk.perm1) F(walk.perm2) F(walk.global) F(walk.addr) F(walk.ipa)          \
    F(walk.recorded) F(walk.overtaken) F(walk.piece) F(walk.fetch) F(walk.s1_reads)                \
    F(walk.s2_reads)                                                                               \
    F(inval.valid) F(inval.kind) F(inval.leaf) F(inval.asid) F(inval.vmid) F(inval.sid_first)      \
    F(inval.sid_last) F(inval.first) F(inval.last) F(inval.domain)

struct field { const char *name; size_t offset, bytes; };

#define IN_ROW(path) { #path, offsetof(struct cosim_in, path), sizeof((struct cosim_in *)0)->path },
#define OUT_ROW(path) { #path, offsetof(struct cosim_out, path), sizeof((struct cosim_out *)0)->path },
static const struct field in_field[] = { IN_FIELDS(IN_ROW) };
static const struct field out_field[] = { OUT_FIELDS(OUT_ROW) };

static uint64_t value_of(const void *from, const struct field *f)
{
    const unsigned char *at = (const unsigned char *)from + f->offset;
    uint16_t half;
    uint32_t word;
    uint64_t v;

    switch (f->bytes) {
    case 1:
        return *at;
    case 2:
        memcpy(&half, at, sizeof half);
        return half;
    case 4:
        memcpy(&word, at, sizeof word);
        return word;
    default:
        memcpy(&v, at, sizeof v);
        return v;
    }
}

/* The first field that differs; NULL: none. */
static const struct field *difference(const struct cosim_out *a, const struct cosim_out *b)
{
    for (size_t i = 0; i < ARRAY_LEN(out_field); i++)
        if (value_of(a, &out_field[i]) != value_of(b, &out_field[i]))
            return &out_field[i];
    return NULL;
}

/* ---- kinds --------------------------------------------------------------------------------------- */

#define KIND_ROW(name) &lockstep_##name,
static const struct lockstep_kind *const kinds[] = { LOCKSTEP_KINDS(KIND_ROW) };

const struct lockstep_kind *lockstep_kind_of(const struct cosim_dut_ops *dut)
{
    const struct lockstep_kind *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = strlen(kinds[i]->name);
        bool named = strncmp(dut->name, kinds[i]->name, n) == 0;

        if (kinds[i]->twin->level != dut->level || (named ? n <= longest : found || !kinds[i]->any_name))
            continue;
        found = kinds[i];
        if (named)
            longest = n;
    }
    return found;
}

bool lockstep_of(struct lockstep *l, const struct cosim_dut_ops *dut, uint64_t operations, uint64_t seed)
{
    const struct lockstep_kind *kind = lockstep_kind_of(dut);

    if (!kind)
        return false;
    *l = (struct lockstep){ .dut = dut, .twin = kind->twin, .stimulus = kind->stimulus,
                            .operations = operations, .seed = seed };
    return true;
}

uint64_t lockstep_param(const struct cosim_param *list, const char *name, uint64_t otherwise)
{
    for (; list && list->name; list++)
        if (strcmp(list->name, name) == 0)
            return list->value;
    return otherwise;
}

/* ---- a run --------------------------------------------------------------------------------------- */

struct pair {
    const struct lockstep *l;
    struct cosim_dut *dut, *twin;
    void *state;
    struct cosim_param *param;         /* the twin's */
};

static size_t length_of(const struct cosim_param *list)
{
    size_t n = 0;

    while (list && list[n].name)
        n++;
    return n;
}

/* What is to be another, then those that the design was built with: the first of a name counts.  NULL: no memory. */
static struct cosim_param *twin_params(const struct lockstep *l, size_t *n)
{
    size_t instead = length_of(l->instead), built = length_of(l->dut->built);
    struct cosim_param *list = calloc(instead + built + 1, sizeof *list);

    for (size_t i = 0; list && i < instead + built; i++)
        list[i] = i < instead ? l->instead[i] : l->dut->built[i - instead];
    *n = instead + built;
    return list;
}

static int make(const struct cosim_dut_ops *ops, struct cosim_dut **made, const struct cosim_cfg *cfg,
                struct diag *d)
{
    char text[DIAG_TEXT] = "";

    if (ops->create(made, cfg, text, sizeof text) == 0)
        return SIM_OK;
    *made = NULL;
    return diag_env(d, NULL, "design `%s`: %s", ops->name, text);
}

static void pair_down(struct pair *p)
{
    if (p->dut)
        p->l->dut->destroy(p->dut);
    if (p->twin)
        p->l->twin->destroy(p->twin);
    if (p->state && p->l->stimulus->destroy)
        p->l->stimulus->destroy(p->state);
    free(p->state);
    free(p->param);
}

/* What fails is left for pair_down. */
static int pair_up(struct pair *p, const struct lockstep *l, struct diag *d)
{
    struct cosim_cfg cfg = { .seed = l->seed, .period_ps = COSIM_PERIOD_PS, .param = l->dut->built,
                             .params = length_of(l->dut->built) }, twin = cfg;
    int e;

    *p = (struct pair){ .l = l };
    p->param = twin_params(l, &twin.params);
    p->state = calloc(1, l->stimulus->bytes ? l->stimulus->bytes : 1);
    if (!p->param || !p->state)
        return diag_env(d, NULL, "no memory");
    twin.param = p->param;
    e = l->stimulus->init(p->state, l->dut->built, l->seed);
    if (e)
        return e;
    e = make(l->twin, &p->twin, &twin, d);
    return e ? e : make(l->dut, &p->dut, &cfg, d);
}

static bool asserts(const struct pair *p)
{
    return p->l->dut->errors && p->l->dut->errors(p->dut, NULL, 0) != 0;
}

/* One cycle of both, number r->cycles.  False: it ended the run. */
static bool cycle(struct pair *p, struct lockstep_result *r)
{
    static const struct lockstep_cycle none;
    const struct lockstep_cycle *was = r->cycles ? &r->last[(r->cycles - 1) % LOCKSTEP_HISTORY] : &none;
    struct lockstep_cycle *c = &r->last[r->cycles % LOCKSTEP_HISTORY];
    const struct field *f;

    c->in = was->in;
    r->operations += p->l->stimulus->next(p->state, &c->in, &was->dut);
    p->l->dut->tick(p->dut, &c->in, &c->dut);
    p->l->twin->tick(p->twin, &c->in, &c->twin);
    r->cycles++;
    f = difference(&c->dut, &c->twin);
    if (f) {
        r->end = LOCKSTEP_DIFFERS;
        r->field = f->name;
        r->dut = value_of(&c->dut, f);
        r->twin = value_of(&c->twin, f);
    } else if (asserts(p)) {
        r->end = LOCKSTEP_ASSERTION;
    }
    return r->end == LOCKSTEP_EQUAL;
}

static void run(struct pair *p, struct lockstep_result *r)
{
    uint64_t patience = p->l->quiet_cycles ? p->l->quiet_cycles : QUIET_CYCLES, progress = 0;

    while (r->operations < p->l->operations) {
        uint64_t before = r->operations;

        if (!cycle(p, r))
            return;
        if (r->operations != before)
            progress = r->cycles;
        if (r->cycles - progress >= patience) {
            r->end = LOCKSTEP_STUCK;
            return;
        }
    }
}

/* The run once more, with a waveform of its last cycles and a few beyond. */
static int record(const struct lockstep *l, uint64_t cycles, struct diag *d)
{
    struct lockstep_result *r = calloc(1, sizeof *r);
    struct pair p;
    int e;

    if (!r)
        return diag_env(d, NULL, "no memory");
    e = pair_up(&p, l, d);
    while (!e && r->cycles < cycles + LOCKSTEP_AFTER) {
        if (r->cycles == (cycles > BEFORE ? cycles - BEFORE : 0) && l->dut->wave(p.dut, l->wave))
            e = diag_env(d, l->wave, "cannot be written");
        else
            cycle(&p, r);
    }
    if (p.dut)
        l->dut->wave(p.dut, NULL);
    pair_down(&p);
    free(r);
    return e;
}

int lockstep_run(const struct lockstep *l, struct lockstep_result *r, struct diag *d)
{
    struct pair p;
    int e;

    memset(r, 0, sizeof *r);
    e = pair_up(&p, l, d);
    if (!e)
        run(&p, r);
    if (!e && l->coverage && l->dut->coverage && l->dut->coverage(p.dut, l->coverage))
        e = diag_env(d, l->coverage, "cannot be written");
    pair_down(&p);
    if (!e && r->end != LOCKSTEP_EQUAL && l->wave && l->dut->wave)
        e = record(l, r->cycles, d);
    return e;
}

/* ---- report -------------------------------------------------------------------------------------- */

static bool is_quiet(const struct field *f)
{
    const char *end = strstr(f->name, "ready");

    return end != NULL || strcmp(f->name, "idle") == 0;
}

static bool says_something(const struct lockstep_cycle *c)
{
    for (size_t i = 0; i < ARRAY_LEN(in_field); i++)
        if (!is_quiet(&in_field[i]) && value_of(&c->in, &in_field[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(out_field); i++)
        if (!is_quiet(&out_field[i]) && (value_of(&c->dut, &out_field[i]) || value_of(&c->twin, &out_field[i])))
            return true;
    return false;
}

static void print_fields(FILE *f, const char *head, const void *from, const struct field *field, size_t n)
{
    fprintf(f, "    %-5s", head);
    for (size_t i = 0; i < n; i++)
        if (value_of(from, &field[i]))
            fprintf(f, " %s=%" PRIx64, field[i].name, value_of(from, &field[i]));
    fputc('\n', f);
}

static void print_cycle(FILE *f, uint64_t number, const struct lockstep_cycle *c)
{
    fprintf(f, "  cycle %" PRIu64 "\n", number);
    print_fields(f, "in", &c->in, in_field, ARRAY_LEN(in_field));
    print_fields(f, "dut", &c->dut, out_field, ARRAY_LEN(out_field));
    if (difference(&c->dut, &c->twin))
        print_fields(f, "twin", &c->twin, out_field, ARRAY_LEN(out_field));
}

void lockstep_report(const struct lockstep_result *r, FILE *f)
{
    uint64_t first = r->cycles > LOCKSTEP_HISTORY ? r->cycles - LOCKSTEP_HISTORY : 0;

    switch (r->end) {
    case LOCKSTEP_EQUAL:
        fprintf(f, "equal over %" PRIu64 " operations, %" PRIu64 " cycles\n", r->operations, r->cycles);
        return;
    case LOCKSTEP_DIFFERS:
        fprintf(f, "cycle %" PRIu64 ", operation %" PRIu64 ": %s is 0x%" PRIx64 ", the twin's 0x%" PRIx64 "\n",
                r->cycles - 1, r->operations, r->field, r->dut, r->twin);
        break;
    case LOCKSTEP_ASSERTION:
        fprintf(f, "cycle %" PRIu64 ", operation %" PRIu64 ": an assertion of the design failed\n", r->cycles - 1,
                r->operations);
        break;
    case LOCKSTEP_STUCK:
        fprintf(f, "no operation any more after %" PRIu64 ", cycle %" PRIu64 "\n", r->operations, r->cycles - 1);
        break;
    }
    for (uint64_t n = first; n < r->cycles; n++)
        if (says_something(&r->last[n % LOCKSTEP_HISTORY]))
            print_cycle(f, n, &r->last[n % LOCKSTEP_HISTORY]);
}
