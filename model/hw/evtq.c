/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/evtq.h"

#include <string.h>

#include "base/bits.h"

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
    *q = (struct evtq){ .par = *par, .memory = memory };
    comp_init(&q->comp, &evtq_kind, parent, name, &q->par, &q->st);
    q->comp.face = &face;
    event_init(&q->work, &q->comp, "work");
    event_init(&q->room, &q->comp, "room");
    event_init(&q->written, &q->comp, "written");
    proc_init(&q->proc, &q->comp, "write", write_out);
    q->proc.phase = SIM_DECIDE;
    q->proc.number = 1ull << 42;       /* after all that may give it work at the time */
    evtq_place(q, par->base, par->entries);
}

void evtq_place(struct evtq *q, uint64_t base, uint64_t entries)
{
    q->base = base;
    q->mask = (1ull << bits_log2(entries)) - 1;
}

void evtq_record(struct evtq *q, const uint64_t words[EVTQ_WORDS])
{
    struct evtq_record *r = &q->buffer[q->in % EVTQ_BUFFER];

    if (q->in - q->out == q->par.buffer) {
        q->st.lost++;
        return;
    }
    memcpy(r->words, words, sizeof r->words);
    r->t_ps = proc_now(&q->proc);
    q->in++;
    event_notify(&q->work);
}

/* How many records software has not read at now_ps. */
static uint64_t unread(struct evtq *q, uint64_t now_ps)
{
    if (!q->reader && (!q->par.read_ps || now_ps >= q->read_at_ps))
        q->cons = q->prod;
    return q->prod - q->cons;
}

bool evtq_has_room(struct evtq *q)
{
    uint64_t waiting = q->in - q->out;

    return waiting < q->par.buffer && unread(q, proc_now(&q->proc)) + waiting <= q->mask;
}

struct event *evtq_room(struct evtq *q)
{
    if (!q->reader && q->in == q->out)
        event_notify_at(&q->room, q->read_at_ps);
    return &q->room;
}

bool evtq_read(struct evtq *q, uint64_t words[EVTQ_WORDS])
{
    if (q->cons == q->prod)
        return false;
    mem_read(q->mem, q->base + (q->cons & q->mask) * 32, EVTQ_WORDS, words);
    q->cons++;
    event_notify(&q->room);
    return true;
}

static void put(struct evtq *q, const struct evtq_record *r, uint64_t now_ps)
{
    uint64_t at = q->base + (q->prod & q->mask) * sizeof r->words;

    for (unsigned i = 0; i < EVTQ_WORDS; i++)
        mem_write64(q->mem, at + 8 * i, r->words[i]);
    q->prod++;
    q->read_at_ps = now_ps + q->par.read_ps;
    q->st.records++;
    q->st.write_ps += now_ps - r->t_ps;
}

static enum proc_state write_out(struct proc *p)
{
    struct evtq *q = CONTAINER_OF(p, struct evtq, proc);

    PROC_BEGIN(p);
    for (;;) {
        while (q->in == q->out)
            PROC_WAIT_IDLE(p, &q->work);
        if (unread(q, proc_now(p)) > q->mask) {
            q->st.lost++;
            q->out++;
            continue;
        }
        q->t_ps = memory_access(q->memory, MEMORY_QUEUE, q->base + (q->prod & q->mask) * 32, 32,
                                proc_now(p), NULL);
        PROC_TO(p, q->t_ps);
        put(q, &q->buffer[q->out % EVTQ_BUFFER], proc_now(p));
        q->out++;
        event_notify(&q->written);
        event_notify(&q->room);
    }
    PROC_END(p);
}
