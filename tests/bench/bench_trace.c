/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record costs: written, read (decompression, decoding, the call), and in bytes on disk.
 */
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "traces/trace.h"
#include "workloads/device/zipf.h"

enum { RECORDS = 2000000, PAGES = 200000, LEN = 64 };

struct workload {
    const char *name;
    unsigned streams;
    unsigned zipf_of_256;                 /* share of accesses that are Zipf(0.9) over PAGES      */
    unsigned random_of_256;               /* share that are uniform over PAGES                    */
    unsigned jitter;                      /* time steps are 1 .. jitter                           */
    bool shuffled;                        /* streams in random order, not in turn                 */
};

static const struct workload workloads[] = {
    { "stream_1",         1,    0,   0,   1, false },
    { "stream_1024",      1024, 0,   0,   1, false },
    { "stream_1024_any",  1024, 0,   0,   1, true },
    { "random",           16,   0,   256, 1, false },
    { "zipf",             16,   256, 0,   1, false },
    { "mix",              16,   128, 0,   1, false },
    { "mix_jitter",       16,   128, 0,   64, true },
};

struct bench {
    const struct workload *load;
    char path[64];
    struct zipf zipf;                     /* 0.9 over PAGES                                       */
    struct trace_info info;
};

static uint64_t address(struct bench *b, struct rng *g, unsigned stream, uint64_t *next)
{
    unsigned die = (unsigned)rng_below(g, 256);
    uint64_t line = rng_below(g, 64) * 64, addr;

    if (die < b->load->zipf_of_256)
        return 0x40000000 + zipf_draw(&b->zipf, g) * 4096ull + line;
    if (die < b->load->zipf_of_256 + b->load->random_of_256)
        return 0x40000000 + rng_below(g, PAGES) * 4096 + line;
    addr = next[stream];
    next[stream] += LEN;
    return addr;
}

static void write_trace(void *arg, uint64_t n)
{
    const struct trace_header head = { .time_unit_ps = 1000, .source = "bench" };
    struct bench *b = arg;
    struct rng g;
    struct trace_writer *w = trace_writer_open(b->path, &head, 3, NULL);
    uint64_t *next = calloc(b->load->streams, sizeof *next), time = 0;

    rng_init(&g, 1, b->load->name);
    for (unsigned i = 0; i < b->load->streams; i++) {
        trace_writer_stream(w, 0x100 + i, NULL);
        next[i] = (uint64_t)i << 24;
    }
    for (uint64_t i = 0; i < n; i++) {
        unsigned stream = (unsigned)(b->load->shuffled ? rng_below(&g, b->load->streams)
                                                       : i % b->load->streams);
        struct rec r = { .time = time, .stream = stream, .len = LEN, .kind = REC_READ };

        r.addr = address(b, &g, stream, next);
        time += 1 + rng_below(&g, b->load->jitter);
        trace_write(w, &r, NULL);
    }
    trace_writer_close(w);
    free(next);
}

static void read_trace(void *arg, uint64_t n)
{
    struct bench *b = arg;
    struct trace_reader *r = trace_open(b->path, NULL);
    const struct rec *rec;
    const struct rec_ext *ext;
    uint64_t sum = 0;
    size_t got;

    while (trace_next(r, &rec, &ext, &got) == 0 && got)
        for (size_t i = 0; i < got; i++)
            sum += rec[i].addr ^ rec[i].time;
    BENCH_USE(sum);
    b->info = *trace_info(r);
    if (trace_position(r) != n)
        abort();
    trace_close(r);
}

static void measure(struct bench *b, const struct workload *load)
{
    char name[64];
    uint64_t t0 = bench_clock_ns();

    b->load = load;
    write_trace(b, RECORDS);
    snprintf(name, sizeof name, "trace.write.%s", load->name);
    bench_ns(name, (double)(bench_clock_ns() - t0) / RECORDS);
    snprintf(name, sizeof name, "trace.read.%s", load->name);
    bench_ns(name, bench_best(read_trace, b, RECORDS));
    snprintf(name, sizeof name, "trace.size.%s", load->name);
    bench_put(name, (double)b->info.bytes / RECORDS, "B/record");
}

int main(void)
{
    char dir[] = "/tmp/bench_trace.XXXXXX";
    struct bench b = { .load = NULL };

    if (zipf_init(&b.zipf, PAGES, 900000) || !mkdtemp(dir))
        return 2;
    snprintf(b.path, sizeof b.path, "%s/t.trc", dir);
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        measure(&b, &workloads[i]);
    unlink(b.path);
    rmdir(dir);
    zipf_destroy(&b.zipf);
    return 0;
}
