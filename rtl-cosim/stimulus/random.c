/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/random_impl.h"

#include "base/list.h"

/* The same records whatever compiler: no expression draws twice where the order of the draws is its choice. */

const struct param_row random_rows[] = { RANDOM_PARAMS(PARAM_ROW) };
const size_t random_row_count = ARRAY_LEN(random_rows);


void random_defaults(struct random_params *p)
{
    *p = (struct random_params)PARAM_DEFAULTS(RANDOM_PARAMS);
}

uint64_t random_pick(struct random *r, uint64_t n)
{
    return rng_below(&r->rng, n);
}

bool random_percent(struct random *r, uint64_t p)
{
    return random_pick(r, 100) < p;
}

unsigned random_choose(struct random *r, const uint64_t *weight, unsigned n)
{
    uint64_t sum = 0, at;

    for (unsigned i = 0; i < n; i++)
        sum += weight[i];
    if (!sum)
        return 0;
    at = random_pick(r, sum);
    for (unsigned i = 0; i < n; i++) {
        if (at < weight[i])
            return i;
        at -= weight[i];
    }
    return 0;
}

static uint64_t bits(struct random *r, unsigned n)
{
    return n ? rng_u64(&r->rng) >> (64 - n) : 0;
}

void random_gap(struct random *r)
{
    if (r->par.gap && random_pick(r, 3) == 0)
        r->scene.now += random_pick(r, r->par.gap + 1);
}

/* ---- leaves -------------------------------------------------------------------------------------- */

int random_level(struct random *r, const struct tree *t)
{
    const uint64_t w[] = { r->par.leaf_4k, r->par.leaf_2m, r->par.leaf_1g };
    int level = 3 - (int)random_choose(r, w, ARRAY_LEN(w)), least = t->t.start > 1 ? t->t.start : 1;

    return level < least ? least : level;
}

static bool in_window(const struct tree *t, const struct vm *vm, uint64_t in)
{
    return vm->kind == STE_NESTED && t == &vm->s2 && in >> 30 == vm->win_ipa >> 30;
}

/* Few of each level's indexes, so that leaves are neighbours and conflict; now and then any address. */
static uint64_t input(struct random *r, const struct tree *t, const struct vm *vm)
{
    static const uint16_t middle[] = { 0, 1, 2, 511 };
    uint64_t in = random_pick(r, 4) << 30;

    in |= (uint64_t)middle[random_pick(r, ARRAY_LEN(middle))] << 21;
    in |= random_pick(r, 8) << 12;
    if (random_pick(r, 6) == 0)
        in = rng_u64(&r->rng);
    if (random_pick(r, 5) == 0)                             /* of concatenated tables the last ones, too */
        in |= 1ull << (t->t.in_bits - 1);
    in &= bits_low(t->t.in_bits) & ~bits_low(12);
    return in_window(t, vm, in) ? in ^ 1ull << 30 : in;
}

/* Where a leaf goes: to a page of its own, or, nested, to one that stage 2 has; *spot is what of it is accessed. */
uint64_t random_output(struct random *r, const struct tree *t, const struct vm *vm, int level, uint64_t *spot)
{
    uint64_t low = bits_low(vmsa_shift(12, level)), out = 1ull << 38 | bits(r, 38);

    *spot = out & low & ~bits_low(12);
    if (t->t.stage == 1 && vm->kind == STE_NESTED && vm->s2.pages) {
        const struct page *p = &vm->s2.page[random_pick(r, vm->s2.pages)];

        for (unsigned i = 0; i < 3 && !p->live; i++)
            p = &vm->s2.page[random_pick(r, vm->s2.pages)];
        out = p->in | (p->spot & (page_bytes(p) - 1));
        *spot = out & low;
    }
    return out & ~low;
}

uint64_t random_attr(struct random *r, const struct tree *t)
{
    uint64_t attr = vmsa_attr(t->t.stage, true, true);

    if (t->t.stage == 1) {
        FIELD_SET(PTE, UXN, &attr, 0);
        FIELD_SET(PTE, PXN, &attr, 0);
        FIELD_SET(PTE, NG, &attr, !t->upper || !random_percent(r, r->par.global));
    } else {
        FIELD_SET(S2PTE, XN, &attr, 0);
    }
    if (random_percent(r, r->par.limited)) {
        FIELD_SET(PTE, AP, &attr, bits(r, 2));              /* S2AP stands in the same bits */
        FIELD_SET(PTE, UXN, &attr, bits(r, 1));
        FIELD_SET(PTE, PXN, &attr, t->t.stage == 1 ? bits(r, 1) : 0);
    }
    return attr;
}

/* No leaf is there, nor in the way, nor a table below. */
static bool is_free(const struct random *r, const struct tree *t, uint64_t in, int level)
{
    for (int l = t->t.start; l <= level; l++) {
        uint64_t at = scene_slot(&r->scene, t, in, l), d = at ? scene_read(&r->scene, t, at) : 0;

        if (!at || !(d & 1))
            return true;
        if (l == level || !(d & 2))
            return false;
    }
    return true;
}

struct page *random_new_page(struct random *r, struct tree *t, struct vm *vm)
{
    int level = random_level(r, t);
    uint64_t in = input(r, t, vm), spot, out = random_output(r, t, vm, level, &spot);
    struct page *p;

    if (!is_free(r, t, in, level))
        return NULL;
    p = scene_map(&r->scene, t, in, out, level, random_attr(r, t), NULL);
    if (p)
        p->spot = spot;
    if (p && random_percent(r, r->par.odd))
        random_spoil(r, t, p);
    return p;
}

/* A bit that outputs of this table may not have; of the largest ones there is none. */
static uint64_t beyond(struct random *r, const struct tree *t)
{
    unsigned size = t->t.out_bits, above = 48 - size;

    return above ? 1ull << (size + (random_pick(r, 2) ? random_pick(r, above) : 0)) : 1ull << 45;
}

/* The leaf becomes one that faults. */
void random_spoil(struct random *r, struct tree *t, struct page *p)
{
    uint64_t at = scene_slot(&r->scene, t, p->in, p->level), d = p->out | p->attr, type = p->level == 3 ? 3 : 1;

    if (!at)
        return;
    switch (random_pick(r, 4)) {
    case 0:
        d |= p->level == 3 ? 1 : 2;                         /* reserved; invalid with bits set */
        break;
    case 1:
        d = (d & ~FIELD_MASK(PTE, AF)) | type;
        break;
    case 2:
        d |= beyond(r, t) | type;
        break;
    default:
        d = bits(r, 62) << 2;
        break;
    }
    p->live = false;
    scene_write(&r->scene, t, at, d);
}

static void fill(struct random *r, struct tree *t, struct vm *vm)
{
    for (uint64_t i = 0; i < r->par.pages; i++)
        random_new_page(r, t, vm);
}

/* ---- the scene ----------------------------------------------------------------------------------- */

static void make_vm(struct random *r, unsigned i)
{
    static const struct { uint8_t bits, start; } s2[] = {
        { 32, 1 }, { 34, 2 }, { 34, 1 }, { 36, 1 }, { 39, 1 }, { 40, 1 }, { 40, 0 }, { 42, 1 }, { 43, 1 }, { 44, 0 },
        { 48, 0 },
    };
    static const uint8_t upper[] = { 32, 36, 39, 42, 48 }, out[] = { 48, 48, 44, 40 };
    static const enum ste_config kinds[] = { STE_S1, STE_S2, STE_NESTED };
    const uint64_t w[] = { r->par.s1, r->par.s2, r->par.nested };
    enum ste_config kind = kinds[random_choose(r, w, ARRAY_LEN(w))];
    unsigned size = (unsigned)random_pick(r, ARRAY_LEN(s2)), u = (unsigned)random_pick(r, ARRAY_LEN(upper));
    int least = s2[size].start > 1 ? s2[size].start : 1;
    int level = least + (int)random_pick(r, (unsigned)(4 - least));
    struct vm *vm = scene_vm(&r->scene, (uint16_t)(i ? bits(r, 16) & ~7u : 0) | (uint16_t)i, kind, s2[size].bits,
                             s2[size].start, level, upper[u]);

    vm->s2.t.out_bits = out[random_pick(r, ARRAY_LEN(out))];
    vm->s2r = !random_percent(r, 20);
    vm->s2ptw = random_percent(r, 30);
    if (kind == STE_S1)
        vm->upper.t.out_bits = out[random_pick(r, ARRAY_LEN(out))];
    if (kind & 2)
        fill(r, &vm->s2, vm);
    if (kind & 1)
        fill(r, &vm->upper, vm);
}

static struct vm *vm_with(struct random *r, unsigned stages)
{
    unsigned at = (unsigned)random_pick(r, r->scene.vms);

    for (unsigned i = 0; i < r->scene.vms; i++) {
        struct vm *vm = &r->scene.vm[(at + i) % r->scene.vms];

        if ((vm->kind & stages) == stages)
            return vm;
    }
    return NULL;
}

static void make_space(struct random *r, unsigned i)
{
    static const uint8_t in[] = { 30, 32, 36, 39, 40, 42, 48 };
    struct vm *vm = vm_with(r, 1);
    unsigned n = (unsigned)random_pick(r, ARRAY_LEN(in));
    struct space *sp;

    if (!vm)
        return;
    sp = scene_space(&r->scene, vm, (uint16_t)((bits(r, 16) & ~15u) | i), in[n]);
    sp->lower.t.out_bits = vm->upper.t.out_bits;
    sp->tbi[0] = random_percent(r, 25);
    sp->epd[0] = random_percent(r, 4);
    sp->r = !random_percent(r, 20);
    fill(r, &sp->lower, vm);
}

struct space *random_space_of(struct random *r, const struct vm *vm)
{
    unsigned at = (unsigned)random_pick(r, r->scene.spaces ? r->scene.spaces : 1);

    for (unsigned i = 0; i < r->scene.spaces; i++) {
        struct space *sp = &r->scene.space[(at + i) % r->scene.spaces];

        if (sp->vm == vm)
            return sp;
    }
    return NULL;
}

unsigned random_break(struct random *r, const struct field_table *table, bool s2)
{
    unsigned at = (unsigned)random_pick(r, scene_break_count);

    if (!random_percent(r, r->par.broken))
        return 0;
    for (unsigned i = 0; i < scene_break_count; i++) {
        unsigned row = (at + i) % scene_break_count;

        if (scene_breaks[row].table == table && (s2 || !scene_breaks[row].s2))
            return row + 1;
    }
    return 0;
}

static void make_cds(struct random *r, struct stream *st)
{
    unsigned n = st->s1cdmax ? 1 + (unsigned)random_pick(r, SCENE_CDS) : 1;

    for (unsigned i = 0; i < n; i++) {
        uint32_t ssid = i < 2 ? i : (uint32_t)bits(r, st->s1cdmax);
        bool there = false;

        for (unsigned j = 0; j < st->n_cd; j++)
            there |= st->cd[j].ssid == ssid;
        if (there)
            continue;
        scene_cd(&r->scene, st, ssid, random_space_of(r, st->vm));
        st->cd[st->n_cd - 1].broken = random_break(r, &cd_fields, false);
        st->cd[st->n_cd - 1].valid = !random_percent(r, r->par.broken);
        scene_write_cd(&r->scene, st, st->n_cd - 1);
    }
}

static uint32_t free_sid(struct random *r)
{
    for (;;) {
        uint32_t sid = (uint32_t)(random_pick(r, 3) ? random_pick(r, 16) : bits(r, SCENE_SID_LOG2));
        bool taken = false;

        for (unsigned i = 0; i < r->scene.streams; i++)
            taken |= r->scene.stream[i].sid == sid;
        if (!taken)
            return sid;
    }
}

static void make_stream(struct random *r)
{
    static const uint8_t cdmax[] = { 0, 0, 2, 6, 8, 12, 16 };
    const uint64_t w[] = { r->par.cd_linear, r->par.cd_4k, r->par.cd_64k };
    unsigned fmt = random_choose(r, w, ARRAY_LEN(w)), max = cdmax[random_pick(r, ARRAY_LEN(cdmax))];
    struct vm *vm = vm_with(r, 0);
    enum ste_config config = vm->kind;
    uint32_t sid = free_sid(r);
    struct stream *st;

    if (!(config & 1) || !random_space_of(r, vm) || random_pick(r, 6) == 0)
        config = vm->kind & 2 ? STE_S2 : config;
    if (config & 1 && !random_space_of(r, vm))
        return;
    st = scene_stream(&r->scene, sid, vm, config, config & 1 ? fmt || max < 8 ? max : 4 : 0, fmt);
    st->s1dss = (uint8_t)(random_pick(r, 3) ? 2 : random_pick(r, 3));
    st->broken = random_break(r, &ste_fields, config & 2);
    st->valid = !random_percent(r, r->par.broken);
    if (config & 1)
        make_cds(r, st);
    scene_write_ste(&r->scene, st);
}

static void start(struct random *r)
{
    for (unsigned i = 0; i < r->par.vms; i++)
        make_vm(r, i);
    for (unsigned i = 0; i < r->par.spaces; i++)
        make_space(r, i);
    for (unsigned i = 0; i < r->par.streams; i++)
        make_stream(r);
    scene_stream(&r->scene, free_sid(r), NULL, STE_BYPASS, 0, 0);
    scene_stream(&r->scene, free_sid(r), NULL, STE_ABORT, 0, 0);
    scene_start(&r->scene);
}

/* ---- accesses ------------------------------------------------------------------------------------ */

/* Does an access to the page's spot go through the leaf of `focus` at `in`? */
static bool reaches(const struct random *r, const struct tree *t, const struct page *p)
{
    uint64_t ipa = p->out | p->spot;

    if (t == r->focus)
        return r->focus_in >= p->in && r->focus_in < p->in + page_bytes(p);
    return t->t.stage == 1 && ipa >> 12 == r->focus_in >> 12;
}

static const struct page *focus_page(struct random *r, const struct tree *t)
{
    unsigned at = (unsigned)random_pick(r, t->pages);

    for (unsigned i = 0; i < t->pages; i++) {
        const struct page *p = &t->page[(at + i) % t->pages];

        if (reaches(r, t, p))
            return p;
    }
    return &t->page[at];
}

/* Does the page's spot get somewhere, as far as the lists know? */
static bool leads_somewhere(const struct tree *t, const struct vm *vm, const struct page *p)
{
    uint64_t ipa = p->out | p->spot;

    if (!p->live || t->t.stage == 2 || vm->kind != STE_NESTED)
        return p->live;
    for (unsigned i = 0; i < vm->s2.pages; i++) {
        const struct page *q = &vm->s2.page[i];

        if (ipa >= q->in && ipa < q->in + page_bytes(q))
            return q->live;
    }
    return false;
}

/* A hot one more often than not, and one that leads nowhere less often. */
static const struct page *usual_page(struct random *r, const struct tree *t, const struct vm *vm)
{
    uint64_t n = r->par.hot < t->pages && random_percent(r, 75) ? r->par.hot : t->pages;
    const struct page *p = &t->page[random_pick(r, n)];

    for (unsigned i = 0; i < 4 && !leads_somewhere(t, vm, p); i++)
        p = &t->page[random_pick(r, i < 2 ? n : t->pages)];
    return p;
}

static uint64_t address(struct random *r, const struct tree *t, const struct vm *vm, bool chase)
{
    uint64_t in;
    const struct page *p;

    if (!t->pages || random_percent(r, r->par.far))
        return random_pick(r, 4) ? tree_address(t, bits(r, t->t.in_bits)) : rng_u64(&r->rng);
    p = chase ? focus_page(r, t) : usual_page(r, t, vm);
    in = p->in | p->spot;
    if (chase && t == r->focus && random_pick(r, 2))
        in = r->focus_in;
    else if (random_percent(r, r->par.near))
        in = p->in | (bits(r, 30) & (page_bytes(p) - 1));
    return tree_address(t, (in & ~bits_low(12)) | bits(r, 12));
}

static void emit(struct random *r, uint32_t sid, bool has_ssid, uint32_t ssid, uint64_t addr)
{
    static const uint8_t lens[] = { 4, 8, 16, 64 };
    bool write = random_percent(r, r->par.writes);
    unsigned flags = random_percent(r, r->par.privileged) ? REC_F_PRIV : 0, len = lens[random_pick(r, ARRAY_LEN(lens))];

    if (!write && random_percent(r, r->par.fetch))
        flags |= REC_F_EXEC;
    random_gap(r);
    scene_access(&r->scene, sid, has_ssid, ssid, bits_align_down(addr, bits_log2(len)), len, write, flags);
    r->accesses++;
}

static void access_stranger(struct random *r)
{
    const struct stream *st = &r->scene.stream[random_pick(r, r->scene.streams)];
    uint32_t sid = random_pick(r, 2) ? st->sid : (uint32_t)bits(r, SCENE_SID_LOG2 + 1);
    uint32_t ssid = (uint32_t)bits(r, random_pick(r, 2) ? st->s1cdmax + 1u : 20);
    uint64_t addr = bits(r, 32);       /* drawn one after the other: arguments have no order */

    emit(r, sid, random_pick(r, 2), ssid, addr);
}

/* Of the streams that use what changed, one; NULL: any stream will do. */
static struct stream *user_of_focus(struct random *r, unsigned *cd)
{
    unsigned at = (unsigned)random_pick(r, r->scene.streams);

    for (unsigned i = 0; i < r->scene.streams; i++) {
        struct stream *st = &r->scene.stream[(at + i) % r->scene.streams];

        if (!st->vm)
            continue;
        *cd = st->n_cd ? (unsigned)random_pick(r, st->n_cd) : 0;
        if (r->focus == &st->vm->s2 || (st->n_cd && r->focus == &st->vm->upper))
            return st;
        for (unsigned j = 0; j < st->n_cd; j++)
            if (&st->cd[j].space->lower == r->focus) {
                *cd = j;
                return st;
            }
    }
    return NULL;
}

/* One that translates more often than not. */
static struct stream *usual_stream(struct random *r)
{
    struct stream *st = &r->scene.stream[random_pick(r, r->scene.streams)];

    for (unsigned i = 0; i < 3 && (!st->vm || !st->valid || st->broken); i++)
        st = &r->scene.stream[random_pick(r, r->scene.streams)];
    return st;
}

void random_access(struct random *r)
{
    bool chase = r->focus && random_percent(r, r->par.chase);
    struct stream *st;
    unsigned cd = 0;
    const struct tree *t;
    uint32_t ssid;
    uint64_t addr;

    if (random_percent(r, r->par.stranger)) {
        access_stranger(r);
        return;
    }
    st = chase ? user_of_focus(r, &cd) : NULL;
    if (!st) {
        chase = false;
        st = usual_stream(r);
        cd = st->n_cd ? (unsigned)random_pick(r, st->n_cd) : 0;
    }
    if (!st->vm || !(st->config & 1) || !st->n_cd) {
        emit(r, st->sid, false, 0, st->vm ? address(r, &st->vm->s2, st->vm, chase) : bits(r, 48));
        return;
    }
    t = &st->cd[cd].space->lower;
    if (chase ? r->focus == &st->vm->upper : random_percent(r, r->par.upper))
        t = &st->vm->upper;
    ssid = st->cd[cd].ssid;
    addr = address(r, t, st->vm, chase);
    emit(r, st->sid, ssid || random_percent(r, 5), ssid, addr);
}

int random_records(struct records *out, const struct random_params *par, uint64_t accesses, uint64_t seed)
{
    struct random r = { .par = *par };
    int err;

    rng_init(&r.rng, seed, "cosim.stimulus");
    err = scene_init(&r.scene, out, random_percent(&r, par->two_level));
    if (!err) {
        start(&r);
        while (r.accesses < accesses && !out->err) {
            if (random_pick(&r, 1000) < par->change)
                random_change(&r);
            random_access(&r);
        }
        scene_flush(&r.scene);
        err = out->err;
    }
    scene_destroy(&r.scene);
    return err;
}
