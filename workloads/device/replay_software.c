/* SPDX-License-Identifier: Apache-2.0
 *
 * The process `software` of timed replay, and what orders its records with the accesses under way; see
 * replay_timed.c for the rules.
 */
#include "arch/smmuv3/cmd.h"
#include "arch/vtd/invdesc.h"
#include "workloads/device/replay_timed_impl.h"

/* ---- its records --------------------------------------------------------------------------------- */

/* The addresses that a raw command invalidates; all, where it does not say. */
static struct range range_of(enum system_arch arch, const uint64_t *w)
{
    uint64_t op = arch == SYSTEM_VTD ? FIELD_GET(INV, TYPE, w) : FIELD_GET(CMD, OP, w);
    unsigned am = (unsigned)FIELD_GET(INV_IOTLB, AM, w);
    struct range r = { 0, UINT64_MAX };

    if (arch == SYSTEM_VTD && op == VTD_INV_IOTLB && FIELD_GET(INV_IOTLB, G, w) == VTD_IOTLB_PAGE) {
        r.first = bits_align_down(w[1], am + 12);
        r.last = r.first + bits_low(am + 12);
    } else if (arch == SYSTEM_SMMUV3 &&
               (op == SMMUV3_CMD_TLBI_NH_VA || op == SMMUV3_CMD_TLBI_NH_VAA) && !FIELD_GET(CMD, TG, w)) {
        r.first = w[1] & ~0xfffull;
        r.last = r.first + 0xfff;
    }
    return r;
}

static void set_range(struct soft *s, struct range r)
{
    s->first = r.first;
    s->last = r.last;
}

/* What a record is ordered with. */
static void set_order(const struct replay_timed *rt, struct soft *s)
{
    bool raw = !rt->rp->has_host;

    s->first = 0;
    s->last = UINT64_MAX;
    s->drains = s->blocks = true;
    if (rt->rp->arrival == REPLAY_SERIAL)
        return;                            /* one thing after the other */
    switch (s->r.kind) {
    case REC_MAP:
    case REC_UNMAP:
        if (raw) {
            s->drains = s->blocks = false;     /* not carried out */
            return;
        }
        set_range(s, (struct range){ s->r.addr,
                                     s->r.addr + s->x.w[s->r.kind == REC_MAP ? 1 : 0] - 1 });
        s->drains = s->r.kind == REC_UNMAP;
        break;
    case REC_COMMAND:
        s->blocks = false;                     /* note_inval sees to that */
        s->drains = raw && replay_is_inval(rt->rp->sys->arch, s->x.w);
        if (s->drains)
            set_range(s, range_of(rt->rp->sys->arch, s->x.w));
        break;
    case REC_FLUSH:
    case REC_DOORBELL:
        s->drains = s->blocks = false;
        break;
    }
}

/* Later accesses to the range of a raw invalidation wait for it. */
static void note_inval(struct replay_timed *rt, const struct soft *s)
{
    if (s->r.kind != REC_COMMAND || !s->drains)
        return;
    if (rt->invals == INVALS)
        rt->inval[INVALS - 1] = (struct range){ 0, UINT64_MAX };
    else
        rt->inval[rt->invals++] = (struct range){ s->first, s->last };
}

void replay_soft_push(struct replay_timed *rt)
{
    struct soft *s = &rt->soft[(rt->soft_at + rt->softs) % SOFT_MAX];

    s->r = *rt->r;
    s->x = *rt->x;
    s->number = rt->rp->records;
    s->not_before_ps = rt->arrival_ps;
    set_order(rt, s);
    note_inval(rt, s);
    rt->softs++;
    rt->t->software = true;
    event_notify(&rt->work);
}

/* ---- accesses that wait for it ------------------------------------------------------------------- */

bool replay_soft_blocks(const struct replay_timed *rt)
{
    uint64_t first = rt->r->addr, last = first + (rt->r->len ? rt->r->len - 1 : 0);

    for (uint32_t k = 0; k < rt->softs; k++) {
        const struct soft *s = &rt->soft[(rt->soft_at + k) % SOFT_MAX];

        if (s->blocks && s->first <= last && s->last >= first)
            return true;
    }
    return false;
}

bool replay_soft_invalidates(struct replay_timed *rt)
{
    uint64_t first = rt->r->addr, last = first + (rt->r->len ? rt->r->len - 1 : 0);

    if (!rt->softs && cmdq_is_idle(&rt->t->cmdq))
        rt->invals = 0;
    for (uint32_t i = 0; i < rt->invals; i++)
        if (rt->inval[i].first <= last && rt->inval[i].last >= first)
            return true;
    return false;
}

/* ---- accesses that it waits for ------------------------------------------------------------------ */

/* Has an access done what software's record waits for? */
static bool is_earlier_access(const struct replay_timed *rt, const struct soft *s)
{
    for (uint64_t k = rt->oldest; k < rt->next_sent; k++) {
        uint32_t i = rt->sent[k & rt->sent_mask];

        if (i == NOBODY || rt->t->flow[i].stalled || rt->t->flow[i].renew)
            continue;                  /* it will look again */
        if (rt->way[i].record >= s->number)
            break;
        if (rt->way[i].first <= s->last && rt->way[i].last >= s->first)
            return true;
    }
    return false;
}

/* When all that it could change has ended; those that are still under way left out. */
static uint64_t end_ps(const struct replay_timed *rt, const struct soft *s)
{
    uint64_t ps = 0;

    if (s->first == 0 && s->last == UINT64_MAX)
        return rt->last_done_ps;
    for (uint32_t i = 0; i < rt->endings; i++) {
        const struct ending *e = &rt->ending[(rt->ending_at + i) & (rt->endings_room - 1)];

        if (e->first <= s->last && e->last >= s->first && e->ps > ps)
            ps = e->ps;
    }
    return ps;
}

/* ---- the process --------------------------------------------------------------------------------- */

/* A raw command that software waits for. */
static bool is_sync(enum system_arch arch, const uint64_t *w)
{
    return arch == SYSTEM_VTD ? FIELD_GET(INV, TYPE, w) == VTD_INV_WAIT
                              : FIELD_GET(CMD, OP, w) == SMMUV3_CMD_SYNC;
}

static bool waits(const struct replay_timed *rt, const struct soft *s)
{
    return rt->rp->arrival == REPLAY_SERIAL || rt->rp->has_host ||
           (s->r.kind == REC_COMMAND && is_sync(rt->rp->sys->arch, s->x.w));
}

static void carry_out(struct replay_timed *rt, const struct soft *s)
{
    struct system *sys = rt->rp->sys;
    int err;

    sys->now_ps = proc_now(&rt->software);
    system_tick(sys);
    err = replay_record(rt->rp, &s->r, &s->x);
    if (err)
        replay_timed_fail(rt, err, s->number);
}

enum proc_state replay_software(struct proc *p)
{
    struct replay_timed *rt = CONTAINER_OF(p, struct replay_timed, software);
    struct timed *t = rt->t;
    struct soft *s = &rt->soft[rt->soft_at];

    PROC_BEGIN(p);
    for (;;) {
        while (!rt->softs)
            PROC_WAIT_IDLE(p, &rt->work);
        if (s->not_before_ps > proc_now(p))
            PROC_UNTIL(p, s->not_before_ps);
        while (s->drains && is_earlier_access(rt, s))
            PROC_WAIT(p, &rt->changed);
        if (s->drains && end_ps(rt, s) > proc_now(p))
            PROC_UNTIL(p, end_ps(rt, s));
        carry_out(rt, s);
        while (!timed_queue(t))
            PROC_WAIT(p, &t->cmdq.idle);
        while (waits(rt, s) && !cmdq_is_idle(&t->cmdq))
            PROC_WAIT(p, &t->cmdq.idle);
        rt->soft_at = (rt->soft_at + 1) % SOFT_MAX;
        s = &rt->soft[rt->soft_at];
        rt->softs--;
        t->software = rt->softs > 0;
        event_notify(&rt->changed);
    }
    PROC_END(p);
}
