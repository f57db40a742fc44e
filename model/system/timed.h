/* SPDX-License-Identifier: Apache-2.0
 *
 * timed.h - the half of a system in which time passes, the same for both architectures.
 *
 * Around the stores and machines of the functional system stand the things that take time: the devices'
 * links, a front for each TBU (one for VT-d) with lookup ports and translation slots, the link to the
 * TCU, its slots, walk slots, memory, the command queue and the event queue.  A request is a struct flow:
 * a process that goes this way
 *
 *     device link -> front: lookups -> slot -> link -> TCU: slot, the machine's questions one by one
 *                    (lookups through ports, reads through memory, walks in a walk slot) -> link -> fill
 *                 -> data access -> device link
 *
 * and charges each wait to a cause.  What the architecture adds is a struct timed_ops: which structure a
 * question goes to, and what its answer is.  Answers are looked up when the time has come for them.
 *
 * A transaction that stalls (SMMUv3) gives its slots back when it has a place in the buffer for such, and waits
 * there for software's answer: it goes the whole way again, or ends.  Software may sync before it answers; so
 * a sync waits neither for stalled transactions nor for those that they hold up: what waits for a slot while
 * one is in front of the full buffer with its slots, and writes that are behind such in the order of their
 * stream, which look again when their turn comes.
 *
 * A configuration that is not cached is fetched by one of as many fetchers as there are (smmu.tcu.fetch), who have
 * the addresses of its parts translated, where that is needed, by walks of their own.  Without such a limit that is
 * part of the transaction's own walk.
 *
 * Requests for a page that is being walked for the same stream wait for that walk and look again.  A walk
 * that an invalidation has overtaken keeps nothing that the invalidation had to remove.
 *
 * A flow's own time may run ahead of the simulation's by lookups, whose time is known: a port that is free
 * is booked for then, and what is there is looked at at once.  Where it has to wait, time is the simulation's.
 *
 * Flows that are due at one time are served in the order of their numbers, oldest first.  Nothing is
 * allocated while time runs; a miss keeps its machine in the frame of its translation slot.
 */
#ifndef SYSTEM_TIMED_H
#define SYSTEM_TIMED_H
#include "hw/cause.h"
#include "hw/cmdq.h"
#include "hw/dlink.h"
#include "hw/evtq.h"
#include "hw/gate.h"
#include "hw/memory.h"
#include "hw/port.h"
#include "hw/shares.h"
#include "hw/slots.h"
#include "kernel/event.h"
#include "system/system.h"

#define TIMED_PARAMS(P)                                                                            \
    P(flag, off,   0, 0, 1, "flag", "requests go past the unit untranslated: for comparison")      \
    P(flag, merge, 1, 0, 1, "flag", "a miss waits for a walk of its stream's page that is under way") \
    P(u64,  walk_overhead, 0, 0, 100000, "cycles", "fixed cost of a walk, in its walk slot")       \
    P(u64,  fetch_overhead, 0, 0, 100000, "cycles", "fixed cost of fetching a configuration")      \
    P(u64,  fetch_answer, 0, 0, 100000, "cycles", "of one that was found, in its fetcher")          \
    P(u64,  decode, 0, 0, 100000, "cycles", "of each structure of a configuration that is read, before what comes next") \
    P(u64,  fill,   0, 0, 100000, "cycles", "of a configuration or translation that was fetched, to be kept") \
    P(u64,  wake,   0, 0, 100000, "cycles", "of a walk in the TCU to its end, until who waited for it looks again") \
    P(u64,  record, 0, 0, 100000, "cycles", "of a fault that is recorded, before its transaction ends") \
    P(flag, data,  1, 0, 1, "flag", "the access itself takes its time, too; else only translation") \
    P(u64,  flows, 1024, 1, 65536, "1", "requests that are looked at at a time")

#define TIMED_STATS(S)                                                                             \
    S(requests,    "1",  "requests completed")                                                     \
    S(latency_ps,  "ps", "their latencies, together")                                              \
    S(misses,      "1",  "requests that needed a translation slot")                                \
    S(merged,      "1",  "times that a request waited for another's walk")                         \
    S(retries,     "1",  "lookups made again, after such a wait or one for a slot")                \
    S(walks,       "1",  "walks")                                                                  \
    S(cycles,      "1",  "clock cycles")                                                          \
    S(walk_cycles, "1",  "sum over the cycles of the walks under way")                             \
    S(overtaken,   "1",  "translations not kept, for an invalidation had come in between")

struct timed_params { PARAM_FIELDS(TIMED_PARAMS) };
struct timed_stats { STAT_FIELDS(TIMED_STATS) };

/* What an assembly's parameters are called: paths, and names of the components below the top. */
struct timed_names {
    const char *clk, *timing, *front_slots, *link, *slots, *walk, *fetch, *cmdq, *evtq, *gate;   /* NULL: has none */
};

struct timed_config {
    struct clock_params clk;
    struct timed_params par;
    struct slots_params front_slots, slots, walk, fetch;
    struct port_params link;
    struct memory_config mem;
    struct dlink_params dev;
    struct cmdq_params cmdq;
    struct evtq_params evtq;
    struct gate_params gate;
};
void timed_config_params(struct timed_config *c, const struct timed_names *names,
                         struct param_set *set);

/* What a question costs. */
struct timed_ask {
    struct port *port;                 /* a lookup; NULL: none, or its structure is not there */
    struct port *beside;               /* another structure looked up at the same time        */
    unsigned beside_uses;              /* as often                                            */
    uint32_t bytes;                    /* a read of so many at pa; 0: none                    */
    bool walk;                         /* of a translation table: in a walk slot              */
    bool config;                       /* charged as configuration                            */
    bool fetch;                        /* for a configuration that is fetched                 */
    struct port *begins;               /* a lookup that a walk begins with, if one does now; NULL: none */
    uint64_t pa;
    const char *what;                  /* "STE", "S1L3": for the story                        */
};

struct ats;
struct flow;
struct timed;
/* END: nothing more to look up before a slot is needed. */
enum timed_found { TIMED_MISS, TIMED_HIT, TIMED_END };
enum { TIMED_LEVELS = 3 };

struct timed_ops {
    /* The TBU of a stream. */
    unsigned (*front_of)(struct system *s, uint32_t sid);
    /* Does it translate?  Asked after each register write. */
    bool (*enabled)(const struct system *s);
    /* The front's answer while it does not; false: it asks for one.  May be NULL: it always asks. */
    bool (*disabled)(struct system *s, struct flow *f);
    /* Whose share of the slots a miss takes; NULL: they are not divided. */
    unsigned (*party_of)(struct system *s, const struct flow *f);
    unsigned levels;                   /* of lookups before a slot is needed, TIMED_LEVELS at most */
    /* Looks there, or once more (f->retry); with TIMED_HIT the flow's result is set.  What looks for one
     * size of block after the other leaves in timed->further how many lookups more that took. */
    enum timed_found (*front)(struct system *s, struct flow *f, unsigned level);
    /* Would level 0 hit for sure?  Changes nothing; if so, f->delta leads from the address to the output.
     * May be NULL: never sure. */
    bool (*sure_hit)(struct system *s, struct flow *f);
    /* The machine in f->machine: begins; says its question, false at its end; gets its answer. */
    void (*begin)(struct system *s, struct flow *f);
    bool (*ask)(struct system *s, struct flow *f, struct timed_ask *a);
    void (*answer)(struct system *s, struct flow *f);
    /* It has come to its end: result, class, and what the TCU keeps. */
    void (*end)(struct system *s, struct flow *f);
    /* The translation is back at the front: what is kept there.  f->machine is still there. */
    void (*fill)(struct system *s, struct flow *f);
    /* Translated by its device: does it pass at the front?  Its result is set then.  NULL: never. */
    bool (*passes)(struct system *s, struct flow *f);
    /* A fault is to be recorded. */
    void (*fault)(struct system *s, struct flow *f);
    /* A transaction has stalled; NULL where none does.  joins: does it wait with another, without a place?
     * placed: it has one (timed->places).  settled: it waits for its answer from here on, or has it
     * (f->answer); false: nothing was done, there is no room for its record. */
    bool (*stall_joins)(struct system *s, struct flow *f);
    void (*stall_placed)(struct system *s, struct flow *f);
    bool (*stall_settled)(struct system *s, struct flow *f);
    /* As cmdq_owner.execute. */
    uint64_t (*command)(struct system *s, const uint64_t *words, unsigned n, bool drained);
    uint8_t behind_class;              /* of a request that has waited behind an invalidation */
    uint8_t stalled_class;             /* of one that was stalled */
    size_t machine_bytes;
    unsigned cmd_bytes;
    /* Of what a sync waits for, is nothing left beside transactions?  May be NULL: there is no more.  When
     * that changes, cmdq_drain is called. */
    bool (*drained)(struct system *s);
    /* Has the sync that begins to wait for transactions?  NULL: each has.  Is there nothing else that it waits for any
     * more, whatever has not drained?  NULL: never. */
    bool (*drains)(struct system *s);
    bool (*abandoned)(struct system *s);
    void (*command_aborted)(struct system *s);     /* as cmdq_owner.aborted; may be NULL           */
    void (*command_room)(struct system *s);        /* as cmdq_owner.room; may be NULL              */
    void (*start)(struct system *s);   /* starts processes of its own; may be NULL                */
};

/* One step of a request's story. */
struct timed_step {
    uint64_t from_ps, to_ps;
    enum cause cause;
    const struct comp *where;          /* what was waited for; may be NULL    */
    const char *what;                  /* "miss", "hit", "S1L3", ""           */
    uint64_t pa;                       /* of a read, else 0                   */
};

enum flow_kind { FLOW_READ, FLOW_WRITE, FLOW_KINDS };

/* To a stalled transaction. */
enum flow_answer { FLOW_UNANSWERED, FLOW_RETRY, FLOW_ABORT, FLOW_RAZWI };

/* Of the flows of prefetch.h. */
enum prefetch { PREFETCH_NOT, PREFETCH_TRANSLATION, PREFETCH_CONFIG };

/* Where an access is whose device translates (system/ats.h): there; its request, or it itself on the way. */
enum timed_pass { TIMED_NO_PASS, TIMED_AT_DEVICE, TIMED_ASKS, TIMED_GOES };

/* What most requests touch comes first, in as few cache lines as it takes. */
struct flow {
    struct proc proc;
    struct timed *t;
    struct xl_req req;
    uint64_t born_ps;                  /* when it began ...                                  */
    uint64_t out_ps, arrival_ps;       /* ... was on its link, and is at the front           */
    uint64_t start_ps;                 /* of the wait it is in                               */
    uint64_t request;                  /* number of the request, from 0                      */
    uint32_t bytes;
    uint32_t index;                    /* its place in timed->flow                           */
    uint32_t stream;                   /* number of the stream, below timed_streams          */
    uint16_t front;                    /* its TBU and device link                            */
    uint8_t  kind;                     /* enum flow_kind                                     */
    uint8_t  level;
    bool     retry, walking, merged;
    bool     missed;                   /* its translation was not at the front               */
    bool     behind;                   /* an earlier request of its stream comes first       */
    bool     waiting;                  /* for that one                                       */
    bool     told;                     /* its story is told                                  */
    bool     written;                  /* passed on to memory                                */
    bool     arrived;                  /* the link is the next one's                         */
    bool     ahead;                    /* looked up ahead of time: only its data is to come  */
    uint8_t  era;
    uint8_t  answer;                   /* enum flow_answer: the last it had                  */
    bool     stalled;                  /* and has no answer yet                              */
    bool     held;                     /* up by a stalled one, or that itself: in timed.held */
    bool     paused;                   /* it waits, and has used nothing of a translation    */
    bool     in_front;                 /* of the full buffer of stalled ones, with its slots */
    uint8_t  party;                    /* among which slots are divided: ops->party_of       */
    bool     counted;                  /* as a miss by front->gate                           */
    bool     renew;                    /* behind one that is held: looks again at its turn   */
    uint8_t  pass;                     /* enum timed_pass                                    */
    uint64_t key;                      /* of its stream, for merging                         */
    uint64_t delta;                    /* ops->sure_hit                                      */
    uint64_t epoch;                    /* of memory, when it was issued                      */
    struct flow *next;                 /* in its list: free ones; of its stream, younger     */
    struct flow *route_next;           /* on its link: the one behind it                     */
    struct port *port;
    struct ledger led;
    struct xl_result res;
    struct system_trail trail;

    /* Of a miss. */
    uint64_t since;                    /* invalidations seen when its translation began      */
    void    *machine;                  /* in its translation slot                            */
    struct timed_ask ask;
    uint16_t reads;                    /* of tables, in its walk                             */
    bool     fetching;                 /* its configuration ...                              */
    bool     fetched;                  /* ... which it has then                              */
    uint8_t  prefetch;                 /* enum prefetch: nobody waits for it                 */
    bool     again;                    /* its machine begins once more                       */
    struct flow *miss_next;            /* misses of the same bucket                          */
    struct flow *merged_first, *merged_last, *merged_next;
    struct flow *held_next;            /* of those that are held                             */
    void    *place;                    /* in the buffer of stalled ones                      */
} __attribute__((aligned(64)));

struct timed_front {                   /* of a TBU */
    struct comp *comp;
    struct slots slots;
    struct flow *route, *route_end;    /* on their way up the link; the first has an event   */
    struct port *port[TIMED_LEVELS];   /* of each level's lookups; NULL: no such structure */
    struct port up, down;              /* link to the TCU and back */
    struct shares shares;              /* of its slots                                */
    struct gate gate;                  /* how many misses requests behind them pass */
    struct dlink dev;
};

enum { TIMED_FRONTS_MAX = 64, TIMED_ROOTS_MAX = 2 + TIMED_FRONTS_MAX, TIMED_BUCKETS = 1024 };

struct timed {
    struct system *sys;
    const struct timed_ops *ops;
    struct ats *ats;                   /* the system's; NULL: none */
    struct sim *sim;
    struct timed_params par;
    struct timed_stats st;
    struct clock clk;
    uint64_t overhead_ps, fetch_overhead_ps, fetch_answer_ps, decode_ps, fill_ps, wake_ps, record_ps;
    struct timed_front front[TIMED_FRONTS_MAX];
    unsigned fronts;
    struct slots slots, walk, fetch;
    struct shares shares;              /* of slots */
    struct memory mem;
    struct cmdq cmdq;
    struct evtq evtq;
    bool has_evtq;
    struct slots *places;              /* for stalled transactions; NULL: there are none */
    struct flow *held;                 /* by stalls: no sync waits for them */
    uint32_t in_front;                 /* stalled ones that wait for a place, with their slots */
    struct hist walk_reads;
    struct comp_hist hist;
    struct comp comp;

    struct flow *flow;                 /* [par.flows] */
    struct flow *free;
    bool on;                           /* ops->enabled */
    bool ample;                        /* never a link's tag or credit without a frame            */
    bool software;                     /* software has something to do: set by whoever drives it    */
    uint32_t busy;                     /* flows that have come to a front and are not done there    */
    uint64_t straight;                 /* flows that were looked up ahead of time                   */
    unsigned char *machines;           /* [par.flows] of them */
    void **machine;                    /* [machines_free] */
    size_t machines_free;
    struct flow *bucket[TIMED_BUCKETS];
    struct timed_order {               /* [streams * FLOW_KINDS] */
        struct flow *last;             /* the youngest that has not had its turn; NULL: none   */
        uint64_t turn_ps;              /* when the last one had its                            */
    } *order;
    uint32_t streams;

    uint64_t era, era_done_ps[2];      /* of what was in flight when a sync came */
    bool draining;                     /* the sync waits for that                */
    uint32_t era_count[2];
    uint64_t invals;                   /* executed so far */
    uint64_t inval_ps;                 /* when the last of them was, if a command */
    bool     merge_walks;              /* those of one page and stream, in the TCU */
    uint32_t further;                  /* lookups that the last one took besides: from ops->front, answer */

    struct timed_command { uint64_t words[CMDQ_WORDS]; unsigned n; } *handed;   /* not yet queued */
    size_t handed_n, handed_at, handed_room;

    uint64_t mark;                     /* the number of a request: marked is called when it is at the
                                          front, before it looks there; UINT64_MAX: none */
    void (*marked)(void *arg);
    void (*done)(void *arg, struct flow *f, uint64_t done_ps);   /* its last word: may free it */
    void (*stalls)(void *arg, struct flow *f);     /* it has stalled; may be NULL */
    void *done_arg;
    uint64_t told;                     /* request whose story is told; UINT64_MAX: none */
    void (*step)(void *arg, const struct timed_step *step);
    void *step_arg;
};

/* The timed half of s, whose stores and components are there; `front` are the components of its TBUs.
 * NULL: no memory. */
struct timed *timed_new(struct system *s, const struct timed_ops *ops, const struct timed_config *c,
                        const struct timed_names *names, struct comp *const *front, unsigned fronts,
                        struct comp *walk_parent, uint64_t seed);
void timed_free(struct timed *t);

/* The roots of the component trees beside the system's own; as many as it returns. */
size_t timed_roots(const struct timed *t, const struct comp **root);

/* How many streams there are; before the first request.  0 or SIM_EENV. */
int timed_set_streams(struct timed *t, uint32_t streams);

/* Begins: when everything is made, before time runs. */
void timed_start(struct timed *t);

/* Every link has at most n reads and n writes under way; 0: its tags and credits alone limit it. */
void timed_limit(struct timed *t, uint64_t n);

/* A frame for a request; NULL if all are in use. */
struct flow *timed_flow(struct timed *t);
void timed_flow_free(struct timed *t, struct flow *f);

/* Sends it: req, bytes, stream, front, kind, request and born_ps are set, its slot of the link is taken.
 * It starts at when_ps or as soon as device and link can; returns when it is at the front.  It may be done
 * when this returns: ahead of time, since nothing can come in between. */
uint64_t timed_issue(struct timed *t, struct flow *f, uint64_t when_ps);

/* Charges f's time up to to_ps. */
void timed_tell(struct flow *f, enum cause c, uint64_t to_ps, const struct comp *where,
                const char *what, uint64_t pa);
static inline void timed_charge(struct flow *f, enum cause c, uint64_t to_ps, const struct comp *where,
                                const char *what, uint64_t pa)
{
    if (__builtin_expect(f->told, 0))
        timed_tell(f, c, to_ps, where, what, pa);
    ledger_charge(&f->led, c, to_ps);
}

/* Software has written a register: it may translate from now on, or no more. */
void timed_register(struct timed *t);

/* Software hands over a command; timed_queue puts those handed over into the queue, as many as there is
 * room for: true if none is left.  0 or SIM_EENV. */
int  timed_command(struct timed *t, const uint64_t *words, unsigned n);
bool timed_queue(struct timed *t);

static inline bool timed_fetches_limited(const struct timed *t) { return t->fetch.par.n != 0; }

/* For commands: takes the port of a structure for an invalidation; when it may be carried out. */
uint64_t timed_occupy(struct timed *t, struct port *p);

/* Was an entry that a walk begun at f->since found removed meanwhile? */
static inline bool timed_overtaken(const struct timed *t, const struct flow *f, const struct store *s,
                                   uint64_t ctx, uint64_t base, unsigned size_log2, uint64_t tag)
{
    return __builtin_expect(f->since != t->invals, 0) &&
           store_covered(s, f->since, ctx, base, size_log2, tag);
}

#endif
