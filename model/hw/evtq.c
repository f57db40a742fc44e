/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/evtq.h"

#include <string.h>

PARAM_ROWS(params, EVTQ_PARAMS);
STAT_ROWS(stats, EVTQ_STATS);
const struct comp_kind evtq_kind = { "evtq", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

static uint64_t get_waiting(const struct comp *comp)
{
    const struct evtq *q = CONTAINER_OF(comp, struct evtq, comp);

    return q->in - q->out;
}

static const struct comp_signal signals[] = {
    COMP_SIGNAL(struct evtq, prod, 32),
    COMP_SIGNAL_GET("waiting", 8, get_waiting),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };
static proc_fn write_out;

void evtq_init(struct evtq *q, struct comp *parent, const char *name, const struct evtq_params *par,
               struct memory *memory)
{
    *q = (struct evtq){ .par = *par, .memory = memory, .on = true, .reader = par->reader,
                        .ring.entry_bytes = EVTQ_WORDS * 8 };
    comp_init(&q->comp, &evtq_kind, parent, name, &q->par, &q->st);
    q->comp.face = &face;
    evtq_place(q, par->base, par->entries);
    if (!memory)
        return;
    event_init(&q->work, &q->comp, "work");
    event_init(&q->room, &q->comp, "room");
    event_init(&q->written, &q->comp, "written");
    proc_init(&q->proc, &q->comp, "write", write_out);
    q->proc.phase = SIM_DECIDE;
    q->proc.number = 1ull << 42;       /* after all that may give it work at the time */
}

void evtq_place(struct evtq *q, uint64_t base, uint64_t entries)
{
    ring_place(&q->ring, base, entries);
}

/* Its time; without one all is at once. */
static uint64_t now(const struct evtq *q)
{
    return q->memory ? proc_now(&q->proc) : 0;
}

/* How many records software has not read at now_ps. */
static uint64_t unread(struct evtq *q, uint64_t now_ps)
{
    if (!q->reader && (!q->memory || !q->par.read_ps || now_ps >= q->read_at_ps)) {
        q->cons = q->prod;
        q->ring.lost_known = q->ring.lost;
    }
    return q->prod - q->cons;
}

static void lose(struct evtq *q)
{
    q->st.lost++;
    q->st.overflows += ring_overflow(&q->ring);
}

/* False if memory aborts the write. */
static bool put(struct evtq *q, const uint64_t words[EVTQ_WORDS])
{
    uint64_t at = ring_at(&q->ring, q->prod), was[EVTQ_WORDS];
    bool first = unread(q, now(q)) == 0;

    if (!mem_read(q->mem, at, EVTQ_WORDS, was)) {
        q->aborted = true;
        if (q->abort)
            q->abort(q->arg);
        return false;
    }
    for (unsigned i = 0; i < EVTQ_WORDS; i++)
        mem_write64(q->mem, at + 8 * i, words[i]);
    q->prod++;
    q->read_at_ps = now(q) + q->par.read_ps;
    q->st.records++;
    if (q->seen)
        q->seen(q->arg, first);
    return true;
}

/* Without time. */
static void record_now(struct evtq *q, const uint64_t words[EVTQ_WORDS])
{
    if (ring_full(&q->ring, unread(q, 0)))
        lose(q);
    else if (!put(q, words))
        q->st.dropped++;
}

void evtq_record(struct evtq *q, const uint64_t words[EVTQ_WORDS])
{
    struct evtq_record *r = &q->buffer[q->in % EVTQ_BUFFER];

    if (!q->on || q->aborted) {
        q->st.dropped++;
        return;
    }
    if (!q->memory) {
        record_now(q, words);
        return;
    }
    if (q->in - q->out == q->par.buffer) {
        lose(q);
        return;
    }
    memcpy(r->words, words, sizeof r->words);
    r->t_ps = proc_now(&q->proc);
    q->in++;
    event_notify(&q->work);
}

static bool alike(const uint64_t *a, const uint64_t *b, const uint64_t *ignored)
{
    uint64_t differ = 0;

    for (unsigned i = 0; i < EVTQ_WORDS; i++)
        differ |= (a[i] ^ b[i]) & ~ignored[i];
    return !differ;
}

/* The one that is being written waits, too: nobody has seen it. */
static bool waits(const struct evtq *q, const uint64_t *words, const uint64_t *ignored)
{
    for (uint64_t i = q->out; i < q->in; i++)
        if (alike(q->buffer[i % EVTQ_BUFFER].words, words, ignored))
            return true;
    return false;
}

void evtq_record_or_merge(struct evtq *q, const uint64_t words[EVTQ_WORDS],
                          const uint64_t ignored[EVTQ_WORDS])
{
    if (q->par.merge && q->memory && q->on && !q->aborted && waits(q, words, ignored))
        q->st.merged++;
    else
        evtq_record(q, words);
}

bool evtq_has_room(struct evtq *q)
{
    uint64_t waiting = q->in - q->out;

    return q->on && !q->aborted && waiting < q->par.buffer &&
           !ring_full(&q->ring, unread(q, now(q)) + waiting);
}

struct event *evtq_room(struct evtq *q)
{
    if (q->on && !q->aborted && !q->reader && q->in == q->out)
        event_notify_at(&q->room, q->read_at_ps);
    return &q->room;
}

/* Without time: those that wait, as far as there is room. */
static void write_waiting(struct evtq *q)
{
    while (q->in != q->out && q->on && !q->aborted && !ring_full(&q->ring, unread(q, 0)))
        q->out += put(q, q->buffer[q->out % EVTQ_BUFFER].words);
}

void evtq_record_surely(struct evtq *q, const uint64_t words[EVTQ_WORDS])
{
    if (q->in - q->out == EVTQ_BUFFER) {
        q->st.lost++;
        return;
    }
    memcpy(q->buffer[q->in++ % EVTQ_BUFFER].words, words, EVTQ_WORDS * 8);
    write_waiting(q);
}

/* There may be room now. */
static void make_room(struct evtq *q)
{
    if (q->memory)
        event_notify(&q->room);
    else
        write_waiting(q);
}

bool evtq_read(struct evtq *q, uint64_t words[EVTQ_WORDS])
{
    if (q->cons == q->prod)
        return false;
    mem_read(q->mem, ring_at(&q->ring, q->cons), EVTQ_WORDS, words);
    q->cons++;
    q->ring.lost_known = q->ring.lost;
    make_room(q);
    return true;
}

/* ---- the process --------------------------------------------------------------------------------- */

/* One that waits is written, or lost with those behind it. */
static void write_one(struct evtq *q)
{
    const struct evtq_record *r = &q->buffer[q->out % EVTQ_BUFFER];

    if (!put(q, r->words)) {
        q->st.dropped += q->in - q->out;
        q->out = q->in;
        return;
    }
    q->st.write_ps += proc_now(&q->proc) - r->t_ps;
    q->out++;
    event_notify(&q->written);
}

static void one_less(struct evtq *q)
{
    if (q->gone)
        q->gone(q->arg);
}

/* The next one's begins: when it has ended. */
static uint64_t write_part(struct evtq *q)
{
    uint64_t bytes = EVTQ_WORDS * 8 / q->par.writes;

    return memory_access(q->memory, MEMORY_QUEUE, ring_at(&q->ring, q->prod) + q->part * bytes, bytes,
                         proc_now(&q->proc), NULL);
}

static enum proc_state write_out(struct proc *p)
{
    struct evtq *q = CONTAINER_OF(p, struct evtq, proc);

    PROC_BEGIN(p);
    for (;;) {
        while (q->in == q->out)
            PROC_WAIT_IDLE(p, &q->work);
        if (ring_full(&q->ring, unread(q, proc_now(p)))) {
            lose(q);
            q->out++;
            event_notify(&q->room);
            one_less(q);
            continue;
        }
        q->t_ps = proc_now(p) + clock_ps(p->clk, q->par.overhead);
        PROC_TO(p, q->t_ps);
        for (q->part = 0; q->part < q->par.writes; q->part++) {
            q->t_ps = write_part(q);
            PROC_TO(p, q->t_ps);
        }
        write_one(q);
        event_notify(&q->room);
        one_less(q);
    }
    PROC_END(p);
}

/* ---- registers ----------------------------------------------------------------------------------- */

void evtq_enable(struct evtq *q, bool on)
{
    q->on = on;
    make_room(q);
}

void evtq_acknowledge(struct evtq *q)
{
    q->aborted = false;
    make_room(q);
}

uint32_t evtq_prod(const struct evtq *q) { return ring_prod(&q->ring, q->prod); }
uint32_t evtq_cons(const struct evtq *q) { return ring_cons(&q->ring, q->cons); }

void evtq_set_prod(struct evtq *q, uint32_t value)
{
    uint64_t count = ring_ahead(&q->ring, value, q->cons);

    q->prod = ring_index(&q->ring, value);
    q->cons = q->prod - count;
    q->ring.lost = value >> 31;
}

void evtq_set_cons(struct evtq *q, uint32_t value)
{
    q->cons = q->prod - ring_ahead(&q->ring, q->prod, value);
    q->ring.lost_known = value >> 31;
    make_room(q);
}
