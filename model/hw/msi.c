/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/msi.h"

#include "base/bits.h"

STAT_ROWS(stats, MSI_STATS);
const struct comp_kind msi_kind = { "msi", NULL, 0, stats, ARRAY_LEN(stats) };
static proc_fn write_out;

void msi_init(struct msi *m, struct comp *parent, const char *name)
{
    *m = (struct msi){ .memory = NULL };
    comp_init(&m->comp, &msi_kind, parent, name, NULL, &m->st);
}

void msi_timed(struct msi *m, struct memory *memory)
{
    m->memory = memory;
    event_init(&m->work, &m->comp, "work");
    proc_init(&m->proc, &m->comp, "write", write_out);
    m->proc.phase = SIM_DECIDE;
    m->proc.number = (1ull << 42) + 3;     /* after all that may give it work at the time */
}

static void put(struct msi *m, const struct msi_message *msg)
{
    unsigned shift = msg->addr & 4 ? 32 : 0;
    uint64_t was;

    if (!mem_read(m->mem, msg->addr & ~7ull, 1, &was)) {
        m->st.aborted++;
        m->aborted(m->arg, msg->source);
        return;
    }
    mem_write64(m->mem, msg->addr & ~7ull, bits_set(was, shift + 31, shift, msg->data));
    m->st.sent++;
}

bool msi_waits(const struct msi *m, unsigned source)
{
    for (uint64_t i = m->out; i < m->in; i++)
        if (m->buffer[i % MSI_BUFFER].source == source)
            return true;
    return false;
}

/* Behind the first, which is on its way. */
static bool has_equal(const struct msi *m, const struct msi_message *msg)
{
    for (uint64_t i = m->out + 1; i < m->in; i++) {
        const struct msi_message *b = &m->buffer[i % MSI_BUFFER];

        if (b->source == msg->source && b->addr == msg->addr && b->data == msg->data)
            return true;
    }
    return false;
}

void msi_send(struct msi *m, unsigned source, uint64_t addr, uint32_t data)
{
    struct msi_message msg = { .addr = addr, .data = data, .source = source };

    if (!m->memory) {
        put(m, &msg);
        return;
    }
    if (m->in - m->out == MSI_BUFFER || has_equal(m, &msg)) {
        m->st.merged++;
        return;
    }
    msg.t_ps = proc_now(&m->proc);
    m->buffer[m->in++ % MSI_BUFFER] = msg;
    event_notify(&m->work);
}

static enum proc_state write_out(struct proc *p)
{
    struct msi *m = CONTAINER_OF(p, struct msi, proc);
    struct msi_message msg = m->buffer[m->out % MSI_BUFFER];

    PROC_BEGIN(p);
    for (;;) {
        while (m->in == m->out)
            PROC_WAIT_IDLE(p, &m->work);
        msg = m->buffer[m->out % MSI_BUFFER];
        m->t_ps = memory_access(m->memory, MEMORY_QUEUE, msg.addr, 4, proc_now(p), NULL);
        PROC_TO(p, m->t_ps);
        m->out++;
        m->st.write_ps += proc_now(p) - msg.t_ps;
        put(m, &msg);
        if (m->done)
            m->done(m->arg);
    }
    PROC_END(p);
}
