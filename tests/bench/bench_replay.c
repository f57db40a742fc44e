/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_replay.c - what a user waits for: iommusim run on profile server-smmu, functional, from the
 * compressed trace, with a database, as a process of its own from its start to its end.
 *
 *   half_half      half streaming, half Zipf 0.9 over 200k pages
 *   streams        eight devices that stream
 *   streams_1024   1024 streams; .vs_streams_1 is the time of one of their translations over that
 *                  of a single stream's, the configuration cache large enough for all
 *   bytes          of the trace of half_half, per record
 *   rss            the largest resident set of all runs
 *
 * `--full` replays half_half with 200 million records: memory does not grow with the trace.  The
 * traces are made from the scenarios in the tree, with their seeds.
 */
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

extern char **environ;

enum { PATH = 512, ROUNDS = 5, ARGS = 16, FULL_RECORDS = 200 };
enum { RECORDS = 8000000 };

struct bench {
    char program[PATH];        /* iommusim beside this program */
    char dir[PATH];
    double rss_mb;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_replay: %s failed\n", what);
    exit(2);
}

/* Runs the program; its wall time in ns.  Its summary is not shown. */
static double spawn_program(struct bench *b, char *const *argv)
{
    posix_spawn_file_actions_t quiet;
    struct rusage use;
    uint64_t start = bench_clock_ns();
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1 /* O_WRONLY */, 0);
    if (posix_spawn(&pid, b->program, &quiet, NULL, argv, environ))
        die(b->program);
    posix_spawn_file_actions_destroy(&quiet);
    if (wait4(pid, &status, 0, &use) != pid || status != 0)
        die(argv[1]);
    if ((double)use.ru_maxrss / 1024 > b->rss_mb && strcmp(argv[1], "run") == 0)
        b->rss_mb = (double)use.ru_maxrss / 1024;
    return (double)(bench_clock_ns() - start);
}

static void in_dir(const struct bench *b, const char *name, const char *suffix, char *path)
{
    if (snprintf(path, PATH, "%s/%s%s", b->dir, name, suffix) >= PATH)
        die("mkdtemp");
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

/* The best of `rounds` runs, in ns; `set` is a parameter or NULL. */
static double replay(struct bench *b, const char *scenario, char *set, int rounds)
{
    char trc[PATH], db[PATH];
    char *argv[ARGS] = { b->program, "run", "--profile", "server-smmu", "--trace", trc, "--db", db,
                         set ? "--set" : NULL, set };
    double best = 0;

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
    char set[] = "smmu.tcu.cfg.sets=512";
    uint64_t n = RECORDS / 2;          /* as many as they go before one reaches another's pages */
    double one, many;

    generate(b, "streams-1", n);
    one = replay(b, "streams-1", set, ROUNDS);
    discard(b, "streams-1");
    generate(b, "streams-1024", n);
    many = replay(b, "streams-1024", set, ROUNDS);
    discard(b, "streams-1024");
    bench_rate("replay.streams_1", (double)n, one);
    bench_rate("replay.streams_1024", (double)n, many);
    bench_put("replay.streams_1024.vs_streams_1", many / one, "x");
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
    if (argc > 1 && strcmp(argv[1], "--full") == 0) {
        full(&b);
    } else {
        half_half(&b);
        streams(&b);
        many_streams(&b);
    }
    bench_put("replay.rss", b.rss_mb, "MB");
    rmdir(b.dir);
    return 0;
}
