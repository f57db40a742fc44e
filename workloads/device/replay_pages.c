/* SPDX-License-Identifier: Apache-2.0
 *
 * The process `pager` of timed replay: software's handler of devices' page requests.  It takes them from their queue one
 * by one, and host.page_ps later has done what the host software does about it (host_page_request).  It
 * waits for nothing that the process `software` does.
 */
#include "workloads/device/replay_timed_impl.h"

static void requested(void *arg)
{
    event_notify(&((struct replay_timed *)arg)->pages);
}

static void answer(struct replay_timed *rt)
{
    struct replay *rp = rt->rp;

    rp->sys->now_ps = proc_now(&rt->pager);
    system_tick(rp->sys);
    if (host_page_request(&rp->host, &rt->page) == SIM_EENV)
        replay_timed_fail(rt, SIM_EENV, rp->records);
}

static enum proc_state page(struct proc *p)
{
    struct replay_timed *rt = CONTAINER_OF(p, struct replay_timed, pager);
    struct timed *t = rt->t;

    PROC_BEGIN(p);
    for (;;) {
        while (!system_take_page_request(rt->rp->sys, &rt->page))
            PROC_WAIT_IDLE(p, &rt->pages);
        rt->page_due_ps = proc_now(p) + rt->rp->host.par.page_ps;
        PROC_TO(p, rt->page_due_ps);
        answer(rt);
        while (!timed_queue(t))
            PROC_WAIT(p, &t->cmdq.idle);
    }
    PROC_END(p);
}

void replay_pages_init(struct replay_timed *rt)
{
    struct system *sys = rt->rp->sys;

    event_init(&rt->pages, &rt->comp, "pages");
    proc_init(&rt->pager, &rt->comp, "pager", page);
    rt->pager.number = 4;
    if (rt->rp->has_host) {
        sys->software = requested;
        sys->software_arg = rt;
    }
}
