/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.h - directed stimulus: each kind of invalidation, fired at every phase of a request.
 *
 * A list is a series of trials.  Each begins in one state of the caches, makes a request (two of one page, one of
 * another) at a cycle T, and, at T + d, changes a table or structure, invalidates, and waits for the SYNC; then it
 * probes.  d goes from `from` to `to` in steps, so that over the list the command meets lookup, every read of the
 * walk, fill and answer.  Times are cycles; the driver's order `timed` keeps to them.  Memory's latency and stalls of
 * the channels are the driver's: a list is meant to be run with several of each, `to` beyond the longest request.
 *
 * Half of the kinds match what is requested and half do not (another ASID, VMID, address, stream); then nothing is
 * changed that is requested, and the request must not be disturbed.
 */
#ifndef RTL_COSIM_STIMULUS_SWEEP_H
#define RTL_COSIM_STIMULUS_SWEEP_H
#include "base/param.h"
#include "rtl-cosim/stimulus/scene.h"

/* K(NAME, "name", bits of enum sweep_needs, "what is changed and how it is invalidated") */
enum sweep_needs { SWEEP_S1 = 1, SWEEP_S2 = 2, SWEEP_BLOCK = 4 };
#define SWEEP_KINDS(K)                                                                              \
    K(CFGI_STE,       "cfgi-ste",       0,        "STE.V is cleared and set: one STE")              \
    K(CFGI_STE_RANGE, "cfgi-ste-range", 0,        "the same: a range of STEs")                      \
    K(CFGI_ALL,       "cfgi-all",       0,        "the same: all")                                  \
    K(CFGI_CD,        "cfgi-cd",        SWEEP_S1, "CD.V is cleared and set: one CD")                \
    K(CFGI_CD_ALL,    "cfgi-cd-all",    SWEEP_S1, "the same: all of the stream")                    \
    K(NH_VA,          "nh-va",          SWEEP_S1, "a leaf goes elsewhere: its address")             \
    K(NH_VA_LEAF,     "nh-va-leaf",     SWEEP_S1, "the same: for leaves alone, with the level")     \
    K(NH_VA_RANGE,    "nh-va-range",    SWEEP_S1, "the same: a range that it is in")                \
    K(NH_VA_TABLE,    "nh-va-table",    SWEEP_S1, "the table above goes elsewhere: a range, not leaves alone") \
    K(NH_VAA,         "nh-vaa",         SWEEP_S1, "a leaf goes elsewhere: its address, all ASIDs")  \
    K(NH_ASID,        "nh-asid",        SWEEP_S1, "the same: the ASID")                             \
    K(NH_ALL,         "nh-all",         SWEEP_S1, "the same: the VMID's stage 1")                   \
    K(NSNH_ALL,       "nsnh-all",       0,        "the same: everything")                           \
    K(S12_VMALL,      "s12-vmall",      SWEEP_S2, "the same in stage 2: the VMID")                  \
    K(S2_IPA,         "s2-ipa",         SWEEP_S2, "the same: its address; nested then the VMID's stage 1") \
    K(S2_IPA_RANGE,   "s2-ipa-range",   SWEEP_S2, "the same: a range")                              \
    K(GLOBAL,         "global",         SWEEP_S1, "a global leaf: its address with another ASID")   \
    K(PAGE_OF_BLOCK,  "page-of-block",  SWEEP_S1 | SWEEP_BLOCK, "a block goes elsewhere: another page of it") \
    K(BACK_TO_BACK,   "back-to-back",   SWEEP_S1, "two leaves, two commands, one SYNC")             \
    K(BEHIND,         "behind",       SWEEP_S1, "two leaves: the ASID, while another VMID is being invalidated") \
    K(WRAP,           "wrap",           SWEEP_S1, "a leaf, behind more commands than the queue holds") \
    K(ILLEGAL,        "illegal",        SWEEP_S1, "a leaf, behind an illegal command in the same batch") \
    K(OTHER_ASID,     "other-asid",     SWEEP_S1, "nothing: TLBI_NH_ASID and TLBI_NH_VA of another ASID")  \
    K(OTHER_VMID,     "other-vmid",     0,        "nothing: everything of another VMID")            \
    K(OTHER_ADDRESS,  "other-address",  SWEEP_S1, "nothing: the addresses before and behind")       \
    K(OTHER_STREAM,   "other-stream",   0,        "nothing: the neighbour's STE and CDs")
#define SWEEP_KIND_ENUM(N, name, needs, help) SWEEP_##N,
enum sweep_kind { SWEEP_KINDS(SWEEP_KIND_ENUM) SWEEP_KIND_COUNT };

/* S(NAME, "name", STE.Config, level of stage 1's leaves, of stage 2's) */
#define SWEEP_SHAPES(S)                                                                             \
    S(S1_4K,    "s1-4k",    STE_S1, 3, 0)      S(S1_2M,    "s1-2m",    STE_S1, 2, 0)                \
    S(S1_1G,    "s1-1g",    STE_S1, 1, 0)      S(S2_4K,    "s2-4k",    STE_S2, 0, 3)                \
    S(S2_2M,    "s2-2m",    STE_S2, 0, 2)      S(S2_1G,    "s2-1g",    STE_S2, 0, 1)                \
    S(N_4K_4K,  "4k-on-4k", STE_NESTED, 3, 3)  S(N_4K_2M,  "4k-on-2m", STE_NESTED, 3, 2)            \
    S(N_4K_1G,  "4k-on-1g", STE_NESTED, 3, 1)  S(N_2M_4K,  "2m-on-4k", STE_NESTED, 2, 3)            \
    S(N_2M_2M,  "2m-on-2m", STE_NESTED, 2, 2)  S(N_2M_1G,  "2m-on-1g", STE_NESTED, 2, 1)            \
    S(N_1G_4K,  "1g-on-4k", STE_NESTED, 1, 3)  S(N_1G_2M,  "1g-on-2m", STE_NESTED, 1, 2)            \
    S(N_1G_1G,  "1g-on-1g", STE_NESTED, 1, 1)
#define SWEEP_SHAPE_ENUM(N, name, config, l1, l2) SWEEP_SHAPE_##N,
enum sweep_shape { SWEEP_SHAPES(SWEEP_SHAPE_ENUM) SWEEP_SHAPE_COUNT };

/* T(NAME, "name", "what the caches hold as a request comes") */
#define SWEEP_STATES(T)                                                                             \
    T(COLD,   "cold",   "nothing")                                                                  \
    T(CONFIG, "config", "the configuration")                                                        \
    T(TABLES, "tables", "configuration and tables, of a neighbour's request")                       \
    T(WARM,   "warm",   "the translation")
#define SWEEP_STATE_ENUM(N, name, help) SWEEP_STATE_##N,
enum sweep_state { SWEEP_STATES(SWEEP_STATE_ENUM) SWEEP_STATE_COUNT };

#define SWEEP_PARAMS(P)                                                                             \
    P(u64, from,    20, 0, 100000, "cycles",  "the command comes before the request, by at most so many") \
    P(u64, to,     300, 0, 100000, "cycles",  "or behind it, by at most so many")                   \
    P(u64, step,     1, 1, 100000, "cycles",  "from one trial to the next")                         \
    P(u64, settle, 600, 1, 100000, "cycles",  "for what a trial begins with, and for it to end")    \
    P(u64, queue_log2, 6, 1, 19, "1",         "log2 of the command queue's entries: for kind wrap")

struct sweep_params { PARAM_FIELDS(SWEEP_PARAMS) };
extern const struct param_row sweep_rows[];
extern const size_t sweep_row_count;

extern const char *const sweep_kind_name[SWEEP_KIND_COUNT];
extern const char *const sweep_shape_name[SWEEP_SHAPE_COUNT];
extern const char *const sweep_state_name[SWEEP_STATE_COUNT];

void sweep_defaults(struct sweep_params *p);
/* Does the kind make sense with the shape? */
bool sweep_applies(enum sweep_kind kind, enum sweep_shape shape);
/* One list, appended to `out` (whose err says whether memory ran out).  False if the kind does not apply. */
bool sweep(struct records *out, const struct sweep_params *p, enum sweep_kind kind, enum sweep_shape shape,
           enum sweep_state state);

#endif
