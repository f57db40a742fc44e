/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/trace_tools.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

#define LLU(v) ((unsigned long long)(v))

static bool stopped(const struct trace_watch *w, uint64_t done)
{
    if (w && w->step)
        w->step(w->to, done);
    return w && w->stop && *w->stop;
}

/* ---- distinct pages --------------------------------------------------------------------------------- */

enum { PAGE_SLOTS = 2 * TRACE_PAGES_MAX };

struct page_set {
    uint64_t *hash;                       /* [PAGE_SLOTS], 0 empty */
    uint32_t *stream;                     /* of each */
    uint32_t n;
    struct trace_stats *stats;
};

static bool pages_init(struct page_set *p, struct trace_stats *s)
{
    *p = (struct page_set){ .stats = s };
    p->hash = calloc(PAGE_SLOTS, sizeof *p->hash);
    p->stream = malloc(PAGE_SLOTS * sizeof *p->stream);
    return p->hash && p->stream;
}

static void pages_destroy(struct page_set *p)
{
    free(p->hash);
    free(p->stream);
}

static bool dropped(const struct page_set *p, uint64_t hash)
{
    unsigned level = p->stats->pages_level;

    return level && hash >> (64 - level);
}

static void pages_put(struct page_set *p, uint64_t hash, uint32_t stream)
{
    uint64_t i = hash % PAGE_SLOTS;

    while (p->hash[i] && p->hash[i] != hash)
        i = (i + 1) % PAGE_SLOTS;
    if (p->hash[i])
        return;
    p->hash[i] = hash;
    p->stream[i] = stream;
    p->stats->stream[stream].pages++;
    p->n++;
}

/* Halves the sample: takes all out, and those that stay in again. */
static void pages_thin(struct page_set *p)
{
    struct { uint64_t hash; uint32_t stream; } *kept = malloc(p->n * sizeof *kept);
    uint32_t n = 0;

    p->stats->pages_level++;
    for (uint32_t i = 0; kept && i < PAGE_SLOTS; i++) {
        if (!p->hash[i])
            continue;
        p->stats->stream[p->stream[i]].pages--;
        if (!dropped(p, p->hash[i])) {
            kept[n].hash = p->hash[i];
            kept[n++].stream = p->stream[i];
        }
    }
    memset(p->hash, 0, PAGE_SLOTS * sizeof *p->hash);
    p->n = 0;
    for (uint32_t i = 0; i < n; i++)
        pages_put(p, kept[i].hash, kept[i].stream);
    free(kept);
}

static void pages_add(struct page_set *p, uint64_t page, uint32_t stream)
{
    uint64_t hash = bits_mix(bits_mix(page) + stream);

    hash += hash == 0;
    if (dropped(p, hash))
        return;
    pages_put(p, hash, stream);
    if (p->n == TRACE_PAGES_MAX)
        pages_thin(p);
}

static void pages_access(struct page_set *p, const struct rec *r, uint32_t stream)
{
    uint64_t first = r->addr >> 12, last = (r->addr + (r->len ? r->len - 1 : 0)) >> 12;

    for (unsigned i = 0; i < TRACE_PAGES_ACCESS; i++) {
        pages_add(p, first, stream);
        if (first++ == last)
            break;
    }
}

/* ---- counts ----------------------------------------------------------------------------------------- */

static void count(struct trace_stats *s, struct page_set *pages, const struct rec *r)
{
    uint32_t stream = r->stream < s->streams ? r->stream : s->streams;
    struct trace_stream_stats *of = &s->stream[stream];

    of->by_kind[r->kind]++;
    s->records++;
    if (r->kind > REC_TRANSLATED)
        return;
    of->bytes += r->len;
    if (pages)
        pages_access(pages, r, stream);
}

static int count_all(struct trace_reader *r, struct page_set *pages, const struct trace_watch *watch,
                     struct trace_stats *s)
{
    const struct rec_ext *ext;
    const struct rec *rec;
    size_t n;
    int rc;

    while ((rc = trace_next(r, &rec, &ext, &n)) == 0 && n) {
        for (size_t i = 0; i < n; i++)
            count(s, pages, &rec[i]);
        if (stopped(watch, s->records))
            return SIM_EENV;
    }
    return rc;
}

int trace_stats(struct trace_reader *r, bool pages, const struct trace_watch *watch,
                struct trace_stats *s, struct diag *d)
{
    struct page_set set = { 0 };
    int rc;

    *s = (struct trace_stats){ .streams = trace_info(r)->streams };
    s->stream = calloc((size_t)s->streams + 1, sizeof *s->stream);
    if (!s->stream || (pages && !pages_init(&set, s)))
        rc = diag_env(d, NULL, "out of memory for %u streams", s->streams);
    else
        rc = count_all(r, pages ? &set : NULL, watch, s);
    pages_destroy(&set);
    for (uint32_t i = 0; s->stream && i <= s->streams; i++)
        s->stream[i].pages <<= s->pages_level;
    return rc;
}

void trace_stats_free(struct trace_stats *s)
{
    free(s->stream);
    s->stream = NULL;
}

uint64_t trace_stream_records(const struct trace_stream_stats *s)
{
    uint64_t n = 0;

    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        n += s->by_kind[k];
    return n;
}

/* ---- verify ----------------------------------------------------------------------------------------- */

static int check_counts(const char *path, const struct trace_info *info, const struct trace_info *found,
                        struct diag *d)
{
    int rc = 0;

    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        if (found->by_kind[k] != info->by_kind[k])
            rc = diag_add(d, path, 0, 0, "holds %llu records of kind %s, its index says %llu",
                          LLU(found->by_kind[k]), rec_kind_name(k), LLU(info->by_kind[k]));
    if (found->records && (found->first_time != info->first_time || found->last_time != info->last_time))
        rc = diag_add(d, path, 0, 0, "its times are %llu to %llu, its index says %llu to %llu",
                      LLU(found->first_time), LLU(found->last_time), LLU(info->first_time),
                      LLU(info->last_time));
    return rc;
}

static int verify_all(struct trace_reader *r, const char *path, const struct trace_watch *watch,
                      struct diag *d)
{
    struct trace_info found = { .records = 0 };
    const struct rec_ext *ext;
    const struct rec *rec;
    size_t n;
    int rc;

    while ((rc = trace_next(r, &rec, &ext, &n)) == 0 && n) {
        if (found.records == 0)
            found.first_time = found.last_time = rec[0].time;
        for (size_t i = 0; i < n; i++, found.records++) {
            if (rec[i].time < found.last_time)
                return diag_add(d, path, 0, 0, "record %llu: time %llu is before the last record's, %llu",
                                LLU(found.records), LLU(rec[i].time), LLU(found.last_time));
            found.last_time = rec[i].time;
            found.by_kind[rec[i].kind]++;
        }
        if (stopped(watch, found.records))
            return SIM_EENV;
    }
    return rc ? rc : check_counts(path, trace_info(r), &found, d);
}

int trace_verify(const char *path, const struct trace_watch *watch, struct trace_info *info,
                 struct diag *d)
{
    struct trace_reader *r = trace_open(path, d);
    int rc;

    if (!r)
        return SIM_EINPUT;
    *info = *trace_info(r);
    rc = verify_all(r, path, watch, d);
    trace_close(r);
    return rc;
}
