/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "traces/import/import_impl.h"

enum { PROBE_LINES = 2000, POLL_STEPS = 4096 };
#define UNIT_NS 1000u                          /* the trace's time unit: a microsecond */

struct import *import_new(const struct import_options *opt, struct diag *d)
{
    struct import *im = calloc(1, sizeof *im);

    if (!im) {
        diag_env(d, "", "no memory");
        return NULL;
    }
    im->opt = *opt;
    im->diag = d;
    im->counting = true;
    return im;
}

static void close_source(struct import_source *src)
{
    if (src->state)
        src->parser->stop(src->state);
    src->state = NULL;
    lines_close(src->lines);
    src->lines = NULL;
}

void import_free(struct import *im)
{
    if (!im)
        return;
    for (unsigned i = 0; i < im->sources; i++) {
        close_source(&im->source[i]);
        free((char *)im->source[i].path);
    }
    if (im->writer)
        trace_writer_abandon(im->writer);
    import_rows_free(im);
    free(im);
}

struct diag *import_diag(struct import *im)
{
    return im->diag;
}

uint32_t import_stream_offset(const struct import *im)
{
    return im->opt.stream_offset;
}

/* ---- recognising -------------------------------------------------------------------------------- */

static struct lines *open_lines(struct import_source *src)
{
    if (src->mem)
        return lines_open_memory(src->path, src->mem, src->mem_len, src->im->diag);
    return lines_open(src->path, src->im->diag);
}

static void probe_line(struct import_source *src, const struct import_line *line)
{
    if (line->has_nul)
        return;
    if (src->parser) {
        src->parser->probe(line, &src->probe);
        return;
    }
    for (unsigned i = 0; import_parsers[i] && !src->parser; i++)
        if (import_parsers[i]->probe(line, &src->probe))
            src->parser = import_parsers[i];
}

static int not_recognised(const struct import_source *src, unsigned long lines)
{
    char expected[DIAG_TEXT] = "";
    size_t at = 0;

    if (lines == 0)
        return diag_add(src->im->diag, src->path, 0, 0, "is empty; expected a captured log");
    for (unsigned i = 0; import_parsers[i] && at < sizeof expected; i++)
        at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%s", i ? "; " : "",
                               import_parsers[i]->expects);
    return diag_add(src->im->diag, src->path, 0, 0,
                    "nothing recognised in its first %lu lines; expected %s", lines, expected);
}

static int recognise(struct import_source *src)
{
    struct import_line line;
    unsigned long n = 0;
    int more = 1;

    src->lines = open_lines(src);
    if (!src->lines)
        return SIM_EINPUT;
    while (n < PROBE_LINES && (more = lines_next(src->lines, &line)) > 0) {
        n++;
        probe_line(src, &line);
    }
    lines_close(src->lines);
    src->lines = NULL;
    if (more < 0)
        return more;
    return src->parser ? 0 : not_recognised(src, n);
}

static const char *const side_names[] = { "a log of the device side", "a log of the software side",
                                          "a script" };

static int add(struct import *im, const char *path, const void *mem, size_t len)
{
    struct import_source *src = &im->source[im->sources];
    int rc;

    if (im->sources == IMPORT_SOURCES_MAX)
        return diag_add(im->diag, path, 0, 0, "one file too many; expected the files of one run");
    *src = (struct import_source){ .im = im, .mem = mem, .mem_len = len, .index = im->sources };
    src->path = strdup(path);
    if (!src->path)
        return diag_env(im->diag, path, "no memory");
    im->sources++;
    import_set_sink(src, import_write, im);
    rc = recognise(src);
    for (unsigned i = 0; rc == 0 && i + 1 < im->sources; i++)
        if (im->source[i].parser && im->source[i].parser->side == src->parser->side)
            rc = diag_add(im->diag, path, 0, 0, "is %s, as is %s; expected the files of one run",
                          side_names[src->parser->side], im->source[i].path);
    return rc;
}

int import_add_file(struct import *im, const char *path)
{
    return add(im, path, NULL, 0);
}

int import_add_memory(struct import *im, const char *name, const void *data, size_t len)
{
    return add(im, name, data, len);
}

/* ---- reading a source --------------------------------------------------------------------------- */

void import_set_sink(struct import_source *src, import_sink *sink, void *to)
{
    src->sink = sink;
    src->sink_to = to;
}

int import_rewind(struct import_source *src)
{
    close_source(src);
    src->ended = false;
    src->line = 0;
    src->t_ns = 0;
    src->used_lines = 0;
    src->lines = open_lines(src);
    if (!src->lines)
        return SIM_EENV;
    src->state = src->parser->start(src);
    return src->state ? 0 : diag_env(src->im->diag, src->path, "no memory");
}

static int poll_stop(struct import *im)
{
    unsigned long long done = 0, total = 0;

    if (im->steps++ % POLL_STEPS != 0)
        return 0;
    if (im->opt.stop && *im->opt.stop)
        return diag_env(im->diag, "", "interrupted");
    if (im->opt.progress) {
        for (unsigned i = 0; i < im->sources; i++) {
            done += im->source[i].lines ? lines_position(im->source[i].lines) : 0;
            total += im->source[i].lines ? lines_size(im->source[i].lines) : 0;
        }
        im->opt.progress(im->opt.progress_to, done, total);
    }
    return 0;
}

static int parse_line(struct import_source *src, const struct import_line *line)
{
    src->line = line->number;
    if (line->too_long)
        import_bad_line(src, line, "too long");
    else if (line->has_nul)
        import_bad_line(src, line, "holds a NUL byte");
    else if (line->unended && !src->parser->takes_unended)
        import_bad_line(src, line, "cut: no line feed at the end of the file");
    else
        return src->parser->line(src->state, line);
    return 0;
}

int import_step(struct import_source *src)
{
    struct import_line line;
    int rc = poll_stop(src->im);

    if (rc == 0 && !src->lines)
        rc = import_rewind(src);
    if (rc < 0 || src->ended)
        return rc;
    rc = lines_next(src->lines, &line);
    if (rc > 0) {
        rc = parse_line(src, &line);
        return rc < 0 ? rc : 1;
    }
    src->ended = true;
    return rc < 0 ? rc : src->parser->finish(src->state);
}

int import_emit(struct import_source *src, struct import_item *it)
{
    if (it->t_ns == 0)
        it->t_ns = src->t_ns;
    if (it->note.line == 0)
        it->note.line = src->line;
    return src->sink(src->sink_to, it);
}

/* ---- the trace ---------------------------------------------------------------------------------- */

static uint64_t trace_time(struct import *im, uint64_t t_ns)
{
    uint64_t time;

    if (!im->started) {
        im->started = true;
        im->t0_ns = t_ns;
    }
    time = t_ns < im->t0_ns ? 0 : (t_ns - im->t0_ns) / UNIT_NS;
    if (t_ns < im->t0_ns || time < im->last_time) {
        import_count(im, IMPORT_ODD, "records whose time went back (given the time before)", 1);
        time = im->last_time;
    }
    im->last_time = time;
    return time;
}

static void count_access(struct import *im, const struct rec *r)
{
    if (r->kind <= REC_TRANSLATED && r->stream < im->n_streams)
        im->stream_by_number[r->stream]->accesses++;
}

int import_write(void *to, const struct import_item *it)
{
    struct import *im = to;
    struct import_item out;

    if (it->note.kind == NOTE_SEEN)
        return 0;
    out = *it;
    out.rec.time = trace_time(im, it->t_ns);
    im->by_kind[out.rec.kind]++;
    count_access(im, &out.rec);
    if (im->writer)
        return trace_write(im->writer, &out.rec, out.rec.words ? &out.ext : NULL);
    return im->opt.sink ? im->opt.sink(im->opt.sink_to, &out) : 0;
}

void import_flags(struct import *im, uint32_t flags)
{
    if ((im->flags & flags) == flags)
        return;
    im->flags |= flags;
    if (im->writer)
        trace_writer_flags(im->writer, flags);
}

static void header_of(const struct import *im, struct trace_header *h)
{
    size_t at = 0;

    memset(h, 0, sizeof *h);
    h->version = TRACE_VERSION;
    h->time_unit_ps = UNIT_NS * 1000u;
    h->flags = im->flags;
    for (unsigned i = 0; i < im->sources; i++) {
        const struct import_source *src = &im->source[i];
        if (src->probe.arch != TRACE_ARCH_NONE)
            h->raw_arch = src->probe.arch;
        if (at < sizeof h->source)
            at += (size_t)snprintf(h->source + at, sizeof h->source - at, "%s%s", i ? " + " : "",
                                   src->probe.what);
    }
}

/* ---- running ------------------------------------------------------------------------------------ */

static struct import_source *side(struct import *im, enum import_side which)
{
    for (unsigned i = 0; i < im->sources; i++)
        if (im->source[i].parser->side == which)
            return &im->source[i];
    return NULL;
}

bool import_is_only(const struct import *im, enum import_side which)
{
    for (unsigned i = 0; i < im->sources; i++)
        if (!im->source[i].parser || im->source[i].parser->side != which)
            return false;
    return true;
}

static int pump(struct import_source *src)
{
    int rc;

    while ((rc = import_step(src)) > 0)
        ;
    return rc;
}

static int run_sources(struct import *im)
{
    struct import_source *device = side(im, IMPORT_DEVICE), *software = side(im, IMPORT_SOFTWARE);
    struct import_source *script = side(im, IMPORT_SCRIPT);

    if (script && software)
        return diag_add(im->diag, software->path, 0, 0,
                        "a script's run has no software side; expected the script and its log");
    if (script && device && script->probe.arch != device->probe.arch)
        return diag_add(im->diag, device->path, 0, 0, "is of %s, the script of %s; expected one run",
                        device->probe.what, script->probe.what);
    if (script)
        return import_script_run(im, script, device);
    if (device && software)
        return import_merge(im, device, software);
    return pump(device ? device : software);
}

static int made_nothing(const struct import *im)
{
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        if (im->by_kind[k])
            return 0;
    return diag_add(im->diag, im->source[0].path, 0, 0,
                    "recognised as %s, but nothing in it makes a record",
                    im->source[0].parser->name);
}

int import_run(struct import *im)
{
    struct trace_header head;
    int rc;

    if (im->sources == 0)
        return diag_add(im->diag, "", 0, 0, "no file to import");
    header_of(im, &head);
    if (im->opt.out) {
        im->writer = trace_writer_open(im->opt.out, &head, im->opt.level ? im->opt.level : 3, im->diag);
        if (!im->writer)
            return SIM_EENV;
    }
    rc = run_sources(im);
    if (rc == 0)
        rc = made_nothing(im);
    if (im->writer && rc == 0)
        rc = trace_writer_close(im->writer);
    else if (im->writer)
        trace_writer_abandon(im->writer);
    im->writer = NULL;
    return rc;
}

uint64_t import_records(const struct import *im, enum rec_kind kind)
{
    return im->by_kind[kind];
}
