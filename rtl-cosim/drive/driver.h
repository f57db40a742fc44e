/* SPDX-License-Identifier: Apache-2.0
 *
 * driver.h - clocks one L3 design through the records of a trace or of a generator, with all that is around it:
 *            memory behind its port, a driver with its queues, devices; and has the scoreboard judge what it does.
 *
 * Records are those of traces/record.h.  Raw ones of an SMMUv3 are carried out as they are; else intent records go
 * through the host software (workloads/host), whose words, commands and registers the driver then carries out, in
 * their order and in the design's time.  Commands go into a ring in memory, and a SYNC is waited for; the event
 * queue is drained; both are where the trace's registers say, or in places of the driver's own.  Identification
 * registers of a trace are not replayed, nor are expectations compared: the design is judged by the architecture.
 *
 * Orders: `serial`, one thing after the other has ended; `race`, up to `outstanding` requests beside each other and
 * beside software, which is one processor, with nothing begun before what stands before it in the trace has been;
 * `overlap`, the same, but what could take a page from a request under way waits for that, as drivers do; `timed` is
 * race, and nothing begins before the cycle that is its record's time.
 *
 * A run is determined by design, records, parameters and seed.
 */
#ifndef RTL_COSIM_DRIVER_H
#define RTL_COSIM_DRIVER_H
#include "rtl-cosim/dut.h"
#include "rtl-cosim/judge/scoreboard.h"
#include "rtl-cosim/timing/latency.h"
#include "workloads/device/replay.h"

#define DRIVER_PARAMS(P)                                                                             \
    P(choice, order, 1, 0, 3, "serial|overlap|race|timed", "in which records are carried out")       \
    P(u64, outstanding,  16, 1, 4096, "1", "requests under way at a time")                           \
    P(u64, id_bits,      16, 4, 16, "1", "width of request ids")                                     \
    P(u64, latency_min,  20, 1, 65536, "cycles", "of memory, from a read's address to its first data: at least") \
    P(u64, latency_max,  20, 1, 65536, "cycles", "and at most: drawn from a hash of address and occurrence")     \
    P(choice, sample,     0, 0, 1, "data|address", "when a read looks at memory: as it answers, or as it is asked") \
    P(u64, gap,           0, 0, 65536, "cycles", "from one request to the next, at least")           \
    P(u64, req_idle,      0, 0, 99, "%", "cycles in which no request is offered that could be")      \
    P(u64, rsp_stall,     0, 0, 99, "%", "cycles in which no answer is taken")                       \
    P(u64, down_stall,    0, 0, 99, "%", "cycles in which nothing is taken downstream")              \
    P(u64, ar_stall,      0, 0, 99, "%", "cycles in which memory takes no read")                     \
    P(u64, aw_stall,      0, 0, 99, "%", "cycles in which it takes no write")                        \
    P(u64, r_stall,       0, 0, 99, "%", "cycles in which it returns no data")                       \
    P(u64, stall_cycles,  1, 1, 65536, "cycles", "length of each such stall")                        \
    P(u64, cmdq_log2,     6, 1, 19, "1", "log2 of the command queue's entries, where no trace says") \
    P(u64, eventq_log2,   7, 1, 19, "1", "log2 of the event queue's")                                \
    P(u64, queue_base, 0x7ffff00000, 0, 0xffffffffff000, "bytes", "memory for both, where no trace says") \
    P(u64, poll,          8, 1, 65536, "cycles", "from one look of software at an index register to the next") \
    P(u64, event_poll,   32, 1, 16777216, "cycles", "from one look at the event queue to the next")  \
    P(u64, hang,          0, 0, 1000000000, "cycles", "without progress until it counts as a hang; 0: as memory and outstanding need") \
    P(u64, max_requests,  0, 0, UINT64_MAX, "1", "after so many the rest is left out; 0: all")       \
    P(u64, max_verdicts, 20, 1, 1000000, "1", "after so many the run ends")                          \
    P(flag, keep,         0, 0, 1, "flag", "answers and reads are kept, for a comparison with another design's")

#define DRIVER_STATS(S)                                                                              \
    S(cycles,     "cycles", "clocks of the design")                                                  \
    S(requests,   "1", "requests answered")                                                          \
    S(ok,         "1", "of these, such as went out")                                                 \
    S(faults,     "1", "such as ended in a fault or abort")                                          \
    S(old,        "1", "such as an old value explains that no invalidation had to remove")           \
    S(commands,   "1", "commands given")                                                             \
    S(syncs,      "1", "of these, SYNCs that have completed")                                        \
    S(registers,  "1", "register writes")                                                            \
    S(tables,     "1", "words written to tables")                                                    \
    S(intents,    "1", "intents carried out by the host software")                                   \
    S(refused,    "1", "records that nothing could be made of")                                      \
    S(not_used,   "1", "records of another kind or architecture")                                    \
    S(events,     "1", "event records taken")                                                        \
    S(reads,      "1", "reads of memory")                                                            \
    S(beats,      "1", "words read")                                                                 \
    S(writes,     "1", "writes to memory")                                                           \
    S(sync_cycles, "cycles", "from a SYNC's doorbell to its end, as software sees it, together")

struct driver_params { PARAM_FIELDS(DRIVER_PARAMS) };
struct driver_stats { STAT_FIELDS(DRIVER_STATS) };
extern const struct comp_kind driver_kind;

struct driver_options {
    struct driver_params par;
    uint64_t seed;
    const struct system_config *config;    /* of the SMMUv3 that the design claims to be; borrowed   */
    const struct host_params *host;        /* NULL: defaults                                          */
    const char *wave;                      /* a waveform of cycles wave_from..wave_to; NULL: none     */
    uint64_t wave_from, wave_to;
    const char *coverage;                  /* where the design writes its coverage; NULL: nowhere     */
    const volatile int *stop;              /* set from outside: ends soon; may be NULL                */
    uint64_t moment_of;                    /* driver_moment is when this request is answered, its number + 1;
                                              0: when the first verdict falls                         */
    /* Called after each clock with what went in and came out; may be NULL. */
    void (*watch)(void *arg, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out);
    void *watch_arg;
};

struct driver_answer {                     /* of request number i */
    struct cosim_rsp rsp;
    uint64_t issued, done, record;
    bool     raced, answered;
};
struct driver_read {
    uint64_t request, addr;                /* request: how many had been issued                       */
    uint32_t beats;
    bool     queue;                        /* of the command queue                                    */
};

struct driver;

void driver_defaults(struct driver_params *par);

/* NULL: d says why. */
struct driver *driver_new(const struct cosim_dut_ops *ops, const struct driver_options *opt, struct diag *d);
void driver_free(struct driver *d);

/* To the end of the source, and until the design is idle.  0: what was found is below, right or wrong.  SIM_EINPUT,
 * SIM_EENV: the source's errors, or no memory. */
int driver_run(struct driver *d, const struct replay_source *src, struct diag *diag);

const struct verdicts *driver_verdicts(const struct driver *d);
const struct driver_stats *driver_stats(const struct driver *d);
const struct cosim_latency *driver_latency(const struct driver *d);
const struct scoreboard *driver_scoreboard(const struct driver *d);
/* With params.keep: [n]. */
const struct driver_answer *driver_answers(const struct driver *d, size_t *n);
const struct driver_read *driver_reads(const struct driver *d, size_t *n);

/* The state of the design and of the driver, line by line: for reports.  What is under way and what is read, software,
 * and what the design says of itself. */
void driver_describe(const struct driver *d, void (*line)(void *arg, const char *text), void *arg);

/* As it was at the end of the cycle of the first verdict, or in which request `moment_of` was answered: what
 * driver_describe said, what had happened (scoreboard_history of that request's stream), and what the tables said of the
 * request (scoreboard_walk); each line ended.  NULL: there was no such moment. */
struct driver_moment { uint64_t cycle; bool of_stream; struct xl_req req; char *state, *history, *walk; };
const struct driver_moment *driver_moment(const struct driver *d);

/* Holds one run against the model's over the same records: answers of requests that raced on neither side, and, if
 * `reads`, the reads that belong to each request.  Differences are verdicts of kind ANSWER and READS, added to v. */
void driver_compare(const struct driver *found, const struct driver *model, bool reads, struct verdicts *v);

#endif
