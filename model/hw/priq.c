/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/priq.h"

PARAM_ROWS(params, PRIQ_PARAMS);
STAT_ROWS(stats, PRIQ_STATS);
const struct comp_kind priq_kind = { "priq", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

static uint64_t get_count(const struct comp *comp)
{
    const struct priq *q = CONTAINER_OF(comp, struct priq, comp);

    return q->seen - q->cons;
}

static const struct comp_signal signals[] = {
    COMP_SIGNAL(struct priq, seen, 32),
    COMP_SIGNAL(struct priq, cons, 32),
    COMP_SIGNAL_GET("count", 20, get_count),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };
static proc_fn write_out;

void priq_init(struct priq *q, struct comp *parent, const char *name, const struct priq_params *par,
               unsigned words, struct mem *mem)
{
    *q = (struct priq){ .par = *par, .words = words, .mem = mem, .ring.entry_bytes = words * 8 };
    comp_init(&q->comp, &priq_kind, parent, name, &q->par, &q->st);
    q->comp.face = &face;
    priq_place(q, par->base, par->entries);
}

void priq_timed(struct priq *q, struct memory *memory)
{
    q->memory = memory;
    event_init(&q->work, &q->comp, "work");
    proc_init(&q->proc, &q->comp, "write", write_out);
    q->proc.phase = SIM_DECIDE;
    q->proc.number = (1ull << 42) + 2; /* after all that may give it work at the time */
}

void priq_place(struct priq *q, uint64_t base, uint64_t entries)
{
    ring_place(&q->ring, base, entries);
    q->prod = q->seen = q->cons = 0;
    q->ring.lost = q->ring.lost_known = false;
}

static void see(struct priq *q)
{
    uint64_t words[PRIQ_WORDS];
    bool first = q->seen == q->cons;

    mem_read(q->mem, ring_at(&q->ring, q->seen), q->words, words);
    q->seen++;
    q->st.written++;
    if (q->seen_fn)
        q->seen_fn(q->arg, words, first);
}

bool priq_write(struct priq *q, const uint64_t *words)
{
    uint64_t at = ring_at(&q->ring, q->prod), was[PRIQ_WORDS];

    if (!mem_read(q->mem, at, q->words, was))
        return false;
    for (unsigned i = 0; i < q->words; i++)
        mem_write64(q->mem, at + 8 * i, words[i]);
    q->prod++;
    if (!q->memory) {
        see(q);
        return true;
    }
    q->st.write_ps -= proc_now(&q->proc);
    event_notify(&q->work);
    return true;
}

void priq_refuse(struct priq *q)
{
    q->st.refused++;
    q->st.overflows += ring_overflow(&q->ring);
}

static enum proc_state write_out(struct proc *p)
{
    struct priq *q = CONTAINER_OF(p, struct priq, proc);

    PROC_BEGIN(p);
    for (;;) {
        while (q->seen == q->prod)
            PROC_WAIT_IDLE(p, &q->work);
        q->t_ps = memory_access(q->memory, MEMORY_QUEUE, ring_at(&q->ring, q->seen), q->words * 8u,
                                proc_now(p), NULL);
        PROC_TO(p, q->t_ps);
        q->st.write_ps += proc_now(p);
        see(q);
    }
    PROC_END(p);
}

bool priq_take(struct priq *q, uint64_t words[PRIQ_WORDS])
{
    if (q->cons == q->seen)
        return false;
    mem_read(q->mem, ring_at(&q->ring, q->cons), q->words, words);
    q->cons++;
    q->st.taken++;
    return true;
}

/* ---- registers ----------------------------------------------------------------------------------- */

uint32_t priq_prod(const struct priq *q) { return ring_prod(&q->ring, q->seen); }
uint32_t priq_cons(const struct priq *q) { return ring_cons(&q->ring, q->cons); }

/* As far as there are requests. */
static void take(struct priq *q, uint64_t by)
{
    if (by > q->seen - q->cons)
        by = q->seen - q->cons;
    q->cons += by;
    q->st.taken += by;
}

/* The index goes forward by what it differs. */
void priq_set_cons(struct priq *q, uint32_t value)
{
    q->ring.lost_known = value >> 31;
    take(q, ring_ahead(&q->ring, value, q->cons));
}

void priq_set_prod(struct priq *q, uint32_t value)
{
    q->seen = q->cons + ring_ahead(&q->ring, value, q->cons);
    q->prod = q->seen;
    q->ring.lost = value >> 31;
}

uint32_t priq_tail(const struct priq *q) { return (uint32_t)(q->seen & q->ring.mask); }
uint32_t priq_head(const struct priq *q) { return (uint32_t)(q->cons & q->ring.mask); }

void priq_set_head(struct priq *q, uint32_t index)
{
    take(q, (index - q->cons) & q->ring.mask);
}

void priq_set_tail(struct priq *q, uint32_t index)
{
    q->seen = q->prod = q->cons + ((index - q->cons) & q->ring.mask);
}

void priq_acknowledge(struct priq *q)
{
    q->ring.lost_known = q->ring.lost;
}
