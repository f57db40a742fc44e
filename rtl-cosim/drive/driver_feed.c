/* SPDX-License-Identifier: Apache-2.0
 *
 * From records to requests and to what software does, in the order that the parameters say.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sim.h"
#include "rtl-cosim/drive/driver_impl.h"

enum { RECORDS_A_CYCLE = 256 };        /* of such as take no time */

int driver_feed_begin(struct driver *d, const struct replay_source *src, struct diag *diag)
{
    static const uint32_t idr[] = { REG_IDR0, REG_IDR1, REG_IDR3, REG_IDR5 };
    int err;

    d->src = src;
    d->raw = src->head->raw_arch != TRACE_ARCH_VTD;
    for (unsigned i = 0; i < ARRAY_LEN(idr); i++)
        cpu_check(&d->cpu, idr[i]);
    if (src->head->raw_arch == TRACE_ARCH_SMMUV3)
        return 0;
    d->has_host = true;
    err = facade_init(&d->facade, &d->cpu, d->board, d->opt.host);
    return err ? diag_env(diag, src->name, "%s", d->facade.host.why ? d->facade.host.why : "no memory") : 0;
}

/* ---- records ------------------------------------------------------------------------------------- */

static int next_record(struct driver *d)
{
    static const struct rec_ext none;
    int err = 0;

    if (d->held || d->over)
        return 0;
    if (d->at == d->n) {
        err = d->src->next(d->src->from, &d->rec, &d->ext, &d->n);
        d->at = 0;
        d->over = err || !d->n;
    }
    if (d->over)
        return err;
    d->r = &d->rec[d->at++];
    d->x = d->r->words ? d->ext++ : &none;
    d->held = true;
    return 0;
}

static void done_with_record(struct driver *d)
{
    d->held = false;
    d->record++;
}

static bool is_due(const struct driver *d)
{
    const struct replay_source *s = d->src;
    uint64_t ticks = d->r->time - s->first_time;

    if (d->par.order != DRIVER_ORDER_TIMED)
        return true;
    if (s->head->flags & TRACE_F_ORDER_ONLY)
        return d->cycle >= ticks;
    return d->cycle >= ticks * s->head->time_unit_ps / COSIM_PERIOD_PS;
}

/* ---- requests ------------------------------------------------------------------------------------ */

static bool may_request(struct driver *d)
{
    unsigned under_way = scoreboard_under_way(d->board);
    bool free = cpu_is_idle(&d->cpu);

    if (d->par.order == DRIVER_ORDER_SERIAL)
        return free && !under_way && d->cycle >= d->next_req;
    return (free || cpu_waits_only(&d->cpu)) && under_way < d->par.outstanding && d->cycle >= d->next_req &&
           is_due(d) && !stall_now(&d->req_idle);
}

static uint32_t free_id(struct driver *d)
{
    uint32_t mask = (1u << d->par.id_bits) - 1;

    while (scoreboard_has(d->board, d->next_id & mask))
        d->next_id++;
    return d->next_id++ & mask;
}

static void offer(struct driver *d)
{
    const struct rec *r = d->r;

    d->req = (struct cosim_req){
        .valid = true, .id = free_id(d), .sid = d->src->streams[r->stream].sid, .ssid = r->pasid,
        .has_ssid = r->flags & REC_F_PASID, .write = r->kind == REC_WRITE, .priv = (r->flags & REC_F_PRIV) != 0,
        .exec = r->kind == REC_READ && r->flags & REC_F_EXEC, .addr = r->addr, .bytes = r->len ? r->len : 64,
    };
    d->offering = true;
    d->offered_at = d->cycle;
    d->req_record = d->record;
}

/* ---- software ------------------------------------------------------------------------------------ */

static int raw_record(struct driver *d, const struct rec *r, const struct rec_ext *x)
{
    switch (r->kind) {
    case REC_COMMAND:
        cpu_command(&d->cpu, x->w);
        return 0;
    case REC_TABLE:
        for (unsigned i = 0; i < r->words; i++)
            cpu_write(&d->cpu, r->addr + 8ull * i, x->w[i]);
        return 0;
    case REC_REG:
        cpu_register(&d->cpu, (uint32_t)r->addr, x->w[0], r->len);
        return 0;
    case REC_MARKER:
        d->resetting = !d->has_host && !strcmp(d->src->string(d->src->from, (uint32_t)x->w[0]), "reset");
        return 0;
    default:
        d->st.not_used += r->kind != REC_DOORBELL && r->kind != REC_CAP && r->kind != REC_EXPECT;
        return 0;
    }
}

static int intent_record(struct driver *d, const struct rec *r, const struct rec_ext *x)
{
    uint32_t sid = r->stream < d->src->n_streams ? d->src->streams[r->stream].sid : REC_NO_STREAM;
    int err = host_record(&d->facade.host, r, x, sid);

    d->st.intents += !err;
    d->st.refused += err == SIM_EINPUT;
    return err == SIM_EINPUT ? 0 : err;
}

static bool is_intent(const struct rec *r)
{
    return r->kind == REC_MAP || r->kind == REC_UNMAP || r->kind == REC_FLUSH || r->kind == REC_ATTACH ||
           r->kind == REC_DETACH;
}

/* Waits for all requests: in any case what a trace's importer has put together, which says nothing of the order in
 * which its words were written. */
static bool wants_quiet(const struct driver *d)
{
    if (d->par.order == DRIVER_ORDER_OVERLAP)
        return d->r->kind != REC_MAP && d->r->kind != REC_COMMAND;
    return d->par.order == DRIVER_ORDER_SERIAL || (d->r->kind == REC_TABLE && d->r->flags & REC_F_RECON);
}

static bool may_carry_out(const struct driver *d)
{
    return cpu_is_idle(&d->cpu) && !d->offering && is_due(d) && !(wants_quiet(d) && scoreboard_under_way(d->board));
}

static int carry_out(struct driver *d)
{
    if (is_intent(d->r) && d->has_host)
        return intent_record(d, d->r, d->x);
    if (is_intent(d->r) || !d->raw) {
        d->st.not_used++;
        return 0;
    }
    return raw_record(d, d->r, d->x);
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static bool is_access(const struct rec *r) { return r->kind == REC_READ || r->kind == REC_WRITE; }

static bool enough(const struct driver *d)
{
    return d->par.max_requests && d->issued + d->offering >= d->par.max_requests;
}

static int failed(const struct driver *d, int err, struct diag *diag)
{
    const char *why = d->has_host ? d->facade.host.why : NULL;

    if (err == SIM_EENV)
        return diag_env(diag, d->src->name, "record %" PRIu64 ": %s", d->record, why ? why : "no memory");
    return err;
}

int driver_feed(struct driver *d, struct diag *diag)
{
    for (unsigned i = 0; i < RECORDS_A_CYCLE && !d->resetting; i++) {
        int err = next_record(d);

        if (err || d->over)
            return err;
        if (!is_access(d->r)) {
            if (!may_carry_out(d))
                return 0;
            err = carry_out(d);
            if (err)
                return failed(d, err, diag);
        } else if (d->r->stream >= d->src->n_streams) {
            d->st.refused++;
        } else if (enough(d)) {
            d->over = true;
            return 0;
        } else if (d->offering || !may_request(d)) {
            return 0;
        } else {
            offer(d);
        }
        done_with_record(d);
    }
    return 0;
}
