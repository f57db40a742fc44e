/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"

enum { LEVEL = 3 };                    /* zstd's */

void records_init(struct records *r, const char *source)
{
    *r = (struct records){ .head = { .version = TRACE_VERSION, .raw_arch = TRACE_ARCH_SMMUV3,
                                     .flags = TRACE_F_MODELLED, .time_unit_ps = RECORDS_UNIT_PS } };
    strncpy(r->head.source, source, sizeof r->head.source - 1);
}

void records_destroy(struct records *r)
{
    for (uint32_t i = 0; i < r->strings; i++)
        free(r->string[i]);
    free(r->string);
    free(r->stream);
    free(r->rec);
    free(r->ext);
    *r = (struct records){ 0 };
}

void records_clear(struct records *r)
{
    r->n = r->n_ext = r->given = r->given_ext = 0;
}

/* Room for one more in `*list`; false and r->err without memory. */
static bool grow(struct records *r, void *list, size_t n, size_t *room, size_t size)
{
    void *moved = r->err ? NULL : list_grow(*(void **)list, n, room, size);

    if (!moved) {
        r->err = SIM_EENV;
        return false;
    }
    *(void **)list = moved;
    return true;
}

static uint32_t add_stream(struct records *r, struct trace_stream s)
{
    if (!grow(r, &r->stream, r->streams, &r->stream_room, sizeof *r->stream))
        return 0;
    r->stream[r->streams] = s;
    return r->streams++;
}

uint32_t records_stream(struct records *r, uint32_t sid)
{
    for (uint32_t i = 0; i < r->streams; i++)
        if (r->stream[i].sid == sid)
            return i;
    return add_stream(r, (struct trace_stream){ .sid = sid });
}

uint32_t records_string(struct records *r, const char *text)
{
    char *copy;

    for (uint32_t i = 0; i < r->strings; i++)
        if (strcmp(r->string[i], text) == 0)
            return i + 1;
    copy = strdup(text);
    if (!copy || !grow(r, &r->string, r->strings, &r->string_room, sizeof *r->string)) {
        free(copy);
        r->err = SIM_EENV;
        return 0;
    }
    r->string[r->strings++] = copy;
    return r->strings;
}

void records_add(struct records *r, const struct rec *rec, const uint64_t *w)
{
    if (!grow(r, &r->rec, r->n, &r->room, sizeof *r->rec) ||
        (rec->words && !grow(r, &r->ext, r->n_ext, &r->ext_room, sizeof *r->ext)))
        return;
    r->rec[r->n++] = *rec;
    if (rec->words) {
        struct rec_ext *x = &r->ext[r->n_ext++];

        *x = (struct rec_ext){ 0 };
        memcpy(x->w, w, rec->words * sizeof *w);
    }
}

/* ---- as a trace ---------------------------------------------------------------------------------- */

static int take_records(struct records *r, struct trace_reader *in)
{
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n;
    int err;

    for (;;) {
        err = trace_next(in, &rec, &ext, &n);
        if (err || !n)
            return err ? err : r->err;
        for (size_t i = 0; i < n; i++) {
            const uint64_t *w = rec[i].words ? (ext++)->w : NULL;

            records_add(r, &rec[i], w);
        }
    }
}

int records_read(struct records *r, const char *path, struct diag *d)
{
    struct trace_reader *in = trace_open(path, d);
    int err;

    if (!in)
        return SIM_EINPUT;
    r->head = trace_info(in)->head;
    err = take_records(r, in);
    for (uint32_t i = 1; i <= trace_info(in)->strings; i++)
        records_string(r, trace_string(in, i));
    for (uint32_t i = 0; i < trace_info(in)->streams; i++)
        add_stream(r, trace_streams(in)[i]);
    trace_close(in);
    return err ? err : r->err;
}

/* Strings and streams in order, so that they get the numbers they have. */
static void write_tables(const struct records *r, struct trace_writer *w)
{
    for (uint32_t i = 0; i < r->strings; i++)
        trace_writer_string(w, r->string[i]);
    for (uint32_t i = 0; i < r->streams; i++) {
        uint32_t name = r->stream[i].name;

        trace_writer_stream(w, r->stream[i].sid, name && name <= r->strings ? r->string[name - 1] : NULL);
    }
}

int records_write(const struct records *r, const char *path, struct diag *d)
{
    struct trace_writer *w = trace_writer_open(path, &r->head, LEVEL, d);
    const struct rec_ext *x = r->ext;
    int err = 0;

    if (!w)
        return SIM_EENV;
    write_tables(r, w);
    for (size_t i = 0; i < r->n && !err; i++)
        err = trace_write(w, &r->rec[i], r->rec[i].words ? x++ : NULL);
    if (err) {
        trace_writer_abandon(w);
        return err;
    }
    return trace_writer_close(w);
}

int records_like(struct records *r, const struct records *of)
{
    records_init(r, "");
    r->head = of->head;
    for (uint32_t i = 0; i < of->strings; i++)
        records_string(r, of->string[i]);
    for (uint32_t i = 0; i < of->streams; i++)
        add_stream(r, of->stream[i]);
    return r->err;
}

/* ---- as a source ---------------------------------------------------------------------------------- */

static int next(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    struct records *r = from;

    *rec = r->rec + r->given;
    *ext = r->ext + r->given_ext;
    *n = r->n - r->given;
    r->given = r->n;
    r->given_ext = r->n_ext;
    return 0;
}

static const char *string(void *from, uint32_t id)
{
    const struct records *r = from;

    return id && id <= r->strings ? r->string[id - 1] : "";
}

static int rewind_records(void *from)
{
    struct records *r = from;

    r->given = r->given_ext = 0;
    return 0;
}

void records_source(struct records *r, struct replay_source *s, const char *name)
{
    uint64_t accesses = 0;

    for (size_t i = 0; i < r->n; i++)
        accesses += records_is_access(&r->rec[i]);
    rewind_records(r);
    *s = (struct replay_source){
        .from = r, .next = next, .string = string, .rewind = rewind_records, .name = name, .head = &r->head,
        .streams = r->stream, .n_streams = r->streams, .first_time = r->n ? r->rec[0].time : 0,
        .accesses = accesses,
    };
}
