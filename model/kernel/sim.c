/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/sim_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/chan.h"
#include "kernel/signal.h"

enum { LINE = 64, TEXT = 200 };

static const struct comp_kind kernel_kind = { "kernel", NULL, 0, NULL, 0 };

/* ---- a simulation ---- */

static void describe(const struct sim_place *place, char *buf, size_t size)
{
    const struct sim *s = CONTAINER_OF(place, struct sim, place);
    char path[TEXT] = "";

    if (s->running)
        proc_path(s->running, path, sizeof path);
    snprintf(buf, size, ", at %" PRIu64 " ps%s%s", s->now_ps, s->running ? " in " : "", path);
}

struct sim *sim_new(void)
{
    struct sim *s = aligned_alloc(LINE, (sizeof *s + LINE - 1) / LINE * LINE);

    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    queue_init(&s->queue);
    s->place.describe = describe;
    qlist_init(&s->all);
    clock_init(&s->clk, s, NULL, "kernel", 1);
    comp_init(&s->comp, &kernel_kind, NULL, "kernel", NULL, NULL);
    comp_clock(&s->comp, &s->clk);
    signal_update_init(&s->update, &s->comp);
    return s;
}

void sim_free(struct sim *s)
{
    free(s);
}

void sim_shuffle(struct sim *s, uint64_t seed)
{
    SIM_CHECK(s->seq == 0, "ties are shuffled after something was scheduled");
    s->shuffle = seed;
}

uint64_t sim_next_ps(struct sim *s)
{
    return queue_next_ps(&s->queue);
}

uint64_t sim_events(const struct sim *s)
{
    return s->events;
}

uint64_t sim_skips(const struct sim *s)
{
    return s->skips;
}

void sim_shortcuts(struct sim *s, bool on)
{
    s->no_shortcuts = !on;
}

bool sim_may_look_ahead(const struct sim *s)
{
    return !s->attention && !s->no_shortcuts;
}

bool sim_skip(struct sim *s, uint64_t t_ps)
{
    if (s->queue.base != QUEUE_ALONE || s->attention || s->no_shortcuts || t_ps > s->limit_ps ||
        (s->queue.alone && s->queue.alone->t_ps <= t_ps))
        return false;
    s->now_ps = t_ps;
    s->rank = s->running ? (uint64_t)s->running->phase << SIM_SEQ_BITS : 0;
    s->skips++;
    return true;
}

void sim_stop(struct sim *s)
{
    s->attention |= SIM_STOP;
}

static uint64_t tie(struct sim *s)
{
    uint64_t seq = s->seq++;

    return s->shuffle ? bits_mix(s->shuffle ^ bits_mix(seq)) & bits_low(SIM_SEQ_BITS - 1) : seq;
}

/* The rest of sim_put, where the end of the bucket is not its place. */
__attribute__((noinline)) static enum proc_state put_elsewhere(struct sim *s, struct proc *p)
{
    queue_insert(&s->queue, &p->node);
    return PROC_WAITING;
}

__attribute__((noinline)) static enum proc_state put_shuffled(struct sim *s, struct proc *p,
                                                              uint64_t rank)
{
    p->node.rank = rank + tie(s);
    return put_elsewhere(s, p);
}

enum proc_state sim_put(struct sim *s, struct proc *p, uint64_t t_ps)
{
    uint64_t rank = (uint64_t)p->phase << SIM_SEQ_BITS;

    if (t_ps <= s->now_ps) {
        SIM_CHECK(t_ps == s->now_ps, "%s is to run in the past, at %" PRIu64 " ps", p->name, t_ps);
        rank = sim_rank_now(s, p->phase);
    }
    p->node.t_ps = t_ps;
    if (p->number)
        p->node.rank = rank + SIM_NUMBERED + p->number;
    else if (__builtin_expect(s->shuffle != 0, 0))
        return put_shuffled(s, p, rank);
    else
        p->node.rank = rank + s->seq++;
    return queue_insert_quick(&s->queue, &p->node) ? PROC_WAITING : put_elsewhere(s, p);
}

void sim_put_delta(struct sim *s, struct proc *p)
{
    uint64_t round = (s->rank >> SIM_SEQ_BITS & ~7ull) + SIM_PHASES;

    SIM_CHECK(round >> SIM_RANK_BITS == 0, "delta cycles without end");
    p->node.t_ps = s->now_ps;
    p->node.rank = ((round | p->phase) << SIM_SEQ_BITS) + (p->number ? SIM_NUMBERED + p->number : tie(s));
    queue_insert(&s->queue, &p->node);
}

void sim_cancel(struct sim *s, struct proc *p)
{
    if (qnode_queued(&p->node))
        queue_remove(&s->queue, &p->node);
}

void sim_move(struct sim *s, struct proc *p, uint64_t t_ps)
{
    sim_cancel(s, p);
    sim_put(s, p, t_ps);
}

/* ---- running ---- */

/* Between two events, when something wants attention: true to go on. */
static bool attend(struct sim *s)
{
    if (s->attention & SIM_STOP)
        return false;
    if (queue_next_ps(&s->queue) > s->now_ps)
        s->watch(s->watch_arg);
    return true;
}

static void run_until(struct sim *s, uint64_t limit_ps)
{
    const struct sim_place *outer = sim_check_place;
    struct qnode *n;

    sim_check_place = &s->place;
    s->limit_ps = limit_ps;
    while ((__builtin_expect(!s->attention, 1) || attend(s)) &&
           (n = queue_take(&s->queue, limit_ps))) {
        struct proc *p = (struct proc *)(void *)n;

        s->now_ps = n->t_ps;
        s->rank = n->rank;
        s->running = p;
        s->events++;
        p->run(p);
    }
    s->running = NULL;
    sim_check_place = outer;
}

static enum sim_end end_of_run(struct sim *s)
{
    if (s->attention & SIM_STOP) {
        s->attention &= ~(uint32_t)SIM_STOP;
        return SIM_END_STOPPED;
    }
    if (queue_next_ps(&s->queue) != UINT64_MAX)
        return SIM_END_LIMIT;
    return sim_report_waits(s, NULL) ? SIM_END_STUCK : SIM_END_IDLE;
}

enum sim_end sim_run_to(struct sim *s, uint64_t t_ps)
{
    enum sim_end end;

    SIM_CHECK(s->elaborated, "run before it was elaborated");
    SIM_CHECK(t_ps >= s->now_ps, "run to %" PRIu64 " ps, at %" PRIu64 " ps", t_ps, s->now_ps);
    run_until(s, t_ps);
    end = end_of_run(s);
    if (end != SIM_END_STOPPED && t_ps > s->now_ps) {
        s->now_ps = t_ps;
        s->rank = 0;
    }
    return end;
}

enum sim_end sim_run(struct sim *s)
{
    SIM_CHECK(s->elaborated, "run before it was elaborated");
    run_until(s, UINT64_MAX);
    return end_of_run(s);
}

/* ---- who waits ---- */

static bool waits_for_good(const struct proc *p)
{
    return p->state == PROC_WAITING && !p->idle && !qnode_queued(&p->node);
}

static void print_chan_wait(const struct proc *p, FILE *to)
{
    const struct chan *c = p->wait_on;
    char path[TEXT];

    comp_path(&c->comp, path, sizeof path);
    if (p->wait == PROC_FOR_ITEM)
        fprintf(to, "an item in %s, which is empty", path);
    else
        fprintf(to, "room in %s, which is full with %" PRIu32, path, c->count);
    if (p->wait == PROC_FOR_ROOM && c->reader) {
        comp_path(c->reader, path, sizeof path);
        fprintf(to, " and read by %s", path);
    }
}

static void print_wait(const struct proc *p, FILE *to)
{
    char path[TEXT];

    proc_path(p, path, sizeof path);
    fprintf(to, "%s (line %" PRIu32 ") waits for ", path, p->pos);
    switch ((enum proc_wait)p->wait) {
    case PROC_FOR_ITEM:
    case PROC_FOR_ROOM:
        print_chan_wait(p, to);
        break;
    case PROC_FOR_RESOURCE:
        comp_path(p->wait_on, path, sizeof path);
        fprintf(to, "resource %s", path);
        break;
    case PROC_FOR_EVENT:
    case PROC_FOR_END:
        proc_path(p->wait_on, path, sizeof path);
        fprintf(to, "%s %s", p->wait == PROC_FOR_EVENT ? "event" : "the end of", path);
        break;
    case PROC_FOR_NOTHING:
    case PROC_FOR_TIME:
    case PROC_FOR_TRIGGER:
        fputs("nothing", to);
    }
    fputc('\n', to);
}

size_t sim_report_waits(const struct sim *s, FILE *to)
{
    size_t n = 0;

    for (const struct qlink *l = s->all.next; l != &s->all; l = l->next) {
        const struct proc *p = CONTAINER_OF(l, struct proc, all);

        if (!waits_for_good(p))
            continue;
        n++;
        if (to)
            print_wait(p, to);
    }
    return n;
}

/* ---- elaboration ---- */

struct elaboration {
    struct diag *diag;
    int result;
};

static struct chan *bound(const struct comp *c, const struct comp_port *port, size_t i)
{
    return *(struct chan *const *)(const void *)((const char *)c + port->at +
                                                 i * sizeof(struct chan *));
}

static void bind(struct elaboration *e, const struct comp *c, const char *path,
                 const struct comp_port *port, size_t i)
{
    struct chan *ch = bound(c, port, i);
    char index[24] = "", first[TEXT], name[TEXT];

    if (port->n > 1)
        snprintf(index, sizeof index, "[%zu]", i);
    if (!ch) {
        e->result = diag_add(e->diag, NULL, 0, 0, "port %s.%s%s: bound to no channel", path,
                             port->name, index);
    } else if (ch->reader && ch->reader != c) {
        comp_path(&ch->comp, name, sizeof name);
        comp_path(ch->reader, first, sizeof first);
        e->result = diag_add(e->diag, NULL, 0, 0, "port %s.%s%s: channel %s is already read by %s",
                             path, port->name, index, name, first);
    } else {
        ch->reader = c;
    }
}

static void bind_ports(const struct comp *c, const char *path, void *arg)
{
    const struct comp_face *face = c->face;

    for (size_t i = 0; face && i < face->ports; i++)
        for (size_t k = 0; k < face->port[i].n; k++)
            bind(arg, c, path, &face->port[i], k);
}

int sim_elaborate(struct sim *s, const struct comp *root, struct diag *d)
{
    struct elaboration e = { d, SIM_OK };

    comp_walk(root, bind_ports, &e);
    s->elaborated = true;
    return e.result;
}
