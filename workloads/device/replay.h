/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.h - drives a system with the records of a trace or of a generator.
 *
 * In go registers, tables, commands and accesses, in the order of the records; out come the system's own
 * counters, how each stream's requests fell into classes, faults, the comparison with what the source saw
 * (expect.h), a time series and, if asked for, reuse distances.  Raw records are used when they are of the
 * system's architecture; otherwise the intent records go through the host software (host/host.h), raw
 * records and expectations are left out.  Records that are nonsense to the unit are counted and passed
 * over: guest input never stops the simulator.
 *
 * In timed mode (replay_timed.c) accesses are under way side by side and the same comes out when they
 * complete, with their latencies by cause.
 *
 * In functional mode time is the trace's, counted from its first record; a trace that knows only the order (TRACE_F_ORDER_ONLY)
 * counts records.  Nothing is allocated per record but for faults and intervals, both bounded.
 */
#ifndef WORKLOADS_DEVICE_REPLAY_H
#define WORKLOADS_DEVICE_REPLAY_H
#include "system/system.h"
#include "traces/trace.h"
#include "workloads/device/arrival.h"
#include "workloads/device/counters.h"
#include "workloads/device/expect.h"
#include "workloads/device/latency.h"
#include "workloads/device/read_ahead.h"
#include "workloads/device/reuse.h"
#include "workloads/host/host.h"

#define REPLAY_PARAMS(P)                                                                             \
    P(choice, arrival, 0, 0, REPLAY_ARRIVALS - 1, ARRIVAL_WORDS,                                      \
      "timed: the next request when the previous one has completed; when fewer than `outstanding` are under way; at the trace's times; as fast as the link takes them.  auto: serial under a profile that imitates the trace's source, else closed") \
    P(u64, outstanding, 0, 0, 65536, "1", "closed: requests of a link under way at a time; 0: as many as it has tags and credits") \
    P(u64, think_ps, 0, 0, 1000000000000, "ps", "serial, closed: from when a request may start until it does") \
    P(u64, scale, 100, 1, 1000000, "%", "open: the trace's times are stretched by this")              \
    P(u64, packet, 1, 1, REPLAY_PACKET_MAX, "1",                                                       \
      "timed: so many accesses after each other are one packet of a device; open: all at the first one's time") \
    P(u64, depth, 0, 0, 65536, "1",                                                                    \
      "open: a packet that comes when so many accesses of its link are under way is dropped; 0: none is") \
    P(u64, read_bytes, 64, 1, 1048576, "B", "length of an access of which the trace does not say")     \
    P(u64, speculative, 0, 0, 100, "%",                                                               \
      "reads after which their device reads ahead, marked as speculative; by an SMMUv3 alone")        \
    P(u64, speculative_bytes, 4096, 1, 1ull << 40, "B", "how far ahead that is")                      \
    P(u64, interval, 0, 0, 0x10000000000, "requests",                                                \
      "length of an interval of the time series; 0: a 200th of the trace, at least 1000")            \
    P(flag, causes, 1, 0, 1, "flag", "timed: latencies are kept by stream, class and cause")

#define REPLAY_STATS(S)                                                                              \
    S(requests,   "1", "accesses made")                                                              \
    S(commands,   "1", "raw commands given to the unit")                                             \
    S(dropped,    "1", "commands left out on purpose")                                               \
    S(tables,     "1", "records of table writes")                                                    \
    S(registers,  "1", "register writes")                                                            \
    S(intents,    "1", "attach, detach, map, unmap and flush carried out by the host software")      \
    S(refused,    "1", "records that the unit or the host software could not carry out")             \
    S(not_used,   "1", "records of the other kind: raw ones of another architecture, or intent beside raw") \
    S(packets,    "1", "timed: packets that came; counted if they are of several accesses or there is a queue")          \
    S(packets_dropped, "1", "of these, such as found the device's queue full")                       \
    S(packets_missed,  "1", "packets with an access whose translation the first lookups did not have") \
    S(speculative,      "1", "reads ahead that were put in, among the requests")                      \
    S(speculative_used, "1", "of these, such as whose 4 KB page their stream has accessed afterwards")

extern const char *const replay_arrival_name[];

struct replay_params { PARAM_FIELDS(REPLAY_PARAMS) };
struct replay_stats { STAT_FIELDS(REPLAY_STATS) };
extern const struct comp_kind replay_kind;

/* Where records come from. */
struct replay_source {
    void *from;
    int (*next)(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n);
    const char *(*string)(void *from, uint32_t id);
    int (*rewind)(void *from);         /* to the first record; NULL: cannot */
    const char *name;                  /* for messages */
    const struct trace_header *head;
    const struct trace_stream *streams;
    uint32_t n_streams;
    uint64_t first_time, accesses;     /* accesses: in all, for the length of intervals */
};
void replay_source_trace(struct replay_source *s, struct trace_reader *r, const char *name);

struct replay_options {
    struct replay_params par;
    bool imitated;                     /* the profile is of the trace's source                    */
    enum expect_level expect;          /* what is compared with the source's log                  */
    const struct host_params *host;    /* NULL: defaults                                          */
    uint64_t repeat;                   /* times that the source is gone through; 0 is 1           */
    uint64_t warmup;                   /* requests left out of the statistics                     */
    uint64_t seed;                     /* of which reads are read ahead of                        */
    bool reuse;
    const uint64_t *drop;              /* [drops]: invalidation commands left out, counted from 0 */
    size_t drops;
    struct flow *told;                 /* where the flow of the told request is left; may be NULL */
    const volatile int *stop;          /* set from outside: ends at the next chunk; may be NULL   */
    void (*progress)(void *arg, uint64_t requests);
    void *progress_arg;
};

enum { REPLAY_FAULTS_MAX = 100000, REPLAY_CODES = 256, REPLAY_OUTCOMES = 16 };
enum { REPLAY_EVENT_WORDS = 4, REPLAY_KINDS = 4, REPLAY_FLAGS = 256 };     /* kinds of records that are accesses; flags */

struct replay_fault {
    uint64_t t_ps, iova;
    uint32_t stream;                   /* StreamID or source-id */
    uint32_t substream;
    bool has_substream, write;
    struct xl_result res;
};

struct replay_timed;

struct replay {
    struct comp comp;                  /* "replay" */
    struct replay_params par;
    struct replay_stats st;
    struct comp host_comp;             /* "host", if there is one */
    struct host host;
    bool has_host;

    struct system *sys;
    struct replay_source src;
    struct replay_source trace;        /* what src reads from, if devices read ahead */
    struct read_ahead *ahead;          /* NULL: they do not */
    struct replay_options opt;
    struct counters counters;          /* of the system, the host and the replay */
    struct expect expect;
    bool expects;                      /* expectations are of this architecture */
    struct reuse reuse;
    struct replay_timed *timed;        /* NULL in functional mode: replay_timed.c           */
    enum replay_arrival arrival;
    struct replay_series {             /* timed: requests from number `first` on            */
        uint64_t first, t_ps;          /* t_ps: when that one was at the unit               */
        uint64_t requests, latency_ps; /* completed; their latencies together               */
    } *series;                         /* [n_series]                                        */
    size_t n_series, series_room;
    struct latency latency;            /* timed: by stream, class and cause                 */

    uint32_t *hot;                     /* [n_streams * (1 + classes)]: each stream's StreamID and its
                                        * requests by class since they were last added to count    */
    uint64_t *count;                   /* [n_streams * classes]: requests by stream and class      */
    uint64_t folded;                   /* requests that are in count, or were warm-up              */
    unsigned classes;
    uint64_t outcome[REPLAY_OUTCOMES]; /* by enum xl_outcome */
    uint64_t fault_code[REPLAY_CODES];
    struct replay_fault *fault;        /* [faults], the first REPLAY_FAULTS_MAX */
    size_t faults, faults_room;

    struct system_watch watch;         /* functional: records and ends of stalled accesses */
    uint64_t (*events)[REPLAY_EVENT_WORDS];        /* [n_events] that the host has not answered */
    size_t n_events, events_room;
    int watch_err;

    uint64_t warmup_left, interval;
    uint64_t next_event, planned;      /* requests after which something is done; or the series goes on */
    uint64_t records;                  /* so far */
    uint64_t rounds;                   /* times that the source has come to its end */
    uint64_t round_ps;                 /* trace's time at which this round began */
    uint64_t invalidations;            /* raw invalidation commands so far */
    uint64_t end_ps, start_ps;         /* of the last record; of the statistics */
    bool stopped;                      /* opt.stop was set */
    struct xl_req form[REPLAY_KINDS][REPLAY_FLAGS];    /* a request but for its addresses */
    struct xl_result res;              /* of the last access */
    struct system_trail trail;
};

/* sys and src are borrowed.  0 or SIM_EENV.  To be destroyed in any case. */
int  replay_init(struct replay *rp, struct system *sys, const struct replay_source *src,
                 const struct replay_options *opt);
void replay_destroy(struct replay *rp);

/* Replays to the end of the source.  0; or the source's error, its diagnosis with the source; or
 * SIM_EINPUT and SIM_EENV with a message in d. */
int replay_run(struct replay *rp, struct diag *d);

static inline uint32_t replay_sid(const struct replay *rp, uint32_t s)
{
    return rp->hot[(size_t)s * (1 + rp->classes)];
}

/* Statistics of stream number s, class c; of a run that has ended. */
static inline uint64_t replay_count(const struct replay *rp, uint32_t s, unsigned c)
{
    return rp->count[(size_t)s * rp->classes + c];
}

#endif
