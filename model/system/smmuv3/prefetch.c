/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/prefetch.h"

#include <stdlib.h>

#include "base/sim.h"

enum { PAGE_LOG2 = 12 };               /* in which strides and what is under way are told apart */

STAT_ROWS(stats, SMMUV3_PREFETCH_STATS);
static const struct comp_kind kind = { "prefetch", NULL, 0, stats, ARRAY_LEN(stats) };

/* ---- counting ------------------------------------------------------------------------------------ */

struct unused { uint64_t n; };

static void count_unused(const struct store_view *v, void *arg)
{
    ((struct unused *)arg)->n += FIELD_GET(TLB_TAG, PREFETCHED, &v->tag);
}

static void settle(struct comp *comp)
{
    struct smmuv3_prefetch *p = CONTAINER_OF(comp, struct smmuv3_prefetch, comp);
    struct unused there = { 0 };

    if (store_exists(&p->s->ctlb))
        store_each(&p->s->ctlb, count_unused, &there);
    p->st.useless = p->st.kept - p->st.useful - there.n;
}

/* ---- one ----------------------------------------------------------------------------------------- */

/* A stream that bypasses has nothing to translate, and one whose configuration is known is done. */
static void ended(struct smmuv3_prefetch *p, const struct smmuv3_xact *x)
{
    p->st.failed += !x->m.has_leaf && !smmuv3_xl_ask(&x->m) && x->m.res.outcome != XL_BYPASS;
}

static void ended_in_time(void *arg, struct flow *f, bool gave_up)
{
    struct smmuv3_prefetch *p = arg;

    p->st.overtaken += gave_up;
    if (!gave_up)
        ended(p, f->machine);
}

static void run(struct smmuv3_prefetch *p, const struct xl_req *r, enum prefetch what)
{
    struct smmuv3_system *s = p->s;
    struct smmuv3_xact *x = &p->x;

    p->trail = (struct system_trail){ 0 };
    x->trail = &p->trail;
    x->prefetch = (uint8_t)what;
    x->s1_reads = x->s2_reads = 0;
    smmuv3_xl_begin(&x->m, &s->regs, &s->impl, r);
    while (smmuv3_xact_asks(x))
        smmuv3_answer(s, x);
    smmuv3_end(s, x);
    ended(p, x);
}

static void begin(struct smmuv3_prefetch *p, const struct xl_req *r, enum prefetch what, uint64_t at_ps)
{
    if (!p->s->sys.timed) {
        p->st.issued++;
        run(p, r, what);
    } else if (prefetch_find(&p->ahead, r, PAGE_LOG2)) {
        p->st.redundant++;
    } else if (prefetch_begin(&p->ahead, r, what, at_ps)) {
        p->st.issued++;
    } else {
        p->st.dropped++;
    }
}

/* Whether it may be read is asked when it is used. */
static struct xl_req request_of(const struct xl_req *r, uint64_t addr)
{
    struct xl_req q = *r;

    q.addr = addr;
    q.write = q.atomic = q.exec = q.no_write = q.speculative = false;
    q.no_dir = true;
    q.type = XL_UNTRANSLATED;
    return q;
}

static uint64_t now_ps(const struct smmuv3_system *s)
{
    return s->sys.timed ? sim_now(s->sys.timed->sim) : 0;
}

void smmuv3_prefetch(struct smmuv3_system *s, const struct xl_req *r, enum prefetch what)
{
    struct xl_req q = request_of(r, r->addr);

    if (s->prefetch && FIELD_GET(CR0, SMMUEN, &s->regs.cr0))
        begin(s->prefetch, &q, what, now_ps(s));
}

/* As many translations as it names, but no more than can be under way. */
static uint64_t count_of(const struct smmuv3_system *s, const uint64_t *words)
{
    uint64_t n = 1ull << FIELD_GET(CMD, COUNT, words);

    return n < s->par.tcu.prefetch_frames ? n : s->par.tcu.prefetch_frames;
}

void smmuv3_prefetch_command(struct smmuv3_system *s, const struct smmuv3_cmd *c, const uint64_t *words)
{
    struct xl_req r = { .sid = c->sid_first, .ssid = c->has_ssid ? c->ssid : 0, .has_ssid = c->has_ssid };

    if (c->op == SMMUV3_CMD_PREFETCH_CONFIG) {
        smmuv3_prefetch(s, &r, PREFETCH_CONFIG);
        return;
    }
    r.addr = FIELD_ADDR(CMD, ADDR, words);
    for (uint64_t n = count_of(s, words); n; n--) {
        smmuv3_prefetch(s, &r, PREFETCH_TRANSLATION);
        r.addr += 1ull << (PAGE_LOG2 + FIELD_GET(CMD, STRIDE, words));
    }
}

/* ---- which --------------------------------------------------------------------------------------- */

static bool is_known(struct smmuv3_system *s, const struct smmuv3_xact *x, uint64_t addr)
{
    return store_exists(&s->ctlb) && store_peek(&s->ctlb, smmuv3_leaf_key(s, x, &x->m.leaf), addr) != NULL;
}

/* Degree many from `distance` steps on. */
static void series(struct smmuv3_prefetch *p, const struct smmuv3_xact *x, uint64_t from, uint64_t step)
{
    const struct smmuv3_tcu_params *par = &p->s->par.tcu;
    uint64_t at_ps = x->flow ? x->flow->led.at_ps : 0;

    for (uint64_t i = 0; i < par->prefetch_degree; i++) {
        struct xl_req q = request_of(&x->m.req, from + step * (par->prefetch_distance + i));

        if (is_known(p->s, x, q.addr))
            p->st.redundant++;
        else
            begin(p, &q, PREFETCH_TRANSLATION, at_ps);
    }
}

/* Has the stream gone on by the same stride twice? */
static bool strides(struct smmuv3_prefetch *p, const struct smmuv3_xact *x, uint64_t *step)
{
    uint64_t stream = smmuv3_stream_key(&x->m.req), page = x->m.canon >> PAGE_LOG2;
    struct smmuv3_stride *e = &p->stride[bits_mix(stream) % SMMUV3_STRIDES];
    int64_t stride = (int64_t)(page - e->page);

    if (!e->known || e->stream != stream) {
        *e = (struct smmuv3_stride){ .stream = stream, .page = page, .known = true };
        return false;
    }
    if (stride == 0)
        return false;
    e->sure = stride == e->stride;
    e->stride = stride;
    e->page = page;
    *step = (uint64_t)stride << PAGE_LOG2;
    return e->sure;
}

void smmuv3_prefetch_looked(struct smmuv3_system *s, struct smmuv3_xact *x, const struct xl_leaf *l)
{
    struct smmuv3_prefetch *p = s->prefetch;
    uint64_t *tag = l ? store_tag(l) : NULL;
    struct flow *f;

    x->first_use = false;
    if (x->prefetch)
        return;
    if (tag && FIELD_GET(TLB_TAG, PREFETCHED, tag)) {
        FIELD_SET(TLB_TAG, PREFETCHED, tag, 0);
        p->st.useful++;
        x->first_use = true;
    }
    if (l)
        return;
    f = prefetch_find(&p->ahead, &x->m.req, PAGE_LOG2);
    p->st.late += f && !f->retry;
    if (f)
        f->retry = true;               /* late, but counted once */
}

void smmuv3_prefetch_after(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    const struct xl_leaf *l = &x->m.leaf;
    struct smmuv3_prefetch *p = s->prefetch;
    uint64_t size, step;

    if (x->prefetch || !x->m.has_leaf)
        return;
    size = 1ull << l->size_log2;
    switch (s->par.tcu.prefetch) {
    case SMMUV3_PREFETCH_NEXT:
    case SMMUV3_PREFETCH_PREVIOUS:
        if (x->m.walked || x->first_use)
            series(p, x, l->iova, s->par.tcu.prefetch == SMMUV3_PREFETCH_NEXT ? size : -size);
        break;
    case SMMUV3_PREFETCH_STRIDE:
        if (strides(p, x, &step) && (x->m.walked || x->first_use))
            series(p, x, bits_align_down(x->m.canon, PAGE_LOG2), step);
        break;
    default:
        break;
    }
}

/* ---- making it ----------------------------------------------------------------------------------- */

int smmuv3_prefetch_init(struct smmuv3_system *s)
{
    struct smmuv3_prefetch *p;

    if (s->par.tcu.prefetch == SMMUV3_PREFETCH_NONE)
        return 0;
    p = calloc(1, sizeof *p);
    if (!p)
        return SIM_EENV;
    s->prefetch = p;
    p->s = s;
    comp_init(&p->comp, &kind, &s->tcu, "prefetch", NULL, &p->st);
    p->comp.settle = settle;
    return 0;
}

int smmuv3_prefetch_timed(struct smmuv3_system *s)
{
    if (!s->prefetch)
        return 0;
    if (prefetches_init(&s->prefetch->ahead, s->sys.timed, (unsigned)s->par.tcu.prefetch_frames))
        return SIM_EENV;
    s->prefetch->ahead.done = ended_in_time;
    s->prefetch->ahead.arg = s->prefetch;
    return 0;
}

void smmuv3_prefetch_destroy(struct smmuv3_system *s)
{
    if (s->prefetch)
        prefetches_destroy(&s->prefetch->ahead);
    free(s->prefetch);
    s->prefetch = NULL;
}
