/* SPDX-License-Identifier: Apache-2.0
 *
 * A script's DMA: the accesses it becomes, with what the log's lines say of them.
 */
#include <string.h>

#include "base/sim.h"
#include "traces/import/import_script.h"

enum { SEEN_MOST = 4096, START_LINES = 100, LOG_LINES_MOST = 1 << 20 };

/* ---- the log's part ----------------------------------------------------------------------------- */

static int capture(void *to, const struct import_item *it)
{
    struct script *s = to;

    if (!s->capturing) {
        if (it->rec.kind <= REC_TRANSLATED)
            import_count(s->im, IMPORT_DROPPED, "translations outside the script's DMAs", 1);
        return 0;
    }
    if (it->rec.kind <= REC_TRANSLATED && s->n_seen < SEEN_MOST) {
        if (s->n_seen == s->seen_room)
            s->seen = script_grown(s->seen, &s->seen_room, sizeof *s->seen);
        s->seen[s->n_seen++] = (struct script_seen){ .addr = it->rec.addr };
    } else if (it->rec.kind == REC_EXPECT && s->n_seen) {
        rec_expect_unpack(&it->ext, &s->seen[s->n_seen - 1].outcome);
    }
    return 0;
}

static void step_log(struct script *s)
{
    int rc = import_step(s->log);

    if (rc < 0)
        s->rc = rc;
}

void script_read_log(struct script *s, uint64_t line)
{
    while (s->rc == 0 && !s->log->ended && s->log->line < line)
        step_log(s);
    if (s->rc == 0 && s->log->state && s->log->parser->settle)
        s->rc = s->log->parser->settle(s->log->state);
}

/* The log's clock is the script's. */
static void set_clock(struct script *s)
{
    if (s->log)
        s->src->t_ns = s->log->t_ns;
}

void script_start_clock(struct script *s)
{
    s->clocked = true;
    s->log = s->src->companion;
    if (!s->log) {
        import_flags(s->im, TRACE_F_ORDER_ONLY);
        return;
    }
    import_set_sink(s->log, capture, s);
    for (unsigned n = 0; n < START_LINES && s->rc == 0 && !s->log->ended && s->log->t_ns == 0; n++)
        step_log(s);
    set_clock(s);
}

/* The translations in lines [first, first + n) of the log. */
static void read_dma_log(struct script *s, struct json_object *o)
{
    struct json_object *range;
    uint64_t first, n;

    s->n_seen = 0;
    if (!s->log || !json_object_object_get_ex(o, "log", &range) ||
        !json_object_is_type(range, json_type_array) || json_object_array_length(range) != 2)
        return;
    first = json_object_get_uint64(json_object_array_get_idx(range, 0));
    n = json_object_get_uint64(json_object_array_get_idx(range, 1));
    if (first == 0 || n > LOG_LINES_MOST || first <= s->log->line) {
        import_count(s->im, IMPORT_ODD, "DMAs whose lines of the log are not after those before", 1);
        return;
    }
    script_read_log(s, first - 1);
    s->capturing = true;
    script_read_log(s, first + n - 1);
    s->capturing = false;
    if (s->log->line < first + n - 1)
        import_count(s->im, IMPORT_ODD, "DMAs whose lines are not in the log", 1);
}

/* ---- accesses ----------------------------------------------------------------------------------- */

static struct json_object *item_of(struct json_object *o, const char *key, size_t i)
{
    struct json_object *list;

    if (!json_object_object_get_ex(o, key, &list) || !json_object_is_type(list, json_type_array) ||
        i >= json_object_array_length(list))
        return NULL;
    return json_object_array_get_idx(list, i);
}

static size_t items_of(struct json_object *o, const char *key)
{
    struct json_object *list;

    if (!json_object_object_get_ex(o, key, &list) || !json_object_is_type(list, json_type_array))
        return 0;
    return json_object_array_length(list);
}

static void emit_outcome(struct script *s, uint32_t stream, uint64_t addr, const struct rec_expect *e)
{
    struct import_item it = { .rec = { .kind = REC_EXPECT, .stream = stream, .addr = addr } };

    it.rec.words = rec_expect_pack(e, &it.ext);
    script_emit(s, &it);
}

static void emit_logged(struct script *s, struct json_object *o, size_t i, uint32_t stream, uint64_t addr)
{
    struct json_object *got = item_of(o, "got", i);
    const char *deviation = script_text(o, "deviation");
    struct rec_expect e = { .source = REC_LOGGED };

    if (i < s->n_seen)
        e = s->seen[i].outcome;
    else if (s->log || !got || !script_got(got, s->arch, &e))
        return;
    if (got)
        script_got_detail(got, s->arch, &e);
    if (deviation)
        e.deviation = import_string(s->im, deviation);
    emit_outcome(s, stream, addr, &e);
}

static void emit_intent(struct script *s, struct json_object *one, enum rec_source source,
                        uint32_t stream, uint64_t addr)
{
    struct rec_expect e = { .source = (uint8_t)source };

    if (script_intent(one, s->arch, &e))
        emit_outcome(s, stream, addr, &e);
    else
        import_count(s->im, IMPORT_ODD, "intended outcomes that are not understood", 1);
}

/* Outcomes that would be right too are listed for the whole DMA, by address. */
static void emit_allowed(struct script *s, struct json_object *o, uint32_t stream, uint64_t addr)
{
    for (size_t i = 0; i < items_of(o, "may"); i++) {
        struct json_object *may = item_of(o, "may", i);
        uint64_t at;
        if (script_u64(may, "at", &at) && at == addr)
            emit_intent(s, may, REC_ALLOWED, stream, addr);
    }
}

struct dma { uint64_t n, sid, iova, len; bool write; };

static void emit_access(struct script *s, struct json_object *o, const struct dma *d, size_t i, size_t n)
{
    struct json_object *expect = item_of(o, "expect", i);
    struct import_item it = { .rec = { .kind = d->write ? REC_WRITE : REC_READ } };
    uint64_t at = d->iova;

    if (expect && !script_u64(expect, "at", &at))
        at = d->iova;
    it.rec.addr = at;
    if (i < s->n_seen && (!expect || s->seen[i].addr >> 12 != at >> 12)) {   /* some log the page alone */
        import_count(s->im, IMPORT_ODD, "translations logged at another address than intended", 1);
        it.rec.addr = s->seen[i].addr;
    }
    it.rec.len = n == 1 ? (uint32_t)d->len : 0;
    it.rec.stream = import_stream(s->im, (uint32_t)d->sid, NULL);
    script_emit(s, &it);
    if (n > 1)
        import_count(s->im, IMPORT_LACKS, "length of each part of a DMA of several translations", 1);
    emit_logged(s, o, i, it.rec.stream, it.rec.addr);
    if (expect)
        emit_intent(s, expect, REC_INTENDED, it.rec.stream, at);
    emit_allowed(s, o, it.rec.stream, at);
}

bool script_dma(struct script *s, struct json_object *o)
{
    const char *dir = script_text(o, "dir");
    size_t expected = items_of(o, "expect"), n;
    struct dma d;

    if (!dir || (strcmp(dir, "r") != 0 && strcmp(dir, "w") != 0) || !script_u64(o, "n", &d.n) ||
        !script_u64(o, "sid", &d.sid) || !script_u64(o, "iova", &d.iova) ||
        !script_u64(o, "len", &d.len) || d.sid > UINT32_MAX || d.len > UINT32_MAX)
        return false;
    d.write = dir[0] == 'w';
    read_dma_log(s, o);
    set_clock(s);
    if (!s->log)
        s->src->t_ns += 1000;
    s->dmas++;
    if (s->log && s->n_seen != expected)
        import_count(s->im, s->n_seen ? IMPORT_ODD : IMPORT_LACKS,
                     s->n_seen ? "DMAs with more or fewer translations than intended"
                               : "outcome of a DMA (the log has no line of it)", 1);
    n = s->n_seen > expected ? s->n_seen : expected;
    for (size_t i = 0; i < n; i++)
        emit_access(s, o, &d, i, n);
    return true;
}
