/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_replay.c - what a user waits for: iommusim run on profile server-smmu (where said, server-vtd-scalable) from the
 * compressed trace, with a database, as a process of its own from its start to its end.
 *
 * Functional:
 *   half_half      half streaming, half Zipf 0.9 over 200k pages
 *   streams        eight devices that stream
 *   streams_1024   1024 streams; .vs_streams_1 is the time of one of their translations over that
 *                  of a single stream's, the configuration cache large enough for all
 *   bytes          of the trace of half_half, per record
 *   rss            the largest resident set of all runs
 *
 * Timed, with causes and percentiles by stream and class:
 *
 *   timed.hits, timed.half_half, timed.streams_1, timed.streams_1024   as above
 *   timed.nested_1024   1024 streams of one virtual machine, both stages
 *   timed.capture   the bundled capture of a Linux guest, looped; with `--full` to 20 million requests
 *   .events         kernel events a request
 *   .hit_rate       of the first TLB, in %
 *   vtd.hits, vtd.half_half, timed.vtd.hits, timed.vtd.server_nested_1024   on profile server-vtd-scalable
 *   timed.vtd.nested_1024   on workloads/scenarios/both/vtd.yaml, whose TLB misses less
 *   .causes, .series, .wave   of timed.hits: time with latencies by cause, with the time series, with a
 *                   waveform of all signals, over the time without
 *
 * `--full` replays half_half with 200 million records, too: memory does not grow with the trace.  The
 * traces are made from the scenarios in the tree, with their seeds.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

extern char **environ;

enum { PATH = 512, ROUNDS = 5, ARGS = 24, FULL_RECORDS = 200, TEXT = 1 << 20 };
enum { RECORDS = 8000000, TIMED_RECORDS = 4000000, WAVE_RECORDS = 200000, LOOP_REQUESTS = 7592 };

struct bench {
    char program[PATH];        /* iommusim beside this program */
    char dir[PATH];
    double rss_mb;
    const char *mode;          /* of replay */
    const char *how, *profile; /* --profile or --config, and which */
    const char *first_tlb;     /* of that profile */
    char text[TEXT];           /* the last run's summary as JSON */
};

static void die(const char *what)
{
    fprintf(stderr, "bench_replay: %s failed\n", what);
    exit(2);
}

static void in_dir(const struct bench *b, const char *name, const char *suffix, char *path)
{
    if (snprintf(path, PATH, "%s/%s%s", b->dir, name, suffix) >= PATH)
        die("mkdtemp");
}

static void read_summary(struct bench *b, const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(b->text, 1, TEXT - 1, f) : 0;

    b->text[n] = 0;
    if (f)
        fclose(f);
    remove(path);
}

/* The number behind a key, at or behind `from`; 0 if it is not there. */
static double number_of(const char *from, const char *key)
{
    char quoted[64];
    const char *at;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = from ? strstr(from, quoted) : NULL;
    return at ? strtod(at + strlen(quoted), NULL) : 0;
}

/* Runs the program; its wall time in ns.  Its summary goes to b->text. */
static double spawn_program(struct bench *b, char *const *argv)
{
    posix_spawn_file_actions_t quiet;
    struct rusage use;
    uint64_t start = bench_clock_ns();
    int status;
    char path[PATH];
    double ns;
    pid_t pid;

    in_dir(b, "summary", ".json", path);
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (posix_spawn(&pid, b->program, &quiet, NULL, argv, environ))
        die(b->program);
    posix_spawn_file_actions_destroy(&quiet);
    if (wait4(pid, &status, 0, &use) != pid || status != 0)
        die(argv[1]);
    if ((double)use.ru_maxrss / 1024 > b->rss_mb && strcmp(argv[1], "run") == 0)
        b->rss_mb = (double)use.ru_maxrss / 1024;
    ns = (double)(bench_clock_ns() - start);
    read_summary(b, path);
    return ns;
}

static void generate(struct bench *b, const char *scenario, uint64_t records)
{
    char yaml[PATH], trc[PATH], number[32];
    char *argv[] = { b->program, "gen", yaml, "-o", trc, "--accesses", number, NULL };

    snprintf(yaml, sizeof yaml, "%s/workloads/scenarios/%s.yaml", SOURCE_DIR, scenario);
    in_dir(b, scenario, ".trc", trc);
    snprintf(number, sizeof number, "%llu", (unsigned long long)records);
    spawn_program(b, argv);
}

static double bytes_per_record(const struct bench *b, const char *scenario, uint64_t records)
{
    struct stat st;
    char trc[PATH];

    in_dir(b, scenario, ".trc", trc);
    if (stat(trc, &st))
        die(trc);
    return (double)st.st_size / (double)records;
}

static void discard(const struct bench *b, const char *scenario)
{
    char path[PATH];

    in_dir(b, scenario, ".trc", path);
    remove(path);
    in_dir(b, scenario, ".db", path);
    remove(path);
}

/* The best of `rounds` runs, in ns; `more` are further arguments, NULL at their end. */
static double replay(struct bench *b, const char *scenario, char *const *more, int rounds)
{
    char trc[PATH], db[PATH], mode[16], how[16], profile[PATH];
    char *argv[ARGS] = { b->program, "run", how, profile, "--trace", trc, "--db", db,
                         "--json", "--mode", mode };
    double best = 0;

    for (int i = 0; more && more[i]; i++)
        argv[11 + i] = more[i];
    snprintf(mode, sizeof mode, "%s", b->mode);
    snprintf(how, sizeof how, "%s", b->how);
    snprintf(profile, sizeof profile, "%s", b->profile);
    in_dir(b, scenario, ".trc", trc);
    in_dir(b, scenario, ".db", db);
    for (int i = 0; i < rounds; i++) {
        double ns = spawn_program(b, argv);

        remove(db);
        if (i == 0 || ns < best)
            best = ns;
    }
    return best;
}

static void half_half(struct bench *b)
{
    generate(b, "half-half", RECORDS);
    bench_rate("replay.half_half", RECORDS, replay(b, "half-half", NULL, ROUNDS));
    bench_put("replay.half_half.bytes", bytes_per_record(b, "half-half", RECORDS), "B/record");
    discard(b, "half-half");
}

static void streams(struct bench *b)
{
    generate(b, "streaming", RECORDS);
    bench_rate("replay.streams", RECORDS, replay(b, "streaming", NULL, ROUNDS));
    discard(b, "streaming");
}

static void many_streams(struct bench *b)
{
    char *const set[] = { "--set", "smmu.tcu.cfg.sets=512", NULL };
    uint64_t n = RECORDS / 2;          /* as many as they go before one reaches another's pages */
    const char *timed = strcmp(b->mode, "timed") == 0 ? "timed." : "";
    char name[64];
    double one, many;

    generate(b, "streams-1", n);
    one = replay(b, "streams-1", set, ROUNDS);
    discard(b, "streams-1");
    generate(b, "streams-1024", n);
    many = replay(b, "streams-1024", set, ROUNDS);
    discard(b, "streams-1024");
    snprintf(name, sizeof name, "replay.%sstreams_1", timed);
    bench_rate(name, (double)n, one);
    snprintf(name, sizeof name, "replay.%sstreams_1024", timed);
    bench_rate(name, (double)n, many);
    snprintf(name, sizeof name, "replay.%sstreams_1024.vs_streams_1", timed);
    bench_put(name, many / one, "x");
}

/* ---- timed ---- */

static void put_timed(const struct bench *b, const char *name, double requests, double ns)
{
    const char *tlb = strstr(b->text, b->first_tlb);
    char text[64];

    snprintf(text, sizeof text, "replay.timed.%s", name);
    bench_rate(text, requests, ns);
    snprintf(text, sizeof text, "replay.timed.%s.events", name);
    bench_put(text, number_of(b->text, "kernel_events") / requests, "1");
    snprintf(text, sizeof text, "replay.timed.%s.hit_rate", name);
    bench_put(text, 100 * number_of(tlb, "hits") / number_of(tlb, "lookups"), "%");
}

static void scenario(struct bench *b, const char *name, const char *file)
{
    generate(b, file, TIMED_RECORDS);
    put_timed(b, name, TIMED_RECORDS, replay(b, file, NULL, ROUNDS));
    discard(b, file);
}

/* What a way of looking costs: the time with it over that without. */
static void cost(struct bench *b, const char *name, const char *file, char *const *with,
                 char *const *without)
{
    char text[64];
    double on = replay(b, file, with, ROUNDS), off = replay(b, file, without, ROUNDS);

    snprintf(text, sizeof text, "replay.timed.hits.%s.on_over_off", name);
    bench_put(text, on / off, "x");
}

static void costs(struct bench *b)
{
    char fst[PATH], gtkw[PATH];
    char *const no_causes[] = { "--set", "replay.causes=no", NULL };
    char *const no_series[] = { "--set", "replay.interval=1000000000", NULL };
    char *const wave[] = { "--wave", fst, NULL };

    generate(b, "hits", TIMED_RECORDS);
    cost(b, "causes", "hits", NULL, no_causes);
    cost(b, "series", "hits", NULL, no_series);
    discard(b, "hits");
    in_dir(b, "hits", ".fst", fst);
    in_dir(b, "hits", ".gtkw", gtkw);
    generate(b, "hits", WAVE_RECORDS);
    cost(b, "wave", "hits", wave, NULL);
    remove(fst);
    remove(gtkw);
    discard(b, "hits");
}

static void nested(struct bench *b)
{
    char *const set[] = { "--set", "smmu.tcu.cfg.sets=512", NULL };

    generate(b, "nested-1024", TIMED_RECORDS);
    put_timed(b, "nested_1024", TIMED_RECORDS, replay(b, "nested-1024", set, ROUNDS));
    discard(b, "nested-1024");
}

static void capture(struct bench *b, uint64_t rounds)
{
    static const char *const part[] = { ".qemu.log.zst", ".ftrace.txt.zst" };
    char in[2][PATH], out[PATH], times[32];
    char *const import[] = { b->program, "import", "--quiet", in[0], in[1], "-o", out, NULL };
    char *const repeat[] = { "--repeat", times, NULL };

    for (int i = 0; i < 2; i++)
        snprintf(in[i], PATH, "%s/traces/samples/smmuv3-nvme-strict-cut%s", SOURCE_DIR, part[i]);
    in_dir(b, "capture", ".trc", out);
    spawn_program(b, import);
    snprintf(times, sizeof times, "%llu", (unsigned long long)rounds);
    put_timed(b, "capture", (double)(rounds * LOOP_REQUESTS), replay(b, "capture", repeat, 3));
    discard(b, "capture");
}

/* ---- VT-d ---- */

static void on_smmu(struct bench *b)
{
    b->how = "--profile";
    b->profile = "server-smmu";
    b->first_tlb = "\"smmu.tbu.utlb\":";
}

static void on_vtd(struct bench *b)
{
    b->how = "--profile";
    b->profile = "server-vtd-scalable";
    b->first_tlb = "\"vtd.iotlb\":";
}

static void on_plain_vtd(struct bench *b)
{
    b->how = "--config";
    b->profile = SOURCE_DIR "/workloads/scenarios/both/vtd.yaml";
}

static void vtd(struct bench *b)
{
    on_vtd(b);
    generate(b, "hits", RECORDS);
    bench_rate("replay.vtd.hits", RECORDS, replay(b, "hits", NULL, ROUNDS));
    discard(b, "hits");
    generate(b, "half-half", RECORDS);
    bench_rate("replay.vtd.half_half", RECORDS, replay(b, "half-half", NULL, ROUNDS));
    discard(b, "half-half");
    on_smmu(b);
}

/* As many contexts and PASID entries as there are devices. */
static void timed_vtd(struct bench *b)
{
    char *const set[] = { "--set", "vtd.cc.sets=16", "--set", "vtd.pc.sets=16", "--set", "replay.arrival=closed", NULL };

    on_vtd(b);
    scenario(b, "vtd.hits", "hits");
    generate(b, "nested-1024", TIMED_RECORDS);
    put_timed(b, "vtd.server_nested_1024", TIMED_RECORDS, replay(b, "nested-1024", set, ROUNDS));
    on_plain_vtd(b);
    put_timed(b, "vtd.nested_1024", TIMED_RECORDS, replay(b, "nested-1024", set, ROUNDS));
    discard(b, "nested-1024");
    on_smmu(b);
}

/* ---- all of it ---- */

static void timed(struct bench *b, bool whole)
{
    b->mode = "timed";
    scenario(b, "hits", "hits");
    scenario(b, "half_half", "half-half");
    many_streams(b);
    nested(b);
    capture(b, whole ? 20000000 / LOOP_REQUESTS + 1 : 100);
    timed_vtd(b);
    costs(b);
}

static void full(struct bench *b)
{
    uint64_t n = FULL_RECORDS * 1000000ull;

    generate(b, "half-half", n);
    bench_rate("replay.full.half_half", (double)n, replay(b, "half-half", NULL, 1));
    bench_put("replay.full.half_half.bytes", bytes_per_record(b, "half-half", n), "B/record");
    discard(b, "half-half");
}

static void find_program(struct bench *b)
{
    ssize_t n = readlink("/proc/self/exe", b->program, sizeof b->program - 16);

    if (n < 0)
        die("readlink");
    b->program[n] = 0;
    strcpy(strrchr(b->program, '/') + 1, "iommusim");
}

int main(int argc, char **argv)
{
    static struct bench b;
    const char *tmp = getenv("TMPDIR");

    find_program(&b);
    snprintf(b.dir, sizeof b.dir, "%s/bench_replay.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(b.dir))
        die("mkdtemp");
    b.mode = "functional";
    on_smmu(&b);
    if (argc > 1 && strcmp(argv[1], "--full") == 0) {
        full(&b);
        timed(&b, true);
    } else if (argc > 1 && strcmp(argv[1], "--timed") == 0) {
        timed(&b, false);
    } else {
        half_half(&b);
        streams(&b);
        many_streams(&b);
        vtd(&b);
        timed(&b, false);
    }
    bench_put("replay.rss", b.rss_mb, "MB");
    rmdir(b.dir);
    return 0;
}
