/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/stall.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/sim.h"
#include "system/judge.h"
#include "system/smmuv3/smmuv3.h"

PARAM_ROWS(params, SMMUV3_STALL_PARAMS);
STAT_ROWS(stats, SMMUV3_STALL_STATS);
const struct comp_kind smmuv3_stall_kind = { "stall", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

/* ---- places -------------------------------------------------------------------------------------- */

int smmuv3_stalls_init(struct smmuv3_stalls *l, struct comp *parent, const struct smmuv3_stall_params *par)
{
    *l = (struct smmuv3_stalls){ .par = *par };
    comp_init(&l->comp, &smmuv3_stall_kind, parent, "stall", &l->par, &l->st);
    l->place = calloc(par->entries, sizeof *l->place);
    l->free = calloc(par->entries, sizeof *l->free);
    if (!l->place || !l->free)
        return SIM_EENV;
    l->frees = (uint32_t)par->entries;
    for (uint32_t i = 0; i < l->frees; i++)
        l->free[i] = i;
    return 0;
}

int smmuv3_stalls_timed(struct smmuv3_stalls *l)
{
    return slots_init(&l->places, &l->comp, "places", &(struct slots_params){ .n = l->par.entries });
}

void smmuv3_stalls_destroy(struct smmuv3_stalls *l)
{
    free(l->place);
    free(l->free);
    free(l->waiting);
    if (l->places.at)
        slots_destroy(&l->places);
}

/* A free place, which has been free for the longest. */
static struct smmuv3_stalled *take(struct smmuv3_stalls *l)
{
    struct smmuv3_stalled *e = &l->place[l->free[l->free_at]];

    l->free_at = l->free_at + 1 == l->par.entries ? 0 : l->free_at + 1;
    l->frees--;
    *e = (struct smmuv3_stalled){ .used = true };
    return e;
}

static void give(struct smmuv3_stalls *l, struct smmuv3_stalled *e)
{
    e->used = false;
    l->free[(l->free_at + l->frees++) % l->par.entries] = (uint32_t)(e - l->place);
}

static bool alike(const struct smmuv3_stalled *e, const struct xl_req *req, const struct xl_result *res)
{
    return e->req.sid == req->sid && e->req.has_ssid == req->has_ssid &&
           (!req->has_ssid || e->req.ssid == req->ssid) && e->req.addr >> 12 == req->addr >> 12 &&
           e->req.write == req->write && e->res.priv == res->priv && e->res.exec == res->exec;
}

/* One that is recorded and stalled alike. */
static struct smmuv3_stalled *find_alike(const struct smmuv3_stalls *l, const struct xl_req *req,
                                         const struct xl_result *res)
{
    for (uint64_t i = 0; l->par.suppress && l->frees < l->par.entries && i < l->par.entries; i++)
        if (l->place[i].used && l->place[i].recorded && alike(&l->place[i], req, res))
            return &l->place[i];
    return NULL;
}

/* Puts it into its place, under its tag. */
static void fill(struct smmuv3_system *s, struct smmuv3_stalled *e, const struct xl_req *req,
                 struct xl_result *res)
{
    struct smmuv3_stalls *l = &s->stalls;

    res->stag = (uint16_t)(e - l->place);
    e->req = *req;
    e->res = *res;
    e->recorded = true;
    l->st.recorded++;
    s->st.events++;
}

const struct smmuv3_stalled *smmuv3_stalled_first(const struct smmuv3_stalls *l)
{
    const struct smmuv3_stalled *first = NULL;

    for (uint64_t i = 0; i < l->par.entries; i++) {
        const struct smmuv3_stalled *e = &l->place[i];

        if (e->used && e->recorded && (!first || e->request < first->request))
            first = e;
    }
    return first;
}

/* ---- with time ----------------------------------------------------------------------------------- */

static struct smmuv3_system *of(struct system *sys)
{
    return CONTAINER_OF(sys, struct smmuv3_system, sys);
}

static void wait_with(struct smmuv3_stalls *l, struct smmuv3_stalled *e, struct flow *f)
{
    f->merged_next = NULL;
    if (e->with_last)
        e->with_last->merged_next = f;
    else
        e->with = f;
    e->with_last = f;
    l->st.suppressed++;
}

bool smmuv3_stall_joins(struct system *sys, struct flow *f)
{
    struct smmuv3_stalls *l = &of(sys)->stalls;
    struct smmuv3_stalled *e = find_alike(l, &f->req, &f->res);

    l->st.stalls++;
    if (e)
        wait_with(l, e, f);
    return e != NULL;
}

void smmuv3_stall_placed(struct system *sys, struct flow *f)
{
    struct smmuv3_stalled *e = take(&of(sys)->stalls);

    e->flow = f;
    e->req = f->req;
    e->request = f->request;
    f->place = e;
}

static void give_timed(struct smmuv3_stalls *l, struct smmuv3_stalled *e)
{
    e->flow->place = NULL;
    give(l, e);
    slots_give(&l->places);
}

static void record(struct smmuv3_system *s, struct flow *f)
{
    uint64_t words[EVENT_WORDS];

    fill(s, f->place, &f->req, &f->res);
    smmuv3_event_encode(&f->req, &f->res, words);
    evtq_record(&s->sys.timed->evtq, words);
}

bool smmuv3_stall_settled(struct system *sys, struct flow *f)
{
    struct smmuv3_system *s = of(sys);
    struct smmuv3_stalls *l = &s->stalls;
    struct smmuv3_stalled *e;

    if (!f->place)                     /* it waits with another */
        return true;
    if (!sys->timed->on || f->since != sys->timed->invals) {
        f->answer = sys->timed->on ? FLOW_RETRY : FLOW_ABORT;
        l->st.renewed += f->answer == FLOW_RETRY;
        l->st.terminated += f->answer == FLOW_ABORT;
        give_timed(l, f->place);
        return true;
    }
    if (!evtq_has_room(&sys->timed->evtq))
        return false;
    e = find_alike(l, &f->req, &f->res);
    if (e) {
        give_timed(l, f->place);
        wait_with(l, e, f);
        return true;
    }
    record(s, f);
    return true;
}

static void answer_flow(struct flow *f, enum flow_answer answer)
{
    f->answer = (uint8_t)answer;
    proc_trigger(&f->proc);
}

/* Those that wait with it are tried again, or ended as it is if all of their stream are. */
static void answer_timed(struct smmuv3_stalls *l, struct smmuv3_stalled *e, enum flow_answer answer,
                         enum flow_answer others)
{
    struct flow *with = e->with, *f = e->flow;

    give_timed(l, e);
    answer_flow(f, answer);
    while (with) {
        f = with;
        with = f->merged_next;
        answer_flow(f, others);
    }
}

/* ---- without time -------------------------------------------------------------------------------- */

static void told_end(struct smmuv3_system *s, const struct xl_req *req, const struct xl_result *res,
                     uint64_t request)
{
    const struct system_watch *w = s->sys.watch;

    if (w && w->ended)
        w->ended(w->arg, request, req, res);
}

/* No memory: it is as if software had ended it at once. */
static void wait_untimed(struct smmuv3_system *s, const struct xl_req *req, const struct xl_result *res,
                         uint64_t request, struct smmuv3_stalled *with)
{
    struct smmuv3_stalls *l = &s->stalls;
    struct smmuv3_waiting *list = list_grow(l->waiting, l->waits, &l->waiting_room, sizeof *list);
    struct xl_result ended = *res;

    if (list) {
        l->waiting = list;
        l->waiting[l->waits++] = (struct smmuv3_waiting){ *req, *res, request, with };
        return;
    }
    ended.outcome = XL_FAULT;
    l->st.terminated++;
    told_end(s, req, &ended, request);
}

void smmuv3_stall_untimed(struct smmuv3_system *s, const struct xl_req *req, struct xl_result *res)
{
    struct smmuv3_stalls *l = &s->stalls;
    struct smmuv3_stalled *e = find_alike(l, req, res);

    l->st.stalls++;
    l->st.suppressed += e != NULL;
    if (e || !l->frees) {
        wait_untimed(s, req, res, s->sys.request, e);
        return;
    }
    e = take(l);
    e->request = s->sys.request;
    fill(s, e, req, res);
    smmuv3_tell_record(s, req, res);
}

/* As though it had just arrived. */
static void retry_untimed(struct smmuv3_system *s, const struct xl_req *req, uint64_t request)
{
    struct system_trail trail;
    struct xl_result res;
    uint64_t now = s->sys.request;

    s->sys.request = request;
    s->sys.ops->translate(&s->sys, req, &res, &trail);
    if (s->sys.judge)
        judge_request(s->sys.judge, &s->sys, req, &res, mem_epoch(s->sys.mem));
    s->sys.request = now;
    if (res.outcome != XL_STALL)       /* else it waits again */
        told_end(s, req, &res, request);
}

static struct smmuv3_waiting take_waiting(struct smmuv3_stalls *l, size_t i)
{
    struct smmuv3_waiting w = l->waiting[i];

    l->waits--;
    for (; i < l->waits; i++)
        l->waiting[i] = l->waiting[i + 1];
    return w;
}

/* The first that waits with e, or in front of the buffer (NULL); l->waits: none. */
static size_t first_waiting(const struct smmuv3_stalls *l, const struct smmuv3_stalled *e)
{
    size_t i = 0;

    while (i < l->waits && l->waiting[i].with != e)
        i++;
    return i;
}

/* There is a place for those in front. */
static void let_in(struct smmuv3_system *s)
{
    struct smmuv3_stalls *l = &s->stalls;
    size_t i, n = l->waits;

    while (n-- > 0 && l->frees && (i = first_waiting(l, NULL)) < l->waits) {
        struct smmuv3_waiting w = take_waiting(l, i);

        retry_untimed(s, &w.req, w.request);
    }
}

static void end_untimed(struct smmuv3_system *s, const struct xl_req *req, const struct xl_result *res,
                        uint64_t request, enum flow_answer answer)
{
    struct xl_result ended = *res;

    ended.outcome = answer == FLOW_RAZWI ? XL_RAZWI : XL_FAULT;
    told_end(s, req, &ended, request);
}

static void answer_untimed(struct smmuv3_system *s, struct smmuv3_stalled *e, enum flow_answer answer,
                           enum flow_answer others)
{
    struct smmuv3_stalls *l = &s->stalls;
    struct smmuv3_stalled was = *e;
    size_t i;

    give(l, e);
    for (i = 0; i < l->waits; i++)     /* the place may have another soon */
        if (l->waiting[i].with == e)
            l->waiting[i].with = &l->place[l->par.entries];
    if (answer == FLOW_RETRY)
        retry_untimed(s, &was.req, was.request);
    else
        end_untimed(s, &was.req, &was.res, was.request, answer);
    while ((i = first_waiting(l, &l->place[l->par.entries])) < l->waits) {
        struct smmuv3_waiting w = take_waiting(l, i);

        if (others == FLOW_RETRY)
            retry_untimed(s, &w.req, w.request);
        else
            end_untimed(s, &w.req, &w.res, w.request, others);
    }
}

/* ---- answers ------------------------------------------------------------------------------------- */

static void answer(struct smmuv3_system *s, struct smmuv3_stalled *e, enum flow_answer a,
                   enum flow_answer others)
{
    if (e->flow)
        answer_timed(&s->stalls, e, a, others);
    else
        answer_untimed(s, e, a, others);
}

static void resume(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    struct smmuv3_stalls *l = &s->stalls;
    struct smmuv3_stalled *e = c->stag < l->par.entries ? &l->place[c->stag] : NULL;

    if (!e || !e->used || !e->recorded || e->req.sid != c->sid_first) {
        l->st.ignored++;
        return;
    }
    if (c->ac) {
        l->st.retried++;
        answer(s, e, FLOW_RETRY, FLOW_RETRY);
    } else if (c->ab || FIELD_GET(IDR0, TERM_MODEL, &s->regs.idr0)) {
        l->st.aborted++;
        answer(s, e, FLOW_ABORT, FLOW_RETRY);
    } else {
        l->st.razwi++;
        answer(s, e, FLOW_RAZWI, FLOW_RETRY);
    }
}

static uint64_t waiting_with(const struct smmuv3_stalls *l, const struct smmuv3_stalled *e)
{
    uint64_t n = 0;

    for (const struct flow *f = e->with; f; f = f->merged_next)
        n++;
    for (size_t i = 0; i < l->waits; i++)
        n += l->waiting[i].with == e;
    return n;
}

/* All of a stream, or of every one. */
static void terminate(struct smmuv3_system *s, bool all, uint32_t sid)
{
    struct smmuv3_stalls *l = &s->stalls;

    for (uint64_t i = 0; i < l->par.entries; i++) {
        struct smmuv3_stalled *e = &l->place[i];

        if (!e->used || (!all && e->req.sid != sid))
            continue;
        l->st.terminated += 1 + waiting_with(l, e);
        answer(s, e, FLOW_ABORT, FLOW_ABORT);
    }
}

void smmuv3_stall_command(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    if (c->op == SMMUV3_CMD_RESUME)
        resume(s, c);
    else
        terminate(s, false, c->sid_first);
    let_in(s);
}

/* Those in front find translation off when they come to their place. */
void smmuv3_stall_end_all(struct smmuv3_system *s)
{
    struct smmuv3_stalls *l = &s->stalls;

    terminate(s, true, 0);
    while (l->waits > 0) {
        struct smmuv3_waiting w = take_waiting(l, 0);

        l->st.terminated++;
        end_untimed(s, &w.req, &w.res, w.request, FLOW_ABORT);
    }
}
