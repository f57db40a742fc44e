/* SPDX-License-Identifier: Apache-2.0
 *
 * Waveforms: what fst2vcd (package gtkwave) reads back is what the signals were, at every time; what is
 * chosen by a glob; what GTKWave's save file names; and what is said when nothing can be written.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "kernel/chan.h"
#include "kernel/resource.h"
#include "kernel/wave.h"
#include "suite.h"

enum { PERIOD_PS = 1000, ITEMS = 40, NAME = 200, SIGNALS = 32 };

/* ---- a design: items come at odd times, are worked at with a port, and go ---- */

struct unit {
    struct comp  comp;
    struct chan *in;
    struct chan  out;
    struct proc  work;
    struct res_use use;
    struct resource *port;
    uint64_t     addr;
    bool         busy;
};

struct design {
    struct sim  *sim;
    struct clock clk;
    struct comp  top;
    struct chan  feed;
    struct resource port;
    struct unit  unit[2];
    struct proc  feeder, sink;
    struct rng   rng;
    uint64_t     item, taken, n;
    struct diag  diag;
};

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };
static const struct comp_kind unit_kind = { "unit", NULL, 0, NULL, 0 };
static const struct comp_port unit_ports[] = { COMP_PORT(struct unit, in) };
static const struct comp_signal unit_signals[] = {
    COMP_SIGNAL(struct unit, busy, 1),
    COMP_SIGNAL(struct unit, addr, 48),
};
static const struct comp_face unit_face = { unit_ports, ARRAY_LEN(unit_ports), unit_signals,
                                            ARRAY_LEN(unit_signals) };

static enum proc_state work(struct proc *p)
{
    struct unit *u = CONTAINER_OF(p, struct unit, work);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, u->in, &u->addr);
        u->busy = true;
        PROC_RESERVE(p, u->port, &u->use, 0, 2 * PERIOD_PS);
        PROC_DELAY(p, 3);
        u->busy = false;
        PROC_PUT(p, &u->out, &u->addr);
    }
    PROC_END(p);
}

static enum proc_state feed(struct proc *p)
{
    struct design *d = CONTAINER_OF(p, struct design, feeder);

    PROC_BEGIN(p);
    for (; d->n; d->n--) {
        d->item = rng_u64(&d->rng);
        PROC_PUT(p, &d->feed, &d->item);
        PROC_UNTIL(p, proc_now(p) + rng_below(&d->rng, 9000));
    }
    PROC_END(p);
}

static enum proc_state sink(struct proc *p)
{
    struct design *d = CONTAINER_OF(p, struct design, sink);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, &d->unit[1].out, &d->taken);
        PROC_DELAY(p, 7);
    }
    PROC_END(p);
}

static void unit_init(struct unit *u, struct design *d, const char *name, struct chan *in)
{
    static const struct chan_params out = { .slots = 2, .delay_ps = 1500 };

    *u = (struct unit){ .in = in, .port = &d->port };
    comp_init(&u->comp, &unit_kind, &d->top, name, NULL, NULL);
    u->comp.face = &unit_face;
    CHECK_EQ(chan_init(&u->out, &u->comp, "out", &out, sizeof(uint64_t)), 0);
    proc_init(&u->work, &u->comp, "work", work);
    proc_start(&u->work);
}

static void design_up(struct design *d, uint64_t items)
{
    static const struct chan_params feed_par = { .slots = 4, .delay_ps = 500 };

    memset(d, 0, sizeof *d);
    d->sim = sim_new();
    d->n = items;
    rng_init(&d->rng, 1, "wave");
    comp_init(&d->top, &top_kind, NULL, "top", NULL, NULL);
    clock_init(&d->clk, d->sim, &d->top, "clk", PERIOD_PS);
    comp_clock(&d->top, &d->clk);
    CHECK_EQ(chan_init(&d->feed, &d->top, "feed", &feed_par, sizeof(uint64_t)), 0);
    CHECK_EQ(res_init(&d->port, &d->top, "port", &(struct res_params){ .units = 1 }), 0);
    unit_init(&d->unit[0], d, "first", &d->feed);
    unit_init(&d->unit[1], d, "second", &d->unit[0].out);
    proc_init(&d->feeder, &d->top, "feeder", feed);
    proc_init(&d->sink, &d->top, "sink", sink);
    proc_start(&d->feeder);
    proc_start(&d->sink);
    CHECK_EQ(sim_elaborate(d->sim, &d->top, NULL), 0);
    diag_init(&d->diag);
}

static void design_down(struct design *d)
{
    diag_destroy(&d->diag);
    chan_destroy(&d->unit[0].out);
    chan_destroy(&d->unit[1].out);
    chan_destroy(&d->feed);
    res_destroy(&d->port);
    sim_free(d->sim);
}

/* ---- a directory for the files ---- */

struct place {
    char dir[64], fst[NAME], gtkw[NAME], hier[NAME];
};

static void place_up(struct place *p)
{
    strcpy(p->dir, "/tmp/test_wave.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    snprintf(p->fst, sizeof p->fst, "%s/run.fst", p->dir);
    snprintf(p->gtkw, sizeof p->gtkw, "%s/run.gtkw", p->dir);
    snprintf(p->hier, sizeof p->hier, "%s/run.fst.hier", p->dir);
}

/* Nothing else is left. */
static void place_down(struct place *p)
{
    unlink(p->fst);
    unlink(p->gtkw);
    CHECK_EQ(rmdir(p->dir), 0);
}

static struct wave *open_wave(struct design *d, const char *path, const char *glob)
{
    const struct comp *root = &d->top;

    return wave_open(d->sim, &root, 1, path, glob, &d->diag);
}

static const char *text(const struct design *d)
{
    return d->diag.kept ? d->diag.msg[0].text : "";
}

#ifdef WAVE_FST

/* ---- reading back ---- */

struct vcd {
    FILE    *from;
    unsigned n;
    char     name[SIGNALS][NAME];      /* "top.first.addr[47:0]" */
    char     id[SIGNALS][8];
    uint64_t value[SIGNALS];
    uint64_t t_ps, next_ps;            /* values are those at t_ps; UINT64_MAX: no more */
    unsigned changes;
};

static bool have_reader(void)
{
    if (system("command -v fst2vcd >/dev/null") == 0)
        return true;
    fputs("\nskipped: fst2vcd is missing, of the package gtkwave\n", stderr);
    return false;
}

static void vcd_header(struct vcd *v)
{
    char line[NAME], scope[NAME] = "", word[NAME], id[8], bits[16], *dot;

    while (fgets(line, sizeof line, v->from) && !strstr(line, "$enddefinitions")) {
        if (sscanf(line, " $scope module %199s", word) == 1) {
            strcat(scope, word);
            strcat(scope, ".");
        } else if (strstr(line, "$upscope")) {
            scope[strlen(scope) - 1] = '\0';
            dot = strrchr(scope, '.');
            *(dot ? dot + 1 : scope) = '\0';
        } else if (sscanf(line, " $var wire %*u %7s %199s %15s", id, word, bits) == 3) {
            CU_ASSERT_FATAL(v->n < SIGNALS);
            strcpy(v->id[v->n], id);
            snprintf(v->name[v->n++], NAME, "%.80s%.80s%s", scope, word, bits[0] == '[' ? bits : "");
        }
    }
}

static void vcd_open(struct vcd *v, const char *path)
{
    char command[NAME * 2], line[NAME];

    memset(v, 0, sizeof *v);
    snprintf(command, sizeof command, "fst2vcd %s", path);
    v->from = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(v->from);
    vcd_header(v);
    v->next_ps = UINT64_MAX;
    while (v->next_ps == UINT64_MAX && fgets(line, sizeof line, v->from))
        sscanf(line, "#%" SCNu64, &v->next_ps);
}

static void vcd_close(struct vcd *v)
{
    CHECK_EQ(pclose(v->from), 0);
}

static void vcd_change(struct vcd *v, const char *line)
{
    const char *id = line[0] == 'b' ? strchr(line, ' ') + 1 : line + 1;
    uint64_t value = strtoull(line[0] == 'b' ? line + 1 : (char[]){ line[0], '\0' }, NULL, 2);

    for (unsigned i = 0; i < v->n; i++)
        if (strncmp(v->id[i], id, strcspn(id, "\n")) == 0 && v->id[i][strcspn(id, "\n")] == '\0') {
            v->value[i] = value;
            v->changes++;
        }
}

/* Reads on until the values are those at t_ps. */
static void vcd_to(struct vcd *v, uint64_t t_ps)
{
    char line[NAME];

    while (v->next_ps <= t_ps) {
        v->t_ps = v->next_ps;
        v->next_ps = UINT64_MAX;
        while (fgets(line, sizeof line, v->from)) {
            if (sscanf(line, "#%" SCNu64, &v->next_ps) == 1)
                break;
            if (strchr("01b", line[0]))
                vcd_change(v, line);
        }
    }
}

/* The value now of a signal whose name begins so; names that are not there fail. */
static uint64_t vcd_value(const struct vcd *v, const char *name)
{
    for (unsigned i = 0; i < v->n; i++)
        if (strncmp(v->name[i], name, strlen(name)) == 0)
            return v->value[i];
    fprintf(stderr, "\nno signal %s\n", name);
    CU_ASSERT(false);
    return UINT64_MAX;
}

/* ---- what was written ---- */

/* One item, put at 0: worked at from 500 to 3500, under way until 5000, worked at until 8000, taken at
 * 9500.  At t - 1 a value is the old one, at t the new one. */
static void values_change_at_their_times(void)
{
    static const struct { uint64_t t_ps; const char *name; uint64_t value; } expected[] = {
        {    0, "top.feed.count", 1 },       {    0, "top.first.busy", 0 },
        {  499, "top.first.busy", 0 },       {  499, "top.feed.count", 1 },
        {  500, "top.first.busy", 1 },       {  500, "top.feed.count", 0 },
        {  500, "top.port.busy", 1 },        { 3499, "top.first.busy", 1 },
        { 3500, "top.first.busy", 0 },       { 3500, "top.first.out.count", 1 },
        { 3500, "top.port.busy", 0 },        { 4999, "top.second.busy", 0 },
        { 4999, "top.first.out.count", 1 },  { 5000, "top.second.busy", 1 },
        { 5000, "top.first.out.count", 0 },  { 7999, "top.second.busy", 1 },
        { 8000, "top.second.busy", 0 },      { 8000, "top.second.out.count", 1 },
        { 9499, "top.second.out.count", 1 }, { 9500, "top.second.out.count", 0 },
    };
    struct place place;
    struct design d;
    struct wave *w;
    struct vcd v;

    if (!have_reader())
        return;
    place_up(&place);
    design_up(&d, 1);
    w = open_wave(&d, place.fst, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    sim_run(d.sim);
    CHECK_EQ(wave_close(w, &d.diag), 0);
    vcd_open(&v, place.fst);
    CHECK_EQ(v.n, 9);
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++) {
        vcd_to(&v, expected[i].t_ps);
        if (vcd_value(&v, expected[i].name) != expected[i].value)
            fprintf(stderr, "\n%s at %" PRIu64 " ps\n", expected[i].name, expected[i].t_ps);
        CHECK_EQ(vcd_value(&v, expected[i].name), expected[i].value);
    }
    CHECK_EQ(vcd_value(&v, "top.first.addr[47:0]"), d.item & 0xffffffffffff);
    vcd_close(&v);
    design_down(&d);
    place_down(&place);
}

static void check_all(struct vcd *v, const struct comp *c, const char *path)
{
    char name[NAME];

    for (size_t i = 0; c->face && i < c->face->signals; i++) {
        snprintf(name, sizeof name, "%s.%s", path, c->face->signal[i].name);
        if (vcd_value(v, name) != comp_signal_value(c, &c->face->signal[i]))
            fprintf(stderr, "\n%s at %" PRIu64 " ps\n", name, v->t_ps);
        CHECK_EQ(vcd_value(v, name), comp_signal_value(c, &c->face->signal[i]));
    }
}

static void check_comp(const struct comp *c, const char *path, void *arg)
{
    check_all(arg, c, path);
}

/* A run of many items; the same run again without a waveform, from event to event. */
static void every_signal_is_at_every_time_what_it_was(void)
{
    struct place place;
    struct design d;
    struct vcd v;
    struct wave *w;
    unsigned times = 0;

    if (!have_reader())
        return;
    place_up(&place);
    design_up(&d, ITEMS);
    w = open_wave(&d, place.fst, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    sim_run(d.sim);
    CHECK_EQ(wave_close(w, &d.diag), 0);
    design_down(&d);

    design_up(&d, ITEMS);
    vcd_open(&v, place.fst);
    for (; sim_next_ps(d.sim) != UINT64_MAX; times++) {
        sim_run_to(d.sim, sim_next_ps(d.sim));
        vcd_to(&v, sim_now(d.sim));
        comp_walk(&d.top, check_comp, &v);
    }
    CU_ASSERT(times > 5 * ITEMS);
    CU_ASSERT(v.changes < 3 * times);          /* of 9 signals: only what changed was written */
    vcd_close(&v);
    design_down(&d);
    place_down(&place);
}

static void equal_runs_give_equal_files(void)
{
    char command[NAME * 3], other[NAME + 8];
    struct place place;

    place_up(&place);
    snprintf(other, sizeof other, "%s.other", place.fst);
    for (int i = 0; i < 2; i++) {
        struct design d;
        struct wave *w;

        design_up(&d, ITEMS);
        w = open_wave(&d, place.fst, NULL);
        sim_run(d.sim);
        CHECK_EQ(wave_close(w, &d.diag), 0);
        design_down(&d);
        if (i == 0)
            CHECK_EQ(rename(place.fst, other), 0);
    }
    snprintf(command, sizeof command, "cmp %s %s", place.fst, other);
    CHECK_EQ(system(command), 0);
    unlink(other);
    place_down(&place);
}

/* What is put from outside between two runs is of the time at which it was put. */
static void what_is_done_between_two_runs_shows(void)
{
    struct place place;
    struct design d;
    struct wave *w;
    struct vcd v;

    if (!have_reader())
        return;
    place_up(&place);
    design_up(&d, 0);
    w = open_wave(&d, place.fst, "top.feed.*");
    sim_run_to(d.sim, 700);
    CU_ASSERT(chan_put(&d.feed, &d.item));
    sim_run_to(d.sim, 20000);
    CU_ASSERT(chan_put(&d.feed, &d.item));
    CHECK_EQ(wave_close(w, &d.diag), 0);
    vcd_open(&v, place.fst);
    vcd_to(&v, 699);
    CHECK_EQ(vcd_value(&v, "top.feed.count"), 0);
    vcd_to(&v, 700);
    CHECK_EQ(vcd_value(&v, "top.feed.count"), 1);
    vcd_to(&v, 1200);
    CHECK_EQ(vcd_value(&v, "top.feed.count"), 0);
    vcd_to(&v, 20000);
    CHECK_EQ(vcd_value(&v, "top.feed.count"), 1);
    CHECK_EQ(v.t_ps, 20000);
    vcd_close(&v);
    design_down(&d);
    place_down(&place);
}

static unsigned signals_of(const char *glob, const char *one_of_them)
{
    struct place place;
    struct design d;
    struct wave *w;
    struct vcd v;

    place_up(&place);
    design_up(&d, 3);
    w = open_wave(&d, place.fst, glob);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    sim_run(d.sim);
    CHECK_EQ(wave_close(w, &d.diag), 0);
    vcd_open(&v, place.fst);
    vcd_value(&v, one_of_them);
    vcd_close(&v);
    design_down(&d);
    place_down(&place);
    return v.n;
}

static void glob_chooses_by_full_path(void)
{
    if (!have_reader())
        return;
    CHECK_EQ(signals_of("top.first.*", "top.first.out.count[31:0]"), 3);
    CHECK_EQ(signals_of("*.busy", "top.second.busy"), 3);
    CHECK_EQ(signals_of("top.second.addr", "top.second.addr[47:0]"), 1);
    CHECK_EQ(signals_of("*", "top.port.asking[15:0]"), 9);
}

/* ---- the save file ---- */

/* Every signal once, by the name that it has in the FST file; as many groups begun as ended. */
static void save_file_names_every_signal_that_there_is(void)
{
    char line[2 * NAME], name[NAME];
    unsigned named = 0, begun = 0, ended = 0;
    struct place place;
    struct design d;
    struct wave *w;
    struct vcd v;
    FILE *f;

    if (!have_reader())
        return;
    place_up(&place);
    design_up(&d, 1);
    w = open_wave(&d, place.fst, NULL);
    sim_run(d.sim);
    CHECK_EQ(wave_close(w, &d.diag), 0);
    vcd_open(&v, place.fst);
    f = fopen(place.gtkw, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (fgets(line, sizeof line, f)) {
        begun += strcmp(line, "@800200\n") == 0;
        ended += strcmp(line, "@1000200\n") == 0;
        if (sscanf(line, "+{%*[^}]} %199s", name) != 1)
            continue;
        named++;
        vcd_value(&v, name);
    }
    fclose(f);
    CHECK_EQ(named, v.n);
    CHECK_EQ(begun, 3);                        /* top, top.first, top.second */
    CHECK_EQ(ended, begun);
    vcd_close(&v);
    design_down(&d);
    place_down(&place);
}

/* GTKWave's zoom is the logarithm of the time of 200 pixels; the window has 1100 for the waves. */
static void save_file_shows_the_whole_run(void)
{
    static const uint64_t end_ps[] = { 1000, 20000, 290001, 1000000007, 1ull << 50 };
    double zoom, shown_ps;
    struct place place;
    struct design d;
    struct wave *w;
    FILE *f;

    for (unsigned i = 0; i < ARRAY_LEN(end_ps); i++) {
        place_up(&place);
        design_up(&d, 1);
        w = open_wave(&d, place.fst, NULL);
        sim_run_to(d.sim, end_ps[i]);
        CHECK_EQ(wave_close(w, &d.diag), 0);
        f = fopen(place.gtkw, "r");
        CHECK_EQ(fscanf(f, "*-%lf -1\n", &zoom), 1);
        fclose(f);
        shown_ps = exp2(zoom) * 1100 / 200;
        CU_ASSERT(shown_ps >= (double)end_ps[i] && shown_ps <= (double)end_ps[i] * 1.1);
        design_down(&d);
        place_down(&place);
    }
}

/* ---- errors ---- */

static void no_file_of(const char *glob, const char *expected)
{
    struct place place;
    struct design d;

    place_up(&place);
    design_up(&d, 1);
    CU_ASSERT_PTR_NULL(open_wave(&d, place.fst, glob));
    CHECK_STR(text(&d), expected);
    sim_run(d.sim);
    design_down(&d);
    place_down(&place);
}

static void glob_that_matches_nothing_names_the_nearest_component(void)
{
    no_file_of("top.frist.*", "no signal matches \"top.frist.*\"; the nearest component is top.first,"
                              " with busy, addr");
    no_file_of("top.first.adr", "no signal matches \"top.first.adr\"; the nearest component is"
                                " top.first, with busy, addr");
    no_file_of("top.feed.x.y.z", "no signal matches \"top.feed.x.y.z\"; the nearest component is"
                                 " top.feed, with count");
    no_file_of("nothing", "no signal matches \"nothing\"; the nearest component is top");
}

static void unwritable_paths_are_named(void)
{
    struct place place;
    struct design d;
    struct stat st;

    place_up(&place);
    design_up(&d, 1);
    CU_ASSERT_PTR_NULL(open_wave(&d, "/tmp/no/such/run.fst", NULL));
    CHECK_STR(text(&d), "cannot be written: No such file or directory");
    CU_ASSERT_PTR_NULL(open_wave(&d, place.dir, NULL));
    CHECK_STR(d.diag.msg[1].text, "cannot be written: Is a directory");
    CU_ASSERT_PTR_NULL(open_wave(&d, "/dev/null", NULL));
    CHECK_STR(d.diag.msg[2].text, "not a regular file");
    CU_ASSERT(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK_EQ(mkdir(place.gtkw, 0777), 0);      /* the save file's place is taken */
    CU_ASSERT_PTR_NULL(open_wave(&d, place.fst, NULL));
    CHECK_STR(d.diag.msg[3].text, "cannot be written: Is a directory");
    CHECK_EQ(access(place.fst, F_OK), -1);
    rmdir(place.gtkw);
    design_down(&d);
    place_down(&place);
}

/* Without room for more, the waveform ends where that was, and says so; up to there it is right. */
static void full_disk_leaves_a_readable_file(void)
{
    struct rlimit usual, tight;
    struct place place;
    struct design d;
    struct wave *w;
    struct vcd v;
    uint64_t end;

    if (!have_reader())
        return;
    place_up(&place);
    design_up(&d, 100000);
    getrlimit(RLIMIT_FSIZE, &usual);
    tight = usual;
    tight.rlim_cur = 5000000;
    setrlimit(RLIMIT_FSIZE, &tight);
    w = open_wave(&d, place.fst, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    sim_run(d.sim);
    CHECK_EQ(wave_close(w, &d.diag), SIM_EENV);
    setrlimit(RLIMIT_FSIZE, &usual);
    CHECK_EQ(sscanf(text(&d), "no room: ends at %" SCNu64 " ps: File too large", &end), 1);
    CU_ASSERT(end > 0 && end < sim_now(d.sim));
    CHECK_EQ(access(place.hier, F_OK), -1);
    design_down(&d);

    design_up(&d, 100000);
    vcd_open(&v, place.fst);
    sim_run_to(d.sim, end);
    vcd_to(&v, end);
    CHECK_EQ(v.t_ps, end);
    CHECK_EQ(v.next_ps, UINT64_MAX);
    comp_walk(&d.top, check_comp, &v);
    vcd_close(&v);
    design_down(&d);
    place_down(&place);
}

static void no_room_at_all_leaves_no_file(void)
{
    struct rlimit usual, tight;
    struct place place;
    struct design d;

    place_up(&place);
    design_up(&d, 1);
    getrlimit(RLIMIT_FSIZE, &usual);
    tight = usual;
    tight.rlim_cur = 1000000;
    setrlimit(RLIMIT_FSIZE, &tight);
    CU_ASSERT_PTR_NULL(open_wave(&d, place.fst, NULL));
    setrlimit(RLIMIT_FSIZE, &usual);
    CHECK_STR(text(&d), "no room for a waveform: File too large");
    design_down(&d);
    place_down(&place);
}

#define TESTS(T)                                                                                   \
    T(values_change_at_their_times)                                                                \
    T(every_signal_is_at_every_time_what_it_was)                                                   \
    T(equal_runs_give_equal_files)                                                                 \
    T(what_is_done_between_two_runs_shows)                                                         \
    T(glob_chooses_by_full_path)                                                                   \
    T(save_file_names_every_signal_that_there_is)                                                  \
    T(save_file_shows_the_whole_run)                                                               \
    T(glob_that_matches_nothing_names_the_nearest_component)                                       \
    T(unwritable_paths_are_named)                                                                  \
    T(full_disk_leaves_a_readable_file)                                                            \
    T(no_room_at_all_leaves_no_file)

#else

static void without_the_writer_its_packages_are_named(void)
{
    struct place place;
    struct design d;

    place_up(&place);
    design_up(&d, 1);
    CU_ASSERT_PTR_NULL(open_wave(&d, place.fst, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(text(&d), "verilator and zlib1g-dev"));
    CHECK_EQ(sim_run(d.sim), SIM_END_IDLE);
    CHECK_EQ(wave_close(NULL, &d.diag), 0);
    design_down(&d);
    place_down(&place);
}

#define TESTS(T) T(without_the_writer_its_packages_are_named)

#endif

TEST_SUITE("wave", TESTS)
