/* SPDX-License-Identifier: Apache-2.0
 *
 * What a user reads of a co-simulation: figures, then the first difference with what led to it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "cli/json.h"

/* ---- text ---------------------------------------------------------------------------------------- */

/* The order's word, as its parameter has it. */
static const char *order(const struct cosim *c, char *word, size_t n)
{
    for (size_t i = 0; i < driver_kind.params; i++)
        if (!strcmp(driver_kind.param[i].name, "order"))
            param_format(&driver_kind.param[i], c->par.order, word, n);
    return word;
}

static void print_rounds(const struct cosim *c, FILE *to)
{
    if (c->opt.rounds > 1)
        fprintf(to, "%-10s %" PRIu64 " of %" PRIu64 " accesses, seeds %" PRIu64 "..%" PRIu64 "%s; of the last one is what stands above\n",
                "rounds", c->round, c->opt.random, c->opt.seed, c->seed,
                c->opt.choice == DIRECT_DIRECTED ? ", directed to what was not met" : "");
}

static void print_head(const struct cosim *c, FILE *to)
{
    const struct driver_stats *s = &c->stats[0];
    char word[32] = "";

    fprintf(to, "%-10s %s: %s\n", "design", c->ops->name, c->ops->about);
    fprintf(to, "%-10s %s, profile %s, %s, %" PRIu64 " outstanding, memory %" PRIu64 "..%" PRIu64
            " cycles, seed %" PRIu64 "\n", "driven by", c->opt.trace ? c->opt.trace : "random records",
            c->profile.name, order(c, word, sizeof word), c->par.outstanding, c->par.latency_min, c->par.latency_max,
            c->opt.seed);
    print_rounds(c, to);
    if (c->opt.db)
        fprintf(to, "%-10s %s, run %" PRId64 "\n", "database", c->opt.db, c->id);
    fprintf(to, "%-10s %" PRIu64 " in %" PRIu64 " cycles: %" PRIu64 " went out, %" PRIu64 " ended in faults or aborts, %"
            PRIu64 " by an old value still allowed\n", "requests", s->requests, s->cycles, s->ok, s->faults, s->old);
    fprintf(to, "%-10s %" PRIu64 " commands, %" PRIu64 " SYNCs, %" PRIu64 " registers, %" PRIu64 " table words, %" PRIu64
            " event records\n", "software", s->commands, s->syncs, s->registers, s->tables, s->events);
    if (s->intents || s->refused || s->not_used)
        fprintf(to, "%-10s %" PRIu64 " intents carried out, %" PRIu64 " refused, %" PRIu64 " records not used\n", "records",
                s->intents, s->refused, s->not_used);
    fprintf(to, "%-10s %" PRIu64 " reads of %" PRIu64 " words, %" PRIu64 " writes; %.0f cycles/s\n", "memory", s->reads,
            s->beats, s->writes, c->wall_s > 0 ? (double)s->cycles / c->wall_s : 0);
}

static void print_latency(const struct cosim *c, FILE *to)
{
    fprintf(to, "\n%-12s %9s %9s %7s %7s %7s", "latency", "requests", "mean", "p50", "p99", "max");
    fprintf(to, c->model ? "   %9s %9s %7s %7s\n" : "\n", "model", "mean", "p50", "p99");
    for (unsigned k = 0; k < COSIM_CLASSES_N; k++) {
        struct cosim_summary s, m = { .n = 0 };

        cosim_latency_summary(&c->latency[0], k, &s);
        if (c->model)
            cosim_latency_summary(&c->latency[1], k, &m);
        if (!s.n && !m.n)
            continue;
        fprintf(to, "%-12s %9" PRIu64 " %9.1f %7" PRIu64 " %7" PRIu64 " %7" PRIu64, cosim_class_name[k], s.n, s.mean,
                s.p50, s.p99, s.max);
        if (c->model)
            fprintf(to, "   %9" PRIu64 " %9.1f %7" PRIu64 " %7" PRIu64, m.n, m.mean, m.p50, m.p99);
        fputc('\n', to);
    }
}

/* Of a moment's text. */
static void each_line(const char *text, void (*line)(void *arg, const char *line, int length), void *arg)
{
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        line(arg, text, (int)n);
    }
}

static void print_line(void *arg, const char *line, int length) { fprintf(arg, "  %.*s\n", length, line); }

static void print_lines(const char *text, FILE *to) { each_line(text, print_line, to); }

static void print_moment(const struct driver_moment *m, const char *who, FILE *to)
{
    if (!m)
        return;
    fprintf(to, "%s then, in cycle %" PRIu64 ":\n", who, m->cycle);
    print_lines(m->state, to);
}

static void print_first(const struct cosim *c, FILE *to)
{
    const struct driver_moment *m = driver_moment(c->design);
    const struct verdict *v = cosim_first(c);

    fprintf(to, "\n%s: ", verdict_name[v->kind]);
    if (v->request != NO_REQUEST)
        fprintf(to, "request %" PRId64 ", ", v->request);
    fprintf(to, "cycle %" PRIu64 ", record %" PRIu64 "\n  expected  %s\n  found     %s\n", v->cycle, v->record, v->expected,
            v->found);
    if (m && m->of_stream) {
        fprintf(to, "what the tables say of %s 0x%" PRIx64 " by stream %" PRIu32 " then:\n", m->req.exec ? "a fetch of" :
                m->req.write ? "a write to" : "a read of", m->req.addr, m->req.sid);
        print_lines(m->walk, to);
    }
    if (m && m->of_stream)
        fprintf(to, "what stream %" PRIu32 " and software did last:\n", m->req.sid);
    else if (m)
        fputs("what software did last:\n", to);
    if (m)
        print_lines(m->history, to);
    print_moment(m, "the design", to);
    print_moment(c->model ? driver_moment(c->model) : NULL, "the model", to);
}

static void print_verdicts(const struct cosim *c, FILE *to)
{
    const struct verdicts *of = driver_verdicts(c->design);

    if (!cosim_verdicts(c)) {
        fprintf(to, "\n%-10s 0 wrong%s\n", "checks", c->model ? ", and no difference from the model" : "");
        return;
    }
    print_first(c, to);
    fprintf(to, "\n%-10s", "checks");
    for (unsigned k = 0; k < VERDICT_KINDS; k++)
        if (of->of[k] + c->differ.of[k])
            fprintf(to, " %" PRIu64 " %s", of->of[k] + c->differ.of[k], verdict_name[k]);
    fprintf(to, "\n%-10s %s", "again", c->command);
    if (c->opt.rounds > 1)
        fprintf(to, " --rounds 1 --seed %" PRIu64 "%s", c->seed, c->levers);
    fputc('\n', to);
}

void cosim_report(const struct cosim *c, FILE *to)
{
    print_head(c, to);
    print_latency(c, to);
    cosim_cover_print(&c->coverage, to);
    print_verdicts(c, to);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static struct json_object *json_latency(const struct cosim_latency *l)
{
    struct json_object *o = json_object_new_object();

    for (unsigned k = 0; k < COSIM_CLASSES_N; k++) {
        struct json_object *of;
        struct cosim_summary s;

        cosim_latency_summary(l, k, &s);
        if (!s.n)
            continue;
        of = json_object_new_object();
        json_put(of, "requests", s.n);
        json_object_object_add(of, "mean", json_object_new_double(s.mean));
        json_object_object_add(of, "sd", json_object_new_double(s.sd));
        json_put(of, "p50", s.p50);
        json_put(of, "p95", s.p95);
        json_put(of, "p99", s.p99);
        json_put(of, "min", s.min);
        json_put(of, "max", s.max);
        json_object_object_add(o, cosim_class_name[k], of);
    }
    return o;
}

static struct json_object *json_verdict(const struct verdict *v)
{
    struct json_object *o = json_object_new_object();

    json_put_text(o, "kind", verdict_name[v->kind]);
    if (v->request != NO_REQUEST)
        json_object_object_add(o, "request", json_object_new_int64(v->request));
    json_put(o, "record", v->record);
    json_put(o, "cycle", v->cycle);
    json_put_text(o, "expected", v->expected);
    json_put_text(o, "found", v->found);
    return o;
}

static void json_line(void *arg, const char *line, int length)
{
    json_object_array_add(arg, json_object_new_string_len(line, length));
}

static struct json_object *json_lines(const char *text)
{
    struct json_object *list = json_object_new_array();

    each_line(text, json_line, list);
    return list;
}

static struct json_object *json_first(const struct cosim *c, const struct verdict *v)
{
    const struct driver_moment *m = driver_moment(c->design), *model = c->model ? driver_moment(c->model) : NULL;
    struct json_object *o = json_verdict(v);

    if (m && m->of_stream)
        json_put(o, "stream", m->req.sid);
    if (m && m->of_stream)
        json_object_object_add(o, "walk", json_lines(m->walk));
    if (m)
        json_object_object_add(o, "history", json_lines(m->history));
    if (m)
        json_object_object_add(o, "state", json_lines(m->state));
    if (model)
        json_object_object_add(o, "model_state", json_lines(model->state));
    return o;
}

static struct json_object *json_counts(const struct cosim *c)
{
    const struct verdicts *of = driver_verdicts(c->design);
    struct json_object *o = json_object_new_object();

    for (unsigned k = 0; k < VERDICT_KINDS; k++)
        if (of->of[k] + c->differ.of[k])
            json_put(o, verdict_name[k], of->of[k] + c->differ.of[k]);
    return o;
}

int cosim_report_json(const struct cosim *c, FILE *to)
{
    const uint64_t *stat = (const uint64_t *)&c->stats[0];
    struct json_object *o = json_object_new_object(), *bins = json_object_new_object();
    const struct verdict *first = cosim_first(c);
    char name[COVER_NAME];
    const char *text;

    json_put_text(o, "dut", c->ops->name);
    json_put_text(o, "command", c->command);
    for (size_t i = 0; i < driver_kind.stats; i++)
        json_put(o, driver_kind.stat[i].name, stat[i]);
    json_object_object_add(o, "latency", json_latency(&c->latency[0]));
    if (c->model)
        json_object_object_add(o, "model", json_latency(&c->latency[1]));
    for (unsigned b = 0; b < COVER_BINS; b++)
        if (cover_name(b, name))
            json_put(bins, name, c->cover.hits[b]);
    json_object_object_add(o, "bins", bins);
    json_object_object_add(o, "coverage", cosim_cover_json(&c->coverage));
    if (c->opt.rounds > 1) {
        json_put(o, "rounds", c->round);
        json_put(o, "last_seed", c->seed);
        json_put_text(o, "last_set", c->levers);
    }
    json_put(o, "wrong", cosim_verdicts(c));
    json_object_object_add(o, "verdicts", json_counts(c));
    if (first)
        json_object_object_add(o, "first", json_first(c, first));
    json_object_object_add(o, "wall_s", json_object_new_double(c->wall_s));
    text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text)
        fprintf(to, "%s\n", text);
    json_object_put(o);
    return text ? 0 : SIM_EENV;
}
