/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/cmdq.h"

PARAM_ROWS(params, CMDQ_PARAMS);
STAT_ROWS(stats, CMDQ_STATS);
const struct comp_kind cmdq_kind = { "cmdq", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

static uint64_t get_count(const struct comp *comp)
{
    const struct cmdq *q = CONTAINER_OF(comp, struct cmdq, comp);

    return q->prod - q->cons;
}

static const struct comp_signal signals[] = {
    COMP_SIGNAL(struct cmdq, prod, 32),
    COMP_SIGNAL(struct cmdq, cons, 32),
    COMP_SIGNAL_GET("count", 16, get_count),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };
static proc_fn consume;

int cmdq_init(struct cmdq *q, struct comp *parent, const char *name, const struct cmdq_params *par,
              unsigned entry_bytes, struct memory *memory, const struct cmdq_owner *owner)
{
    *q = (struct cmdq){ .par = *par, .memory = memory, .owner = *owner, .ring.entry_bytes = entry_bytes };
    comp_init(&q->comp, &cmdq_kind, parent, name, &q->par, &q->st);
    q->comp.face = &face;
    cmdq_place(q, par->base, par->entries);
    if (!memory)
        return 0;
    event_init(&q->work, &q->comp, "work");
    event_init(&q->idle, &q->comp, "idle");
    event_init(&q->drain, &q->comp, "drain");
    q->drains = &q->drain;
    proc_init(&q->proc, &q->comp, "consume", consume);
    q->proc.phase = SIM_DECIDE;
    return 0;
}

void cmdq_place(struct cmdq *q, uint64_t base, uint64_t entries)
{
    ring_place(&q->ring, base, entries);
}

/* Is there a command that may be executed? */
static bool runs(const struct cmdq *q)
{
    return ring_ahead(&q->ring, q->prod, q->cons) && (!q->driven || (q->on && !q->stopped));
}

static void stop(struct cmdq *q)
{
    q->stopped = true;
    q->fetched = q->cons;
}

/* What is there now: software may have written it anew since it was fetched. */
static bool read_entry(struct cmdq *q)
{
    if (mem_read(q->mem, ring_at(&q->ring, q->cons), q->ring.entry_bytes / 8, q->words) || !q->owner.aborted)
        return true;
    q->owner.aborted(q->owner.arg);
    return false;
}

static uint64_t execute(struct cmdq *q, bool drained)
{
    return q->owner.execute(q->owner.arg, q->words, q->ring.entry_bytes / 8, drained);
}

static void consumed(struct cmdq *q)
{
    bool full = ring_full(&q->ring, q->prod - q->cons);

    q->cons++;
    q->st.commands++;
    if (full && q->owner.room)
        q->owner.room(q->owner.arg);
}

/* Without time. */
static void run(struct cmdq *q)
{
    if (q->busy)
        return;
    while (runs(q)) {
        uint64_t end = CMDQ_STOP;

        q->busy = true;
        q->fetched = q->cons + 1;
        if (read_entry(q))
            end = execute(q, false);
        if (end == CMDQ_DRAIN) {
            q->st.syncs++;
            end = execute(q, true);
        }
        q->busy = false;
        if (end == CMDQ_STOP) {
            stop(q);
            return;
        }
        consumed(q);
    }
}

static void go_on(struct cmdq *q)
{
    if (q->memory)
        event_notify(&q->work);
    else
        run(q);
}

bool cmdq_submit(struct cmdq *q, const uint64_t *words, unsigned n)
{
    uint64_t at = ring_at(&q->ring, q->prod);

    if (ring_full(&q->ring, q->prod - q->cons)) {
        q->st.full++;
        return false;
    }
    for (unsigned i = 0; i < q->ring.entry_bytes / 8; i++)
        mem_write64(q->mem, at + 8 * i, i < n ? words[i] : 0);
    q->prod++;
    go_on(q);
    return true;
}

void cmdq_pass(struct cmdq *q)
{
    if (q->busy || q->driven)
        return;
    q->prod++;
    q->cons++;
    q->fetched = q->cons;
}

void cmdq_drain(struct cmdq *q)
{
    event_notify(&q->drain);
}

/* ---- registers ----------------------------------------------------------------------------------- */

uint32_t cmdq_prod(const struct cmdq *q) { return ring_index(&q->ring, q->prod); }
uint32_t cmdq_cons(const struct cmdq *q) { return ring_index(&q->ring, q->cons); }

void cmdq_set_prod(struct cmdq *q, uint32_t index)
{
    q->driven = true;
    q->prod = q->cons + ring_ahead(&q->ring, index, q->cons);
    if (q->fetched - q->cons > q->prod - q->cons)
        q->fetched = q->prod;
    go_on(q);
}

void cmdq_set_cons(struct cmdq *q, uint32_t index)
{
    uint64_t count = ring_ahead(&q->ring, q->prod, index);

    q->cons = q->fetched = ring_index(&q->ring, index);
    q->prod = q->cons + count;
}

void cmdq_enable(struct cmdq *q, bool on)
{
    q->on = on;
    go_on(q);
}

void cmdq_restart(struct cmdq *q)
{
    q->stopped = false;
    go_on(q);
}

/* ---- the processor ------------------------------------------------------------------------------- */

/* How many entries a read takes: not beyond what is there, nor beyond the ring's end. */
static uint64_t batch(const struct cmdq *q)
{
    uint64_t there = q->prod - q->fetched, to_end = ring_to_end(&q->ring, q->fetched);
    uint64_t n = there < q->par.fetch ? there : q->par.fetch;

    return n < to_end ? n : to_end;
}

/* Reads ahead; when the entries are here. */
static uint64_t fetch(struct cmdq *q, uint64_t now_ps)
{
    uint64_t n = batch(q), at = ring_at(&q->ring, q->fetched);

    q->fetched += n;
    q->st.fetches++;
    return memory_access(q->memory, MEMORY_COMMAND, at, n * q->ring.entry_bytes, now_ps, NULL);
}

static enum proc_state consume(struct proc *p)
{
    struct cmdq *q = CONTAINER_OF(p, struct cmdq, proc);

    PROC_BEGIN(p);
    for (;;) {
        while (!runs(q))
            PROC_WAIT_IDLE(p, &q->work);
        q->since_ps = proc_now(p);
        if (q->processor) {
            PROC_SLOT(p, q->processor);
            if (!runs(q)) {            /* any more */
                slots_give(q->processor);
                continue;
            }
        }
        q->busy = true;
        if (q->cons == q->fetched) {
            q->t_ps = fetch(q, proc_now(p));
            PROC_TO(p, q->t_ps);
        }
        q->t_ps = CMDQ_STOP;
        if (read_entry(q)) {
            q->t_ps = proc_now(p) + clock_ps(p->clk, q->par.decode);
            PROC_TO(p, q->t_ps);
            while ((q->t_ps = execute(q, false)) == CMDQ_BUSY)
                PROC_WAIT(p, q->drains);
        }
        if (q->t_ps == CMDQ_DRAIN) {
            q->st.syncs++;
            q->st.sync_ps -= proc_now(p);
            q->st.drain_ps -= proc_now(p);
            while (!q->owner.drained(q->owner.arg, &q->t_ps))
                PROC_WAIT(p, q->drains);
            if (q->t_ps < proc_now(p))
                q->t_ps = proc_now(p);
            q->st.drain_ps += q->t_ps;
            q->t_ps += q->par.sync_ps;
            PROC_TO(p, q->t_ps);
            q->st.sync_ps += proc_now(p);
            q->t_ps = execute(q, true);
        }
        if (q->t_ps == CMDQ_STOP) {
            stop(q);
        } else {
            PROC_TO(p, q->t_ps);
            consumed(q);
        }
        q->st.busy_ps += proc_now(p) - q->since_ps;
        q->busy = false;
        if (q->processor)
            slots_give(q->processor);
        if (!runs(q))
            event_notify(&q->idle);
    }
    PROC_END(p);
}
