/* SPDX-License-Identifier: Apache-2.0 */
#include "system/prefetch.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_NUMBER = 41 };            /* log2: after all requests of its time, before software's */

/* A lookup through `port` from now on: when it is answered, if that is later than at_ps. */
static uint64_t look(struct port *port, uint64_t now_ps, uint64_t at_ps)
{
    uint64_t answered = port_take(port, now_ps) + port->latency_ps;

    return answered > at_ps ? answered : at_ps;
}

/* The lookups that its question takes: when the last of them is answered; now if there is none. */
static uint64_t look_up(struct flow *f, uint64_t now_ps)
{
    const struct timed_ask *a = &f->ask;
    uint64_t at = now_ps;

    if (a->port)
        at = look(a->port, now_ps, at);
    for (unsigned i = 0; i < a->beside_uses; i++)
        at = look(a->beside, now_ps, at);
    return at;
}

/* Those that it took besides, one after the other. */
static uint64_t look_further(struct flow *f, uint64_t at_ps)
{
    struct timed *t = f->t;

    for (; t->further; t->further--)
        at_ps = look(f->ask.port, at_ps, at_ps);
    return at_ps;
}

static bool is_wanted(const struct flow *f)
{
    return f->t->on && f->since == f->t->invals;
}

static void finish(struct flow *f)
{
    struct timed *t = f->t;
    struct prefetch_frame *frame = CONTAINER_OF(f, struct prefetch_frame, flow);
    struct prefetches *p = frame->of;
    bool wanted = is_wanted(f);

    if (wanted)
        t->ops->end(t->sys, f);
    if (f->walking)
        slots_give(&t->walk);
    if (f->fetching)
        slots_give(&t->fetch);
    shares_give(&t->shares, SHARES_NOBODY);
    t->busy--;
    frame->used = false;
    p->under_way--;
    f->proc.state = PROC_DONE;
    p->done(p->arg, f, !wanted);
}

static enum proc_state run(struct proc *proc)
{
    struct flow *f = CONTAINER_OF(proc, struct flow, proc);
    struct timed *t = f->t;
    const struct timed_ops *ops = t->ops;

    PROC_BEGIN(proc);
    PROC_SLOT_LOW(proc, &t->slots);
    f->since = t->invals;
    if (is_wanted(f))
        ops->begin(t->sys, f);
    while (is_wanted(f) && ops->ask(t->sys, f, &f->ask)) {
        if (f->ask.fetch != f->fetching) {
            if (f->fetching)
                slots_give(&t->fetch);
            else
                PROC_SLOT_LOW(proc, &t->fetch);
            f->fetching = f->ask.fetch;
        }
        if (f->ask.walk && !f->walking) {
            PROC_SLOT_LOW(proc, &t->walk);
            f->walking = true;
            PROC_TO(proc, proc_now(proc) + t->overhead_ps);
        }
        if (f->ask.bytes) {
            if (memory_limited(&t->mem))
                PROC_SLOT_LOW(proc, &t->mem.outstanding);
            f->start_ps = memory_access(&t->mem, MEMORY_TABLE, f->ask.pa, f->ask.bytes, proc_now(proc), NULL);
            PROC_TO(proc, f->start_ps);
            if (memory_limited(&t->mem))
                slots_give(&t->mem.outstanding);
            if (is_wanted(f))
                ops->answer(t->sys, f);
            continue;
        }
        f->start_ps = look_up(f, proc_now(proc));
        ops->answer(t->sys, f);
        f->start_ps = look_further(f, f->start_ps);
        PROC_TO(proc, f->start_ps);
    }
    finish(f);
    return PROC_DONE;
    PROC_END(proc);
}

int prefetches_init(struct prefetches *p, struct timed *t, unsigned frames)
{
    size_t each = (t->ops->machine_bytes + 63) / 64 * 64;

    *p = (struct prefetches){ .t = t, .frames = frames };
    p->frame = aligned_alloc(64, (frames * sizeof *p->frame + 63) / 64 * 64);
    p->machine = aligned_alloc(64, frames * each);
    if (!p->frame || !p->machine)
        return SIM_EENV;
    memset(p->frame, 0, frames * sizeof *p->frame);
    memset(p->machine, 0, frames * each);
    for (unsigned i = 0; i < frames; i++) {
        struct flow *f = &p->frame[i].flow;

        p->frame[i].of = p;
        f->t = t;
        f->index = i;
        f->machine = p->machine + i * each;
        proc_init(&f->proc, &t->comp, "prefetch", run);
        f->proc.phase = SIM_DECIDE;
    }
    return 0;
}

void prefetches_destroy(struct prefetches *p)
{
    free(p->frame);
    free(p->machine);
    *p = (struct prefetches){ 0 };
}

/* While it is under way no hit is looked up ahead of time: it may be at memory before that. */
struct flow *prefetch_begin(struct prefetches *p, const struct xl_req *req, enum prefetch what,
                            uint64_t at_ps)
{
    struct flow *f;
    unsigned i = 0;

    while (i < p->frames && p->frame[i].used)
        i++;
    if (i == p->frames)
        return NULL;
    p->frame[i].used = true;
    p->under_way++;
    p->t->busy++;
    f = &p->frame[i].flow;
    f->req = *req;
    f->prefetch = (uint8_t)what;
    f->walking = f->fetching = f->retry = false;
    f->reads = 0;
    f->trail = (struct system_trail){ 0 };
    f->proc.number = (1ull << FIRST_NUMBER) + ++p->begun;
    proc_begin_at(&f->proc, at_ps);
    return f;
}

static bool is_for(const struct flow *f, const struct xl_req *r, unsigned page_log2)
{
    return f->req.sid == r->sid && f->req.has_ssid == r->has_ssid && f->req.ssid == r->ssid &&
           f->req.addr >> page_log2 == r->addr >> page_log2;
}

struct flow *prefetch_find(const struct prefetches *p, const struct xl_req *r, unsigned page_log2)
{
    for (unsigned i = 0; p->under_way && i < p->frames; i++)
        if (p->frame[i].used && is_for(&p->frame[i].flow, r, page_log2))
            return &p->frame[i].flow;
    return NULL;
}
