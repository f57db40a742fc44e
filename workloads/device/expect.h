/* SPDX-License-Identifier: Apache-2.0
 *
 * expect.h - holds what the model did against what a trace's source saw (REC_EXPECT), access by access.
 *
 * The records of one access are taken one by one and judged together when the next access begins:
 *
 *   REC_LOGGED                    the model must give the same
 *   REC_LOGGED with a deviation   the source is known to be wrong: its differences are counted by the
 *                                 deviation's name, and REC_INTENDED decides
 *   REC_INTENDED                  the model must give this, or one of the REC_ALLOWED that follow
 *
 * With EXPECT_OUTCOME outcomes, addresses and faults are compared; an answer that differs from the log and
 * is intended or allowed is right, since another cache than the source's may hold other entries, and so is
 * one that the oracle has found to be a stale use.  With EXPECT_FULL, for the profile that imitates the
 * source, it must equal the log, and so must each lookup's hit or miss and the moments at which a full store
 * was emptied, deviation or not.  Only what a record gives is compared.  IPAs are compared as event records
 * have them, without bits 11:0.
 */
#ifndef WORKLOADS_DEVICE_EXPECT_H
#define WORKLOADS_DEVICE_EXPECT_H
#include "system/system.h"
#include "traces/record.h"

/* K(NAME, "what is compared, in words") */
#define EXPECT_KINDS(K)                                                                              \
    K(OUTCOME,  "outcome")                                                                           \
    K(PA,       "output address")                                                                    \
    K(CODE,     "fault")                                                                             \
    K(STAGE,    "fault stage")                                                                       \
    K(CLASS,    "fault class")                                                                       \
    K(IPA,      "fault ipa")                                                                         \
    K(INTENDED, "intended outcome")                                                                  \
    K(CONFIG,   "configuration hit/miss")                                                            \
    K(LOOKUPS,  "iotlb lookups of an access")                                                        \
    K(HIT,      "iotlb hit/miss")                                                                    \
    K(FLUSH,    "flush of a full iotlb")

#define EXPECT_KIND_ENUM(N, words) EXPECT_K_##N,
enum expect_kind { EXPECT_KINDS(EXPECT_KIND_ENUM) EXPECT_KINDS_N };
extern const char *const expect_kind_name[EXPECT_KINDS_N];

enum expect_level { EXPECT_NONE, EXPECT_OUTCOME, EXPECT_FULL };

enum { EXPECT_ROWS_MAX = 1000, EXPECT_DEVIATIONS_MAX = 64 };

/* One difference.  Values are those of struct rec_expect; outcomes are enum rec_outcome. */
struct expect_row {
    uint64_t request, t_ps;
    uint8_t  kind;                 /* enum expect_kind of the field that differs              */
    bool     intended;             /* from REC_INTENDED, not from the log                     */
    uint64_t expected, found;
};

struct expect_deviation {
    uint32_t name;                 /* string id of the trace                                  */
    uint64_t seen;                 /* accesses whose log says so                              */
    uint64_t differ;               /* those of which the model differs from the log           */
};

struct expect {
    enum expect_level level;
    uint64_t compared[EXPECT_KINDS_N], agreed[EXPECT_KINDS_N];
    uint64_t accesses;             /* that had something to be compared                       */
    uint64_t allowed;              /* right by REC_INTENDED or REC_ALLOWED, unlike the log    */
    uint64_t stale;                /* differ, and are stale uses: the software's mistake      */
    uint64_t mismatches;
    struct expect_row *row;        /* [rows], the first EXPECT_ROWS_MAX mismatches            */
    size_t rows;
    struct expect_deviation deviation[EXPECT_DEVIATIONS_MAX];
    unsigned deviations;

    /* The access at hand. */
    bool pending;
    uint64_t request, t_ps;
    struct xl_result res;
    struct system_trail trail;
    struct rec_expect logged, intended;
    bool has_logged, has_intended, right, is_stale, excused;
};

void expect_init(struct expect *e, enum expect_level level);
void expect_destroy(struct expect *e);

/* The model's answer to the access that the next records speak of.  is_stale: it is known to be the use of
 * an entry that software forgot to invalidate. */
void expect_begin(struct expect *e, uint64_t request, uint64_t t_ps, const struct xl_result *res,
                  const struct system_trail *trail, bool is_stale);
void expect_take(struct expect *e, const struct rec_expect *x);
/* The access's records are complete: judges.  Nothing to do if there were none. */
void expect_end(struct expect *e);

/* A result in a trace's words. */
enum rec_outcome expect_outcome(const struct xl_result *r);

#endif
