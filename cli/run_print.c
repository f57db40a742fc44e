/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/sim.h"
#include "cli/json.h"
#include "cli/names.h"
#include "cli/run.h"
#include "cli/standard.h"
#include "system/ats.h"
#include "system/timed.h"

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* ---- text ------------------------------------------------------------------------------------------------- */

static void print_head(const struct run *r, FILE *to)
{
    const struct replay *rp = &r->replay;

    fprintf(to, "%-10s %s: %" PRIu64 " records, %u streams%s%s\n", r->trace ? "trace" : "workload",
            run_input(r), rp->records, r->src.n_streams, r->src.head->source[0] ? ", from " : "",
            r->src.head->source);
    fprintf(to, "%-10s %s (%s), %s%s%s, seed %" PRIu64 "\n", "profile", r->profile.name,
            profile_arch_name(r->profile.arch), r->opt.functional ? "functional" : "timed, ",
            r->opt.functional ? "" : replay_arrival_name[rp->arrival],
            r->opt.functional ? "" : " arrival", r->opt.seed);
    if (r->opt.db)
        fprintf(to, "%-10s %s, run %" PRId64 "\n", "database", r->opt.db, r->id);
    if (rp->stopped)
        fputs("interrupted: what follows is of the part that was run\n", to);
    if (!rp->expects)
        fprintf(to, "%-10s the trace's intent, through the host software: %" PRIu64 " carried out, %"
                PRIu64 " refused\n", "driven by", rp->st.intents, rp->st.refused);
    else if (rp->st.refused)
        fprintf(to, "%-10s %" PRIu64 " records that are nonsense to the unit\n", "refused",
                rp->st.refused);
}

/* A counter of the devices that translate ahead. */
static uint64_t device_count(const struct replay *rp, size_t stat)
{
    const struct counters *c = &rp->counters;

    for (size_t k = 0; rp->sys->ats && k < c->n; k++)
        if (c->comp[k].comp == &rp->sys->ats->comp)
            return counters_value(c, k, stat);
    return 0;
}

/* Accesses that their devices gave up ended with answers to Translation Requests: they count as aborted. */
static uint64_t given_up(const struct replay *rp)
{
    return device_count(rp, offsetof(struct ats_stats, given_up) / sizeof(uint64_t));
}

static uint64_t translated(const struct replay *rp)
{
    uint64_t failed = device_count(rp, offsetof(struct ats_stats, failed) / sizeof(uint64_t));

    return rp->outcome[XL_OK] + rp->outcome[XL_ATS_OK] - (given_up(rp) - failed);
}

static void print_requests(const struct run *r, FILE *to)
{
    const struct replay *rp = &r->replay;
    char name[CLI_TEXT];

    fprintf(to, "\n%-10s %" PRIu64, "requests", rp->st.requests);
    if (r->opt.warmup)
        fprintf(to, ", the first %" PRIu64 " of them warm-up", r->opt.warmup);
    fprintf(to, ": %" PRIu64 " translated, %" PRIu64 " bypassed, %" PRIu64 " aborted, %" PRIu64
            " faults\n", translated(rp), rp->outcome[XL_BYPASS], rp->outcome[XL_ABORT] + given_up(rp),
            rp->outcome[XL_FAULT]);
    for (unsigned c = 0; c < REPLAY_CODES; c++)
        if (rp->fault_code[c] && c)
            fprintf(to, "%-10s %" PRIu64 "  %s\n", "", rp->fault_code[c],
                    cli_fault_name(r->profile.arch, c, name));
    if (rp->outcome[XL_INTERRUPT])
        fprintf(to, "%-10s %" PRIu64 " interrupts\n", "", rp->outcome[XL_INTERRUPT]);
    if (rp->outcome[XL_RAZWI])
        fprintf(to, "%-10s %" PRIu64 " read as zero, write ignored\n", "", rp->outcome[XL_RAZWI]);
    if (rp->outcome[XL_STALL])
        fprintf(to, "%-10s %" PRIu64 " stalled, and not answered\n", "", rp->outcome[XL_STALL]);
}

static void print_packets(const struct run *r, FILE *to)
{
    const struct replay_stats *st = &r->replay.st;

    if (r->replay.par.depth)
        fprintf(to, "%-10s %" PRIu64 " came, warm-up included: %" PRIu64 " dropped, %" PRIu64
                " had an access that missed\n", "packets", st->packets, st->packets_dropped,
                st->packets_missed);
}

static void print_structures(const struct run *r, FILE *to)
{
    const struct counters *c = &r->replay.counters;
    uint64_t reads, misses;

    fprintf(to, "\n%-28s %12s %12s %12s %9s\n", "structure", "lookups", "hits", "misses", "hit rate");
    for (size_t k = 0; k < c->n; k++) {
        uint64_t lookups, hits;

        if (c->comp[k].series != COUNTERS_LOOKUPS || !counters_there(c, k))
            continue;
        lookups = counters_value(c, k, (size_t)c->comp[k].row[0]);
        hits = counters_value(c, k, (size_t)c->comp[k].row[1]);
        if (lookups)
            fprintf(to, "%-28s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %7.2f %%\n", c->comp[k].path,
                    lookups, hits, lookups - hits, percent(hits, lookups));
    }
    if (cli_walk_reads(r->profile.arch, c, &reads, &misses) && misses)
        fprintf(to, "%-28s %12" PRIu64 "   %.3f per miss\n", "table reads", reads,
                (double)reads / (double)misses);
}

/* All streams of a class, or of all. */
static struct latency_cell sum_of(const struct run *r, unsigned first, unsigned end)
{
    struct latency_cell sum = { 0 };

    hist_init(&sum.hist);
    for (unsigned c = first; c < end; c++)
        for (uint32_t s = 0; s < r->src.n_streams; s++) {
            const struct latency_cell *cell = latency_cell(&r->replay.latency, s, c);

            if (!cell || hist_merge(&sum.hist, &cell->hist))
                continue;
            sum.count += cell->count;
            for (unsigned i = 0; i < CAUSE_COUNT; i++)
                sum.sum_ps[i] += cell->sum_ps[i];
        }
    return sum;
}

static void print_latency(const char *name, const struct latency_cell *c, FILE *to)
{
    static const unsigned at[] = { 500000, 900000, 990000, 999000 };

    fprintf(to, "%-28s %12" PRIu64 " %9.1f", name, c->count,
            (double)c->hist.sum / 1e3 / (double)c->count);
    for (unsigned i = 0; i < ARRAY_LEN(at); i++)
        fprintf(to, " %9.1f", (double)hist_percentile(&c->hist, at[i]) / 1e3);
    fprintf(to, " %9.1f\n", (double)c->hist.max / 1e3);
}

static void print_causes(const struct latency_cell *all, FILE *to)
{
    fprintf(to, "\n%-28s %12s %9s\n", "where the time went", "ns a request", "share");
    for (unsigned i = 0; i < CAUSE_COUNT; i++)
        if (all->sum_ps[i])
            fprintf(to, "%-28s %12.2f %7.2f %%\n", cause_name[i],
                    (double)all->sum_ps[i] / 1e3 / (double)all->count,
                    percent(all->sum_ps[i], all->hist.sum));
}

static void print_rate(const struct run *r, const struct latency_cell *all, FILE *to)
{
    uint64_t ps = r->replay.end_ps - r->replay.start_ps;

    if (ps)
        fprintf(to, "%-28s %12.3f M/s over %.3f ms\n", "requests completed",
                (double)all->count * 1e6 / (double)ps, (double)ps / 1e9);
}

static void print_times(const struct run *r, FILE *to)
{
    struct latency_cell all = sum_of(r, 0, r->replay.classes), one;

    if (all.count) {
        fprintf(to, "\n%-28s %12s %9s %9s %9s %9s %9s %9s\n", "latency in ns, by class", "requests",
                "mean", "p50", "p90", "p99", "p99.9", "max");
        for (unsigned c = 0; c < r->replay.classes; c++) {
            one = sum_of(r, c, c + 1);
            if (one.count)
                print_latency(r->sys->class_name[c], &one, to);
            hist_destroy(&one.hist);
        }
        print_latency("all", &all, to);
        print_causes(&all, to);
        print_rate(r, &all, to);
    }
    hist_destroy(&all.hist);
}

static void print_classes(const struct run *r, FILE *to)
{
    if (r->sys->timed) {
        print_times(r, to);
        return;
    }
    fprintf(to, "\n%-28s %12s\n", "answered by", "requests");
    for (unsigned c = 0; c < r->replay.classes; c++) {
        uint64_t n = 0;

        for (uint32_t s = 0; s < r->src.n_streams; s++)
            n += replay_count(&r->replay, s, c);
        if (n)
            fprintf(to, "%-28s %12" PRIu64 "\n", r->sys->class_name[c], n);
    }
}

static void print_log(const struct run *r, FILE *to)
{
    const struct expect *e = &r->replay.expect;

    if (!e->accesses)
        return;
    fprintf(to, "\n%-28s %12s %12s\n", "against the log", "compared", "agree");
    for (unsigned k = 0; k < EXPECT_KINDS_N; k++)
        if (e->compared[k])
            fprintf(to, "%-28s %12" PRIu64 " %12" PRIu64 " %9.3f %%\n", expect_kind_name[k],
                    e->compared[k], e->agreed[k], percent(e->agreed[k], e->compared[k]));
    if (e->allowed)
        fprintf(to, "%-28s %12" PRIu64 "\n", "other, but allowed", e->allowed);
    if (e->stale)
        fprintf(to, "%-28s %12" PRIu64 "\n", "other, a stale use", e->stale);
    for (unsigned i = 0; i < e->deviations; i++)
        fprintf(to, "known deviation of the log: %s: %" PRIu64 " of %" PRIu64 "\n",
                r->src.string(r->src.from, e->deviation[i].name), e->deviation[i].differ,
                e->deviation[i].seen);
}

enum { SHOWN = 5 };

static void print_mismatches(const struct run *r, FILE *to)
{
    const struct expect *e = &r->replay.expect;
    char a[CLI_TEXT], b[CLI_TEXT];

    for (size_t i = 0; i < r->wrongs_kept && i < SHOWN; i++)
        fprintf(to, "  request %" PRIu64 " stream 0x%x iova 0x%" PRIx64 ": oracle %s, found %s\n",
                r->wrong[i].request, r->wrong[i].sid, r->wrong[i].iova,
                cli_result_text(r->profile.arch, &r->wrong[i].expected, a),
                cli_result_text(r->profile.arch, &r->wrong[i].found, b));
    for (size_t i = 0; i < e->rows && i < SHOWN; i++)
        fprintf(to, "  request %" PRIu64 ": %s %s: expected %s, found %s\n", e->row[i].request,
                e->row[i].intended ? "intended" : "logged", expect_kind_name[e->row[i].kind],
                cli_expect_text(r->profile.arch, e->row[i].kind, e->row[i].expected, a),
                cli_expect_text(r->profile.arch, e->row[i].kind, e->row[i].found, b));
}

static void print_stales(const struct run *r, FILE *to)
{
    char a[CLI_TEXT], b[CLI_TEXT];

    for (size_t i = 0; i < r->stales_kept && i < SHOWN; i++) {
        const struct system_stale *s = &r->stale[i];

        fprintf(to, "  request %" PRIu64 " stream 0x%x iova 0x%" PRIx64 ": %s, tables say %s (%s at 0x%"
                PRIx64 ")\n", s->request, s->sid, s->iova, cli_result_text(r->profile.arch, &s->cached, a),
                cli_result_text(r->profile.arch, &s->current, b), s->word ? s->word : "word",
                s->word_pa);
    }
}

void run_print_text(const struct run *r, FILE *to)
{
    print_head(r, to);
    print_requests(r, to);
    print_packets(r, to);
    print_structures(r, to);
    print_classes(r, to);
    print_log(r, to);
    fprintf(to, "\n%-10s %" PRIu64 " mismatches", "checks", run_mismatches(r));
    if (r->opt.check)
        fprintf(to, " (%" PRIu64 " against the oracle), %" PRIu64 " stale uses\n", r->wrongs, r->stales);
    else
        fputs(r->replay.expect.accesses ? " against the log; --check asks the oracle\n"
                                        : "; --check asks the oracle\n", to);
    print_mismatches(r, to);
    print_stales(r, to);
    if (r->story)
        run_story_print(r, to);
    fprintf(to, "%-10s %.3f s, %.1f M requests/s", "wall clock", r->wall_s,
            r->wall_s > 0 ? (double)r->replay.st.requests / r->wall_s / 1e6 : 0);
    if (r->sys->timed && r->replay.st.requests)
        fprintf(to, ", %.2f events a request", (double)sim_events(r->sys->timed->sim) /
                                                   (double)r->replay.st.requests);
    fputc('\n', to);
}

/* ---- JSON -------------------------------------------------------------------------------------------------- */

static struct json_object *json_faults(const struct run *r)
{
    struct json_object *o = json_object_new_object();
    char name[CLI_TEXT];

    for (unsigned c = 1; c < REPLAY_CODES; c++)
        if (r->replay.fault_code[c])
            json_put(o, cli_fault_name(r->profile.arch, c, name), r->replay.fault_code[c]);
    return o;
}

static struct json_object *json_counters(const struct run *r)
{
    const struct counters *c = &r->replay.counters;
    struct json_object *o = json_object_new_object();

    for (size_t k = 0; k < c->n; k++) {
        const struct comp_kind *kind = c->comp[k].comp->kind;
        struct json_object *of;

        if (!counters_there(c, k))
            continue;
        of = json_object_new_object();
        for (size_t i = 0; i < kind->stats; i++)
            json_put(of, kind->stat[i].name, counters_value(c, k, i));
        json_object_object_add(o, c->comp[k].path, of);
    }
    return o;
}

static struct json_object *json_log(const struct run *r)
{
    const struct expect *e = &r->replay.expect;
    struct json_object *o = json_object_new_object(), *dev = json_object_new_object();

    for (unsigned k = 0; k < EXPECT_KINDS_N; k++) {
        struct json_object *of;

        if (!e->compared[k])
            continue;
        of = json_object_new_object();
        json_put(of, "compared", e->compared[k]);
        json_put(of, "agree", e->agreed[k]);
        json_object_object_add(o, expect_kind_name[k], of);
    }
    for (unsigned i = 0; i < e->deviations; i++)
        json_put(dev, r->src.string(r->src.from, e->deviation[i].name), e->deviation[i].differ);
    json_object_object_add(o, "deviations", dev);
    return o;
}

int run_print_json(const struct run *r, FILE *to)
{
    const struct replay *rp = &r->replay;
    struct json_object *o = json_object_new_object();
    const char *text;

    json_put_text(o, "input", run_input(r));
    json_put_text(o, "sha256", r->sha256);
    json_put_text(o, "profile", r->profile.name);
    json_put_text(o, "arch", profile_arch_name(r->profile.arch));
    if (r->db)
        json_put(o, "run", (uint64_t)r->id);
    json_put_text(o, "status", rp->stopped ? "interrupted" : run_failed(r) ? "mismatch" : "done");
    json_put(o, "requests", rp->st.requests);
    json_put(o, "translated", translated(rp));
    json_put(o, "bypassed", rp->outcome[XL_BYPASS]);
    json_put(o, "aborted", rp->outcome[XL_ABORT] + given_up(rp));
    json_put(o, "faulted", rp->outcome[XL_FAULT]);
    json_put(o, "interrupts", rp->outcome[XL_INTERRUPT]);
    json_put(o, "razwi", rp->outcome[XL_RAZWI]);
    json_put(o, "stalled", rp->outcome[XL_STALL]);
    json_object_object_add(o, "faults", json_faults(r));
    json_object_object_add(o, "counters", json_counters(r));
    json_object_object_add(o, "log", json_log(r));
    json_put(o, "mismatches", run_mismatches(r));
    json_put(o, "stale", r->stales);
    if (r->sys->timed)
        json_put(o, "kernel_events", sim_events(r->sys->timed->sim));
    json_object_object_add(o, "wall_s", json_object_new_double(r->wall_s));
    text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text)
        fprintf(to, "%s\n", text);
    json_object_put(o);
    return text ? 0 : SIM_EENV;
}
