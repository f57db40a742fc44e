/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "traces/trace_tools.h"

struct cut {
    struct trace_reader *in;
    struct trace_writer *out;
    uint32_t *stream, *string;            /* the numbers they have in the piece */
    uint64_t from, to;
    bool cold;                            /* accesses were left out before the piece */
    bool with_access;                     /* outcomes belong to an access that was taken */
    const struct trace_watch *watch;
    struct trace_cut *done;
};

static bool copy_tables(struct cut *c)
{
    const struct trace_info *i = trace_info(c->in);
    const struct trace_stream *s = trace_streams(c->in);

    c->string = calloc((size_t)i->strings + 1, sizeof *c->string);
    c->stream = calloc((size_t)i->streams + 1, sizeof *c->stream);
    if (!c->string || !c->stream)
        return false;
    for (uint32_t k = 1; k <= i->strings; k++)
        c->string[k] = trace_writer_string(c->out, trace_string(c->in, k));
    for (uint32_t k = 0; k < i->streams; k++)
        c->stream[k] = trace_writer_stream(c->out, s[k].sid,
                                           s[k].name ? trace_string(c->in, s[k].name) : NULL);
    return true;
}

static uint64_t new_string(const struct cut *c, uint64_t id)
{
    return id <= trace_info(c->in)->strings ? c->string[id] : id;
}

static uint16_t outcome_of_piece(const struct cut *c, struct rec_ext *x)
{
    struct rec_expect e;

    rec_expect_unpack(x, &e);
    e.deviation = (uint32_t)new_string(c, e.deviation);
    if (c->cold) {
        e.has_config = e.config_hit = e.has_lookups = false;
        e.lookups = 0;
        e.hits = e.flushes = 0;
    }
    return rec_expect_pack(&e, x);
}

static int put(struct cut *c, const struct rec *r, const struct rec_ext *x)
{
    struct rec_ext ext = { { 0 } };
    struct rec copy = *r;

    if (r->words)
        ext = *x;
    if (r->stream != REC_NO_STREAM)
        copy.stream = c->stream[r->stream];
    if (r->kind == REC_EXPECT && r->words)
        copy.words = outcome_of_piece(c, &ext);
    else if (r->kind == REC_MARKER && r->words)
        ext.w[0] = new_string(c, ext.w[0]);
    return trace_write(c->out, &copy, &ext);
}

/* What becomes of record `number`: 1 taken, 0 left out, negative: nothing more is taken. */
static int judge(struct cut *c, const struct rec *r, uint64_t number)
{
    bool within = number >= c->from && number < c->to;

    if (number >= c->to && (r->kind != REC_EXPECT || !c->with_access))
        return -1;
    if (r->kind == REC_EXPECT)
        return c->with_access;
    if (r->kind <= REC_TRANSLATED)
        c->with_access = within;
    return within || (TRACE_STATE_KINDS >> r->kind & 1);
}

/* Copies until the piece ends or the records do; *end once nothing more is taken. */
static int copy(struct cut *c, uint64_t stop, bool *end)
{
    const struct rec_ext *ext;
    const struct rec *rec;
    uint64_t number;
    size_t n;
    int rc = 0;

    while (trace_position(c->in) < trace_info(c->in)->records &&
           (rc = trace_next(c->in, &rec, &ext, &n)) == 0 && n) {
        number = trace_position(c->in) - n;
        for (size_t i = 0; i < n; i++, number++) {
            int take = number < stop ? judge(c, &rec[i], number) : -1;

            if (take < 0) {
                *end = true;
                return 0;
            }
            if (take && (rc = put(c, &rec[i], ext)))
                return rc;
            *(number < c->from ? &c->done->state : &c->done->taken) += (uint64_t)take;
            ext += rec[i].words != 0;
        }
        if (c->watch && c->watch->step)
            c->watch->step(c->watch->to, number);
        if (c->watch && c->watch->stop && *c->watch->stop)
            return SIM_EENV;
    }
    return rc;
}

static uint64_t accesses(const struct trace_info *i)
{
    return i->by_kind[REC_READ] + i->by_kind[REC_WRITE] + i->by_kind[REC_ATS_REQ] +
           i->by_kind[REC_TRANSLATED];
}

/* Before the frame with record `from`, frames without state are passed over. */
static int copy_all(struct cut *c)
{
    bool end = false;
    uint64_t at;
    int rc;

    c->cold = c->from && accesses(trace_info(c->in));
    trace_seek(c->in, c->from, &at);
    if (at) {
        uint64_t zero;

        trace_seek(c->in, 0, &zero);
        if (trace_info(c->in)->complete)
            trace_only(c->in, TRACE_STATE_KINDS);
        rc = copy(c, at, &end);
        if (rc)
            return rc;
        c->with_access = false;
        trace_only(c->in, ~0u);
        trace_seek(c->in, c->from, &at);
    }
    end = false;
    rc = copy(c, ~0ull, &end);
    return rc || end || trace_info(c->in)->complete || c->to <= trace_info(c->in)->records ? rc
           : SIM_EINPUT;                  /* said when it was opened */
}

static int cut_open(struct cut *c, const char *out, struct diag *d)
{
    const struct trace_info *i = trace_info(c->in);

    if (c->from >= i->records)
        return diag_add(d, out, 0, 0, "nothing to write: the first record wanted is %llu, the trace has "
                        "%llu", (unsigned long long)c->from, (unsigned long long)i->records);
    c->out = trace_writer_open(out, &i->head, 3, d);
    if (!c->out)
        return SIM_EENV;
    return copy_tables(c) ? 0 : diag_env(d, out, "out of memory");
}

int trace_cut(const char *in, const char *out, uint64_t from, uint64_t to,
              const struct trace_watch *watch, struct trace_cut *done, struct diag *d)
{
    struct cut c = { .in = trace_open(in, d), .from = from, .to = to, .watch = watch, .done = done };
    int rc = c.in ? 0 : SIM_EINPUT;

    *done = (struct trace_cut){ 0 };
    if (rc == 0)
        rc = cut_open(&c, out, d);
    if (rc == 0)
        rc = copy_all(&c);
    if (rc && c.out)
        trace_writer_abandon(c.out);
    else if (c.out)
        rc = trace_writer_close(c.out);
    trace_close(c.in);
    free(c.stream);
    free(c.string);
    return rc;
}
