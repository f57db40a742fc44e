/* SPDX-License-Identifier: Apache-2.0
 *
 * cover.h - functional coverage: which situations a design has been judged in.
 *
 * Declared once, here.  An axis is a list of values; a group crosses two axes, and each pair is a bin, a count of how
 * often it was met.  Bins are numbered through, group by group; a bin's name is "group/value" or "group/value.value", and
 * in the first group, of single situations, the value alone.  What a group counts is seen from outside of the design, at
 * its ports and in its tables, so that every design is measured alike; but what its caches say comes with its answers
 * (COSIM_CAP_TRAIL), and stays zero without.
 *
 * Pairs that cannot be are listed, too: they are no bins, have no name and count as nothing.
 */
#ifndef RTL_COSIM_COVER_H
#define RTL_COSIM_COVER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- axes: V(NAME, "name") ------------------------------------------------------------------------ */

#define COVER_SINGLE(V)                                                                              \
    V(ABORT, "abort")                  /* nothing is recorded                                 */     \
    V(SUBSTREAM, "substream")                                                                        \
    V(OLD_VALUE, "old-value")          /* an answer that no longer is, and is still allowed   */     \
    V(SYNC, "sync") V(EVENT, "event") V(EVENT_OVERFLOW, "event-overflow") V(COMMAND_ERROR, "command-error")
#define COVER_ONE(V)      V(NOTHING, NULL)
#define COVER_KIND(V)     V(BYPASSES, "bypass") V(S1, "s1") V(S2, "s2") V(NESTED, "nested")
#define COVER_ACCESS(V)   V(READS, "read") V(WRITES, "write") V(FETCHES, "fetch")
#define COVER_RIGHT(V)    V(USER, "user") V(PRIVILEGED, "privileged")
#define COVER_LEAF(V)     V(LEAF_L3, "l3") V(LEAF_L2, "l2") V(LEAF_L1, "l1")    /* with pages of 4 KB: 4 KB, 2 MB, 1 GB */
#define COVER_OTHER(V)    V(OTHER_L3, "l3") V(OTHER_L2, "l2") V(OTHER_L1, "l1")
#define COVER_STAGE(V)    V(STAGE_1, "s1") V(STAGE_2, "s2")
#define COVER_CACHED(V)   V(HIT, "hit") V(MISS, "miss") V(MERGED, "merged")
#define COVER_CONFIG(V)   V(CONFIG_HIT, "hit") V(CONFIG_MISS, "miss")
#define COVER_HALF(V)     V(LOWER, "lower") V(UPPER, "upper")
#define COVER_STREAMS(V)  V(ST_LINEAR, "linear") V(ST_LEVELS, "two-level")
#define COVER_CDS(V)      V(CD_NONE, "none") V(CD_LINEAR, "linear") V(CD_LEVELS, "two-level")
#define COVER_FAULT(V)                                                                               \
    V(F_TRANSLATION, "translation") V(F_ADDR_SIZE, "addr-size") V(F_ACCESS, "access")                \
    V(F_PERMISSION, "permission") V(F_WALK_EABT, "walk-abort")
#define COVER_AT(V)                                                                                  \
    V(AT_S1, "s1") V(AT_S2, "s2") V(AT_NESTED_S1, "nested-s1") V(AT_NESTED_S2, "nested-s2")          \
    V(AT_TABLE, "nested-table") V(AT_CD, "nested-cd")
#define COVER_BAD(V)                                                                                 \
    V(C_BAD_STREAMID, "bad-streamid") V(F_STE_FETCH, "ste-fetch") V(C_BAD_STE, "bad-ste")            \
    V(F_STREAM_DISABLED, "stream-disabled") V(C_BAD_SUBSTREAMID, "bad-substreamid")                  \
    V(F_CD_FETCH, "cd-fetch") V(C_BAD_CD, "bad-cd")
#define COVER_SUBSTREAM(V) V(WITHOUT, "without") V(WITH, "with")
#define COVER_COMMAND(V)                                                                             \
    V(CFGI_STE, "cfgi-ste") V(CFGI_RANGE, "cfgi-range") V(CFGI_CD, "cfgi-cd") V(CFGI_CD_ALL, "cfgi-cd-all") \
    V(NH_ALL, "nh-all") V(NH_ASID, "nh-asid") V(NH_VA, "nh-va") V(NH_VA_RANGE, "nh-va-range")        \
    V(NH_VAA, "nh-vaa") V(NH_VAA_RANGE, "nh-vaa-range") V(VMALL, "s12-vmall") V(IPA, "s2-ipa")       \
    V(IPA_RANGE, "s2-ipa-range") V(NSNH_ALL, "nsnh-all") V(CMD_SYNC, "sync")
/* Where requests are when the doorbell of a command is taken; one command may meet several. */
#define COVER_PHASE(V)                                                                               \
    V(NONE, "none")                    /* there are none under way                            */     \
    V(LOOKUP, "lookup")                /* no read of memory is out, and no answer waits       */     \
    V(STRUCTURE, "structure")          /* an STE or CD is being read                          */     \
    V(DESCRIPTOR, "descriptor")        /* a descriptor is                                     */     \
    V(ANSWER, "answer")                /* an answer waits to be taken                         */
#define COVER_RACE(V)                                                                                \
    V(QUIET, "quiet") V(WRITE_BESIDE, "table-write") V(INVAL_BESIDE, "invalidation") V(BOTH_BESIDE, "both")
#define COVER_ORDER(V)    V(SERIAL, "serial") V(OVERLAP, "overlap") V(RACED, "race") V(TIMED, "timed")
#define COVER_AGE(V)      V(TODAYS, "today's") V(OLD, "old")
#define COVER_PLACE(V)    V(IN_ORDER, "in-order") V(OVERTAKEN, "overtaken")
#define COVER_BESIDE(V)   V(ALONE, "alone") V(FEW, "few") V(MANY, "many")       /* 8 and more */

#define COVER_AXES(A)                                                                                \
    A(SINGLE) A(ONE) A(KIND) A(ACCESS) A(RIGHT) A(LEAF) A(OTHER) A(STAGE) A(CACHED) A(CONFIG) A(HALF) A(STREAMS) A(CDS) \
    A(FAULT) A(AT) A(BAD) A(SUBSTREAM) A(COMMAND) A(PHASE) A(RACE) A(ORDER) A(AGE) A(PLACE) A(BESIDE)

/* ---- groups: G(NAME, "name", axis, axis) --------------------------------------------------------- */

#define COVER_GROUPS(G)                                                                              \
    G(SITUATION, "situation", SINGLE, ONE)   /* single ones                                   */     \
    G(DONE,      "access",   KIND, ACCESS)   /* accesses that went out                        */     \
    G(RIGHTS,    "right",    KIND, RIGHT)    /* the same                                      */     \
    G(LEAVES,    "leaves",   LEAF, OTHER)    /* nested: of stage 1, of stage 2                */     \
    G(LEAF,      "leaf",     STAGE, LEAF)    /* of one stage alone                            */     \
    G(REUSE,     "reuse",    CACHED, LEAF)   /* what it met, by the smaller leaf              */     \
    G(SETUP,     "config",   CONFIG, KIND)                                                           \
    G(HALVES,    "half",     STAGE, HALF)    /* of addresses: stage 1 alone, nested           */     \
    G(FORMATS,   "format",   STREAMS, CDS)   /* tables on the way                             */     \
    G(FAULTS,    "event",    FAULT, AT)      /* of translation                                */     \
    G(BADS,      "config-event", BAD, SUBSTREAM)                                                     \
    G(COMMANDS,  "command",  COMMAND, PHASE)                                                         \
    G(RACES,     "race",     RACE, KIND)     /* what came between request and answer          */     \
    G(ORDERS,    "order",    ORDER, RACE)                                                            \
    G(AGES,      "value",    AGE, KIND)      /* an answer from today's tables or older ones   */     \
    G(PLACES,    "place",    PLACE, KIND)    /* of the answer among others                    */     \
    G(CROWD,     "beside",   BESIDE, KIND)   /* requests under way when it was taken          */

/* Pairs that cannot be: N(group, value of its first axis, of its second). */
#define COVER_NEVER(N)                                                                               \
    N(ORDERS, SERIAL, WRITE_BESIDE) N(ORDERS, SERIAL, INVAL_BESIDE) N(ORDERS, SERIAL, BOTH_BESIDE)   \
    N(BADS, C_BAD_SUBSTREAMID, WITHOUT)

#define COVER_VALUE_ENUM(N, name) COVER_##N,
#define COVER_AXIS_ENUM(A) enum { COVER_##A(COVER_VALUE_ENUM) COVER_##A##_N };
COVER_AXES(COVER_AXIS_ENUM)

/* COVER_AT_group: the number of its first bin. */
#define COVER_GROUP_ENUM(N, name, a, b) COVER_AT_##N, COVER_END_##N = COVER_AT_##N + COVER_##a##_N * COVER_##b##_N - 1,
enum { COVER_GROUPS(COVER_GROUP_ENUM) COVER_BINS };
#define COVER_WIDTH_ENUM(N, name, a, b) COVER_WIDTH_##N = COVER_##b##_N,
enum { COVER_GROUPS(COVER_WIDTH_ENUM) COVER_WIDTHS };

/* Number of the bin of a group at these values of its axes, without COVER_. */
#define COVER_BIN(group, a, b) ((unsigned)COVER_AT_##group + (unsigned)(a) * COVER_WIDTH_##group + (unsigned)(b))

struct cover { uint64_t hits[COVER_BINS]; };

/* One more of a group's pair. */
#define COVER_HIT(c, group, a, b) ((void)(c)->hits[COVER_BIN(group, a, b)]++)
/* More of a single situation. */
#define COVER_COUNT(c, value, n) ((void)((c)->hits[COVER_##value] += (n)))

/* "leaves/l3.l2" in buf; false: there is no such bin, the pair cannot be. */
enum { COVER_NAME = 64 };
bool cover_name(unsigned bin, char buf[COVER_NAME]);
/* The name of the group that a bin is in. */
const char *cover_group(unsigned bin);

void cover_merge(struct cover *to, const struct cover *from);

struct cover_sum { unsigned hit, total; };
struct cover_sum cover_sum(const struct cover *c);

/* Groups in their order: name, how many of their bins were hit. */
void cover_groups(const struct cover *c, void (*each)(void *arg, const char *group, struct cover_sum sum), void *arg);

#endif
