/* SPDX-License-Identifier: Apache-2.0
 *
 * scoreboard_impl.h - what the scoreboard's files share: requests under way, records still to come, commands
 *                     given, and what happened last.
 */
#ifndef RTL_COSIM_SCOREBOARD_IMPL_H
#define RTL_COSIM_SCOREBOARD_IMPL_H
#include "arch/smmuv3/event.h"
#include "arch/smmuv3/oracle.h"
#include "base/mem.h"
#include "rtl-cosim/judge/scoreboard.h"

enum {
    BOARD_IDS = 1 << 16,
    BOARD_PENDING = 4096,              /* requests under way at most                       */
    BOARD_EARLY = BOARD_PENDING,       /* records before the answer that they belong to    */
    BOARD_FOUND = 64,                  /* faults whose record has come: so many are kept   */
    BOARD_LOG = 4096,
};

struct board_pending {
    struct xl_req req;
    uint64_t request, record, issued;
    uint64_t since;                    /* memory's epoch                                   */
    uint64_t touches, invals;          /* so many had been, when it was taken              */
    uint32_t id;
    uint16_t older, younger;           /* of those under way: 1 + place; 0: none           */
    uint32_t beside;                   /* so many were under way when it was taken         */
    bool     used, lossy;              /* the event queue has overflowed meanwhile         */
};

struct board_record { uint64_t words[EVENT_WORDS], cycle; };   /* cycle: software took it */

/* What an answered fault has to leave in the event queue: one of these.  Which record is whose cannot always be told:
 * the last ones that were found are kept, since a record may turn out to be another one's. */
struct board_expected {
    uint64_t (*words)[EVENT_WORDS];    /* [n], its own                                     */
    uint64_t request, issued, answered, record;
    size_t   n;
    bool     optional;                 /* one of the legal ends leaves none, or it may be lost */
    bool     found, tried;             /* `by` is its record; was looked at                    */
    struct board_record by;
};

struct board_command { uint64_t words[2], given, cycle; };     /* given: memory's epoch */

enum board_what {
    LOG_REQUEST, LOG_RESPONSE, LOG_COMMAND, LOG_INVALIDATED, LOG_REGISTER, LOG_EVENT, LOG_RESET,
};
struct board_log {
    uint64_t cycle, request, a, b;
    uint32_t sid;
    uint8_t  what;                     /* enum board_what */
    bool     of_stream;                /* else it concerns all */
    struct cosim_rsp rsp;
};

struct scoreboard {
    struct verdicts *verdicts;
    struct mem *mem;
    struct oracle *oracle;
    struct smmuv3_regs regs;
    struct smmuv3_oracle_view view;
    uint32_t caps;
    uint64_t cycle, record, touches, invals;
    struct cover cover;
    unsigned order;                    /* COVER_SERIAL and its like                        */
    uint64_t last_answered;            /* 1 + the last of the requests that were answered  */

    struct board_pending pending[BOARD_PENDING];
    uint16_t slot[BOARD_IDS];          /* 1 + place in pending; 0: not under way           */
    uint64_t last[BOARD_IDS];          /* 1 + the request that had this id before          */
    uint16_t oldest, youngest;         /* under way: 1 + place in pending; 0: none         */
    unsigned under_way, free_hint;
    uint64_t next_in_order;            /* designs that do not reorder                      */

    struct board_command *command;     /* [commands], ring of those not consumed and not synced */
    size_t   commands, commands_room, first_command;
    uint64_t given, rung, consumed, told;      /* commands, counted up                     */

    struct board_expected *expected;
    size_t   n_expected, n_found, expected_room;           /* n_found: of them, those whose record has come */
    uint64_t patience, next_look;      /* see scoreboard_patience; cycle                   */
    uint64_t (*alternative)[EVENT_WORDS];  /* of the fault at hand                         */
    size_t   alternatives_room;
    struct board_record early[BOARD_EARLY];
    unsigned n_early;
    uint64_t written, taken;           /* records in the ring, counted as its indexes      */
    unsigned words_written;            /* of the record at hand, as bits                   */
    bool     closing;                  /* the queue is off, which is not acknowledged      */

    struct board_log log[BOARD_LOG];
    uint64_t logged;
};

/* Requests under way, oldest first: the one at 1 + place, NULL at the end. */
static inline const struct board_pending *board_at(const struct scoreboard *s, unsigned place)
{
    return place ? &s->pending[place - 1] : NULL;
}

/* What the log keeps of a request beside stream and address. */
static inline uint64_t board_flags(const struct cosim_req *req)
{
    return (uint64_t)req->write | (uint64_t)req->exec << 1 | (uint64_t)req->priv << 2 | (uint64_t)req->has_ssid << 3 |
           (uint64_t)req->ssid << 32;
}
void board_log(struct scoreboard *s, enum board_what what, uint64_t request, const uint32_t *sid, uint64_t a,
               uint64_t b, const struct cosim_rsp *rsp);
struct verdict *board_verdict(struct scoreboard *s, enum verdict_kind kind, int64_t request);
void board_describe_result(const struct xl_result *r, char *text, size_t n);
void board_describe_event(const uint64_t words[EVENT_WORDS], char *text, size_t n);

/* A fault was answered: its record is to come, or has come before.  Its words are copied. */
void board_expect_event(struct scoreboard *s, const struct board_expected *e);
/* Is somebody under way whose record this could be? */
bool board_could_be_early(const struct scoreboard *s, const uint64_t words[EVENT_WORDS]);
void board_forget_events(struct scoreboard *s);
void board_reset_queues(struct scoreboard *s);
/* An answer was judged: `now` is what tables say, and current whether it was that. */
void board_cover(struct scoreboard *s, const struct board_pending *p, const struct cosim_rsp *rsp,
                 const struct xl_result *now, bool legal, bool current);
/* The event queue was turned off: records on their way may be written, or not.  It has a new producer index. */
void board_close_events(struct scoreboard *s);
void board_place_events(struct scoreboard *s);

#endif
