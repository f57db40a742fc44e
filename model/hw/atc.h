/* SPDX-License-Identifier: Apache-2.0
 *
 * atc.h - a device's own cache of translations, as PCIe ATS has it: the same for every architecture.
 *
 * It sits behind a device link.  An entry is found by context (requester, PASID, privilege) and address, and
 * has rights; what it does not grant is no hit.  Invalidations come down the link one after the other: the
 * device takes inval_ps for each, holding the lookup port, removes the entries, and answers when no access
 * is under way that used one of them.  The unit gives up on an answer after timeout_ps.
 *
 * Who uses an entry for an access says so with a struct atc_use until the access is done.  In functional mode there
 * are neither invalidations under way nor uses.
 */
#ifndef HW_ATC_H
#define HW_ATC_H
#include "hw/dlink.h"
#include "hw/port.h"
#include "hw/store.h"
#include "kernel/event.h"

#define ATC_PARAMS(P)                                                                              \
    P(u64,  inval_ps, 0, 0, 1000000000000, "ps", "that the device takes for an invalidation")      \
    P(u64,  inval_depth, 32, 1, 32, "1", "invalidations sent to it that it has not answered")      \
    P(u64,  timeout_ps, 90000000000000, 0, 1000000000000000, "ps",                                 \
      "after which the unit gives up on the answer to an invalidation; 0: never")

#define ATC_STATS(S)                                                                               \
    S(invals,     "1",  "invalidations received")                                                  \
    S(inval_ps,   "ps", "from their sending to the answer, together")                              \
    S(held,       "1",  "of them, such as had to wait for accesses under way")                     \
    S(timeouts,   "1",  "of them, such as were not answered in time")

struct atc_params { PARAM_FIELDS(ATC_PARAMS) };
struct atc_stats { STAT_FIELDS(ATC_STATS) };
extern const struct param_row atc_rows[];
enum { ATC_ROWS = 3, ATC_INVALS = 32, ATC_WORDS = 4 };

enum atc_right { ATC_R = 1, ATC_W = 2, ATC_X = 4 };

/* Payload of an entry. */
struct atc_line {
    uint64_t delta;                    /* translated - untranslated */
    uint8_t  rights;                   /* enum atc_right            */
    uint8_t  size_log2;                /* that the answer was for   */
    bool     passes;                   /* nothing is translated for this requester */
};

/* An access that goes out with an entry's translation. */
struct atc_use {
    struct qlink link;
    uint64_t ctx, addr;
    uint32_t holds;                    /* bit i: invalidation i waits for it                      */
};

struct atc {
    struct store lines;
    struct port port;                  /* timed */
    struct atc_params par;
    struct atc_stats st;
    struct dlink *link;                /* NULL: functional */
    void (*forget)(void *arg, const uint64_t *words);  /* an invalidation has its effect now      */
    void (*answered)(void *arg);       /* fewer are under way                                     */
    void (*timed_out)(void *arg, const uint64_t *words);   /* one was not answered in time; may be NULL */
    void *arg;
    struct atc_inval {
        struct store_match m;
        uint64_t words[ATC_WORDS];     /* the command it came from                                */
        uint64_t sent_ps, arrival_ps;
        uint32_t holds;                /* uses that it waits for                                  */
        bool     under_way;
        bool    *late;                 /* set if it is not answered in time; may be NULL          */
    } inval[ATC_INVALS];
    uint8_t  order[ATC_INVALS];        /* ring: those that the device has not begun               */
    uint32_t order_at, waiting;
    uint32_t under_way;
    uint64_t last_ps;                  /* when the last answer is, or was, at the unit            */
    uint64_t seen;                     /* invalidations executed: clock of the store's log        */
    uint32_t at;                       /* the one that is being executed                          */
    uint64_t t_ps;
    struct qlink uses;
    struct event work;
    struct proc proc;
    struct comp comp;
};

/* 0 or SIM_EENV; to be destroyed in any case.  atc_timed: on the parent's clock; its process is the
 * caller's to start. */
int  atc_init(struct atc *a, struct comp *parent, const char *name, const struct atc_params *par,
              const struct store_params *lines, uint64_t seed);
int  atc_timed(struct atc *a, const struct port_params *port, struct dlink *link);
void atc_destroy(struct atc *a);

/* The context of an entry. */
static inline uint64_t atc_ctx(uint32_t rid, bool has_pasid, uint32_t pasid, bool priv)
{
    return rid | (has_pasid ? (pasid + 1ull) << 32 : 0) | (uint64_t)priv << 63;
}

/* The entry that grants `need` (enum atc_right), NULL on a miss.  _again: uncounted. */
const struct atc_line *atc_lookup(struct atc *a, uint64_t ctx, uint64_t addr, unsigned need);
const struct atc_line *atc_lookup_again(struct atc *a, uint64_t ctx, uint64_t addr, unsigned need);

/* What a completion said, asked for when `since` invalidations had been executed.  False: one of the later
 * ones covers it, and nothing is kept. */
bool atc_fill(struct atc *a, uint64_t ctx, uint64_t addr, unsigned size_log2, const struct atc_line *line,
              uint64_t since);

/* What an invalidation removes: without a PASID, of all PASIDs and of none. */
struct store_match atc_match(uint32_t rid, bool has_pasid, uint32_t pasid, uint64_t first, uint64_t last);
void atc_invalidate(struct atc *a, const struct store_match *m);

/* The unit sends an invalidation now; *late, if there is such, is set if it is not answered in time.  atc_ready: may
 * it? */
static inline bool atc_ready(const struct atc *a) { return a->under_way < a->par.inval_depth; }
void atc_send(struct atc *a, const struct store_match *m, const uint64_t *words, unsigned n, bool *late);

/* Have all been answered?  Then *at_ps, if it is earlier, becomes the time since when. */
bool atc_quiet(const struct atc *a, uint64_t *at_ps);

void atc_use(struct atc *a, struct atc_use *u, uint64_t ctx, uint64_t addr);
void atc_used(struct atc *a, struct atc_use *u);

#endif
