/* SPDX-License-Identifier: Apache-2.0
 *
 * --explain N: one request's story, step by step, with times that add up to its latency.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/sim.h"
#include "cli/names.h"
#include "cli/run.h"
#include "system/timed.h"

enum { STEPS_MAX = 1000 };

struct run_story {
    struct timed_step step[STEPS_MAX];
    size_t steps;
    struct flow flow;                  /* as it was at the end */
};

static void note(void *arg, const struct timed_step *step)
{
    struct run_story *s = arg;

    if (s->steps < STEPS_MAX)
        s->step[s->steps++] = *step;
}

int run_story_begin(struct run *r)
{
    if (r->opt.explain == UINT64_MAX)
        return 0;
    r->story = calloc(1, sizeof *r->story);
    if (!r->story)
        return diag_env(r->d, NULL, "no memory");
    r->sys->timed->told = r->opt.explain;
    r->sys->timed->step = note;
    r->sys->timed->step_arg = r->story;
    r->replay.opt.told = &r->story->flow;
    return 0;
}

void run_story_free(struct run *r)
{
    free(r->story);
    r->story = NULL;
}

static void print_step(const struct run_story *s, const struct timed_step *t, FILE *to)
{
    char path[CLI_TEXT] = "";

    if (t->where)
        comp_path(t->where, path, sizeof path);
    fprintf(to, "  %12.3f %12.3f  %-17s  %s%s%s", (double)(t->from_ps - s->flow.led.born_ps) / 1e3,
            (double)(t->to_ps - t->from_ps) / 1e3, cause_name[t->cause], path,
            path[0] && t->what[0] ? ": " : "", t->what);
    if (t->pa)
        fprintf(to, " at 0x%" PRIx64, t->pa);
    fputc('\n', to);
}

void run_story_print(const struct run *r, FILE *to)
{
    const struct run_story *s = r->story;
    const struct flow *f = &s->flow;
    char text[CLI_TEXT];

    if (!s->steps) {
        fprintf(to, "\nrequest %" PRIu64 ": there was none\n", r->opt.explain);
        return;
    }
    fprintf(to, "\nrequest %" PRIu64 ": %s of %" PRIu32 " bytes at 0x%" PRIx64 " by stream 0x%" PRIx32
            ", begun at %.3f ns\n", r->opt.explain, f->kind == FLOW_WRITE ? "write" : "read", f->bytes,
            f->req.addr, f->req.sid, (double)f->led.born_ps / 1e3);
    fprintf(to, "  %12s %12s  %-17s  %s\n", "after ns", "for ns", "cause", "what");
    for (size_t i = 0; i < s->steps; i++)
        print_step(s, &s->step[i], to);
    fprintf(to, "  %12.3f %12s  %s, %s\n", (double)(f->led.at_ps - f->led.born_ps) / 1e3, "",
            r->sys->class_name[f->trail.cls], cli_result_text(r->profile.arch, &f->res, text));
}
