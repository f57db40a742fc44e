/* SPDX-License-Identifier: Apache-2.0
 *
 * ats.h - devices that translate ahead (PCIe ATS) and ask for pages (PRI), the same for both architectures.
 *
 * Behind every device link stands an ATC (hw/atc.h).  An access of a stream whose ATS is on looks there first.
 * A hit goes out translated.  A miss sends a Translation Request up the link; its answer is kept, and the
 * access goes out translated.  Misses of a page that is being asked for wait for that answer.  Where the
 * answer lacks the right, the device asks software for the page, one group of page requests for an access, and asks
 * again when that is answered with success; else it gives the access up.
 *
 *     ATC lookup -> (miss) slot -> link -> unit, as timed.h has it, but for the TLBs of the front -> link -> ATC
 *                -> (no right) page requests -> link -> software -> response -> link -> slot ...
 *                -> link -> unit: check of the translated access -> data -> link
 *
 * Writes of a stream go up in their order; reads are put into order when their data is there, as others are.
 *
 * An access holds its tag or credit from its start; Translation Requests and page requests have slots of their own.
 * An access that was given up ends with the answer that refused it: XL_ATS_OK, _UR or _CA.  What was
 * translated by the device says so in res.ats_size_log2.
 *
 * In functional mode the same happens with all delays zero.
 */
#ifndef SYSTEM_ATS_H
#define SYSTEM_ATS_H
#include "arch/ats.h"
#include "hw/atc.h"
#include "hw/slots.h"
#include "system/system.h"

#define ATS_PARAMS(P)                                                                              \
    P(u64,  requests, 32, 1, 65536, "1", "translation requests that a device has under way")       \
    P(flag, no_write,  0, 0, 1, "flag", "an access that reads asks for no right to write (NW)")    \
    P(flag, pri,       1, 0, 1, "flag", "a page without the right is asked for, if software answers") \
    P(u64,  page_requests, 32, 1, 512, "1", "groups of page requests that a device has under way") \
    P(u64,  page_group, 1, 1, 32, "pages", "that a group asks for: of the access, and those behind it") \
    P(u64,  page_tries, 3, 1, 255, "1", "groups for one access before it is given up")

#define ATS_STATS(S)                                                                               \
    S(accesses,      "1",  "accesses of streams whose ATS is on")                                  \
    S(atc_hits,      "1",  "of these, such as the ATC had the translation of at once")             \
    S(requests,      "1",  "translation requests")                                                 \
    S(refused,       "1",  "of these, such as were answered without the right")                    \
    S(failed,        "1",  "of these, such as were answered UR or CA")                             \
    S(overtaken,     "1",  "of these, made again: an invalidation came before the answer")         \
    S(merged,        "1",  "times that an access waited for another's translation request")        \
    S(page_requests, "1",  "page requests")                                                        \
    S(page_groups,   "1",  "groups of them")                                                       \
    S(page_success,  "1",  "groups answered with success")                                         \
    S(page_refused,  "1",  "groups answered otherwise")                                            \
    S(page_ps,       "ps", "from a group's sending to its answer, together")                       \
    S(page_stray,    "1",  "answers that no group waited for")                                     \
    S(given_up,      "1",  "accesses given up")

struct ats_params { PARAM_FIELDS(ATS_PARAMS) };
struct ats_stats { STAT_FIELDS(ATS_STATS) };

struct ats_config {
    struct ats_params par;
    struct atc_params atc;
    struct store_params lines;
    struct port_params port;
};
/* Under device, device.atc and device.atc.port; no ATC unless device.atc.sets says so. */
void ats_config_params(struct ats_config *c, struct param_set *set);

enum { ATS_GROUPS = 512 };

struct flow;
struct ats_frame;

/* What the architecture adds. */
struct ats_ops {
    /* Has the device of this access been told to translate ahead?  And, NULL: each, to ask for pages. */
    bool (*enabled)(struct system *s, const struct xl_req *access);
    bool (*asks_pages)(struct system *s, uint32_t rid);
    unsigned (*front_of)(struct system *s, uint32_t rid);
    /* A request in functional mode, past the devices. */
    void (*translate)(struct system *s, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail);
    /* A page request is at the unit, which may answer it itself: ats_respond. */
    void (*page_request)(struct system *s, const struct page_request *r);
    /* The invalidation that these words ask for was not answered in time; may be NULL. */
    void (*timed_out)(struct system *s, const uint64_t *words);
    /* Classes of accesses. */
    uint8_t hit_class, request_class, merged_class, page_class, given_up_class;
};

struct ats {
    struct system *sys;
    const struct ats_ops *ops;
    struct ats_params par;
    struct ats_stats st;
    struct comp comp;                  /* "device", a tree of its own */
    unsigned n;                        /* links */
    struct ats_link {
        struct atc atc;
        struct slots requests, pages;  /* timed */
        struct ats_group {
            uint32_t rid;
            bool     waiting;          /* for its answer                                            */
            uint8_t  code;             /* the answer                                                */
            struct flow *flow;         /* timed: whose it is                                        */
        } group[ATS_GROUPS];
        uint32_t next_group;
        struct flow *leader;           /* accesses that ask for their page, the youngest first      */
    } *link;                           /* [n] */

    struct timed *timed;               /* NULL: functional */
    struct ats_frame *frame;           /* [flows] */
    void (*done)(void *arg, struct flow *f, uint64_t done_ps);   /* the driver's */
};

/* Devices behind n links; NULL: no memory.  ats_timed: below s->timed, when that is made; 0 or SIM_EENV. */
struct ats *ats_new(struct system *s, const struct ats_ops *ops, const struct ats_config *c, unsigned n,
                    uint64_t seed);
int  ats_timed(struct ats *a, const struct ats_config *c);
void ats_free(struct ats *a);
void ats_reset(struct ats *a);

/* What a device asks for an access. */
struct xl_req ats_request_of(const struct ats *a, const struct xl_req *access);

/* An access in functional mode; of any stream. */
void ats_translate(struct ats *a, const struct xl_req *req, struct xl_result *res,
                   struct system_trail *trail);

/* Was it given up by the device? */
static inline bool ats_given_up(const struct xl_req *req, const struct xl_result *res)
{
    return req->type == XL_UNTRANSLATED && res->outcome >= XL_ATS_OK && res->outcome <= XL_ATS_CA;
}

/* An invalidation takes effect. */
void ats_invalidate(struct ats *a, uint32_t rid, bool has_pasid, uint32_t pasid, uint64_t first, uint64_t last);

/* Timed: the unit sends one; false: the device has as many as it takes, and the command queue is told
 * (cmdq_drain) when it has fewer.  When it takes effect the words are executed as a command; *late is set if
 * it is not answered in time, unless it is NULL. */
bool ats_send_invalidation(struct ats *a, uint32_t rid, bool has_pasid, uint32_t pasid, uint64_t first,
                           uint64_t last, const uint64_t *words, unsigned n, bool *late);
/* Have all been answered?  As atc_quiet. */
bool ats_quiet(const struct ats *a, uint64_t *at_ps);

/* The answer to a group: software's or the unit's own. */
void ats_respond(struct ats *a, uint32_t rid, uint16_t group, uint8_t code);

/* Timed.  Is f an access that begins at its device?  Then it does at when_ps. */
bool ats_begin(struct ats *a, struct flow *f, uint64_t when_ps);
/* When everything is made, before time runs; timed->done is set. */
void ats_start(struct ats *a);
/* f has made its access: what it used of the ATC is of no concern any more. */
void ats_release(struct ats *a, struct flow *f);
/* The process of an access while it is at its device. */
proc_fn ats_run;

#endif
