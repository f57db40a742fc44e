/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a run in words, and what it was when something went wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rtl-cosim/drive/driver_impl.h"

static void describe_reads(const struct driver *d, void (*line)(void *arg, const char *text), void *arg)
{
    char text[128];

    for (unsigned i = 0; i < d->bus.reads; i++) {
        const struct bus_read *r = &d->bus.read[i];

        snprintf(text, sizeof text, "memory reads %u words of 0x%" PRIx64 " for id %u, due in cycle %" PRIu64, r->beats,
                 r->addr, r->id, r->due);
        line(arg, text);
    }
}

void driver_describe(const struct driver *d, void (*line)(void *arg, const char *text), void *arg)
{
    char text[256], what[VERDICT_TEXT / 2];
    uint64_t since = 0;

    snprintf(text, sizeof text, "cycle %" PRIu64 ", record %" PRIu64 ", %" PRIu64 " requests issued, %u under way",
             d->cycle, d->record, d->issued, scoreboard_under_way(d->board));
    line(arg, text);
    scoreboard_describe(d->board, line, arg);
    describe_reads(d, line, arg);
    if (cpu_waits(&d->cpu, &since, what, sizeof what)) {
        snprintf(text, sizeof text, "software waits for %s since cycle %" PRIu64, what, since);
        line(arg, text);
    }
    if (d->ops->describe)
        d->ops->describe(d->dut, line, arg);
}

static void put_line(void *arg, const char *text)
{
    fprintf(arg, "%s\n", text);
}

/* The request that it is about: the one asked for, or the first verdict's. */
static int64_t request_of(const struct driver *d)
{
    return d->opt.moment_of ? (int64_t)d->opt.moment_of - 1 : d->verdicts.n ? d->verdicts.at[0].request : NO_REQUEST;
}

static void write_state(const struct driver *d, FILE *to) { driver_describe(d, put_line, to); }

static void write_history(const struct driver *d, FILE *to)
{
    scoreboard_history(d->board, d->moment.of_stream ? d->moment.req.sid : UINT32_MAX, put_line, to);
}

static void write_walk(const struct driver *d, FILE *to)
{
    if (d->moment.of_stream)
        scoreboard_walk(d->board, &d->moment.req, put_line, to);
}

/* NULL: no memory. */
static char *text_of(const struct driver *d, void (*write)(const struct driver *d, FILE *to))
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    if (to) {
        write(d, to);
        fclose(to);
    }
    return text;
}

void driver_take_moment(struct driver *d)
{
    struct driver_moment *m = &d->moment;
    int64_t request = request_of(d);

    d->at_moment = false;
    if (m->state)
        return;
    m->cycle = d->cycle;
    m->of_stream = request != NO_REQUEST && scoreboard_find(d->board, (uint64_t)request, &m->req);
    m->state = text_of(d, write_state);
    m->history = text_of(d, write_history);
    m->walk = text_of(d, write_walk);
}

const struct driver_moment *driver_moment(const struct driver *d)
{
    return d->moment.state && d->moment.history && d->moment.walk ? &d->moment : NULL;
}
