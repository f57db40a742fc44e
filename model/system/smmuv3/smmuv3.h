/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3.h - an SMMUv3 put together: a TBU with TLBs keyed by stream, a TCU with a configuration cache, a
 * TLB keyed by context, a stage 2 (IPA) cache and walk caches, over arch/smmuv3.
 *
 * Order of lookups: tbu.utlb, tbu.tlb (both by stream); then in the TCU cfg, tlb (by context), and for a
 * walk the walk caches, all levels before the first read.  A structure with sets = 0 does not exist.  What
 * is found is kept on the way back.  Storage is counted for the widths that the entries need.
 */
#ifndef SYSTEM_SMMUV3_H
#define SYSTEM_SMMUV3_H
#include "arch/smmuv3/oracle.h"
#include "hw/priq.h"
#include "hw/store.h"
#include "system/ats.h"
#include "system/smmuv3/ecmdq.h"
#include "system/smmuv3/regs.h"
#include "system/smmuv3/stall.h"
#include "system/smmuv3/parts.h"
#include "system/smmuv3/pmcg.h"
#include "system/timed.h"

#define SMMUV3_PARAMS(P)                                                                             \
    P(choice, expect, 0, 0, 1, "outcome|full",                                                        \
      "what of a trace's logged outcome must be met: address and fault, or every lookup too")        \
    P(choice, capabilities, 0, 0, 1, "trace|profile",                                                 \
      "ID registers: as the trace's source had them if it says so, or always the profile's")         \
    P(flag, s1p, 1, 0, 1, "flag", "IDR0.S1P: stage 1")                                                \
    P(flag, s2p, 1, 0, 1, "flag", "IDR0.S2P: stage 2")                                                \
    P(u64,  httu, 0, 0, 2, "code", "IDR0.HTTU: 0 none, 1 access flag, 2 and dirty state")             \
    P(flag, hyp, 0, 0, 1, "flag", "IDR0.Hyp")                                                         \
    P(flag, asid16, 1, 0, 1, "flag", "IDR0.ASID16")                                                   \
    P(flag, vmid16, 1, 0, 1, "flag", "IDR0.VMID16")                                                   \
    P(flag, cd2l, 1, 0, 1, "flag", "IDR0.CD2L")                                                       \
    P(u64,  ttendian, 2, 0, 3, "code", "IDR0.TTENDIAN: 0 mixed, 2 little, 3 big")                     \
    P(u64,  stall_model, 1, 0, 2, "code", "IDR0.STALL_MODEL: 0 both, 1 terminate, 2 stall")           \
    P(flag, term_model, 1, 0, 1, "flag", "IDR0.TERM_MODEL")                                           \
    P(flag, st_level, 1, 0, 1, "flag", "IDR0.ST_LEVEL: two-level stream tables")                      \
    P(u64,  sidsize, 16, 1, 32, "bits", "IDR1.SIDSIZE")                                               \
    P(u64,  ssidsize, 0, 0, 20, "bits", "IDR1.SSIDSIZE")                                              \
    P(u64,  tbus, 1, 1, 64, "1", "TBUs, each with its TLBs, its slots and its devices' link")         \
    P(flag, tbu_bypass, 1, 0, 1, "flag", "TBUs keep that nothing translates a stream (STE.Config = 4)") \
    P(u64,  tbu_shift, 0, 0, 31, "bits",                                                              \
      "a stream's TBU: its StreamID without so many low bits, modulo tbus")                           \
    P(flag, attr_ovr, 0, 0, 1, "flag", "IDR1.ATTR_PERMS_OVR, ATTR_TYPES_OVR")                         \
    P(flag, had, 1, 0, 1, "flag", "IDR3.HAD")                                                         \
    P(flag, xnx, 0, 0, 1, "flag", "IDR3.XNX")                                                         \
    P(flag, stt, 0, 0, 1, "flag", "IDR3.STT")                                                         \
    P(flag, ril, 1, 0, 1, "flag", "IDR3.RIL: range invalidation")                                     \
    P(flag, fwb, 1, 0, 1, "flag", "IDR3.FWB: stage 2 forced write-back")                              \
    P(flag, e0pd, 0, 0, 1, "flag", "IDR3.E0PD")                                                       \
    P(flag, epan, 0, 0, 1, "flag", "IDR3.EPAN: enhanced PAN")                                         \
    P(flag, ptwnnc, 0, 0, 1, "flag", "IDR3.PTWNNC; all walks are alike here")                         \
    P(u64,  bbml, 2, 0, 2, "code", "IDR3.BBML: what it promises; the model does what 2 says")         \
    P(u64,  oas, 48, 32, 52, "bits", "IDR5.OAS: 32, 36, 40, 42, 44, 48 or 52")                        \
    P(flag, gran4k, 1, 0, 1, "flag", "IDR5.GRAN4K")                                                   \
    P(flag, gran16k, 1, 0, 1, "flag", "IDR5.GRAN16K")                                                 \
    P(flag, gran64k, 1, 0, 1, "flag", "IDR5.GRAN64K")                                                 \
    P(flag, btm, 0, 0, 1, "flag", "IDR0.BTM: takes part in broadcast TLB maintenance")                \
    P(flag, ats, 0, 0, 1, "flag", "IDR0.ATS")                                                         \
    P(flag, ns1ats, 0, 0, 1, "flag", "IDR0.NS1ATS: no split-stage ATS")                               \
    P(flag, pri, 0, 0, 1, "flag", "IDR0.PRI")                                                         \
    P(flag, atsrecerr, 0, 0, 1, "flag", "IDR0.ATSRECERR: CR2.REC_CFG_ATS exists")                     \
    P(flag, pps, 0, 0, 1, "flag", "IDR3.PPS")                                                         \
    P(flag, msi, 1, 0, 1, "flag", "IDR0.MSI; interrupts have their wires in any case")                \
    P(flag, sev, 1, 0, 1, "flag", "IDR0.SEV")                                                         \
    P(flag, vmw, 0, 0, 1, "flag", "IDR0.VMW: VMID wildcard")                                          \
    P(flag, ds, 0, 0, 1, "flag", "IDR5.DS: 52-bit addresses with 4 KB and 16 KB")                     \
    P(flag, vax, 0, 0, 1, "flag", "IDR5.VAX: 52-bit virtual addresses")                               \
    P(u64,  cmdqs, 19, 0, 19, "1", "IDR1.CMDQS: log2 of the largest command queue")                   \
    P(u64,  ecmdqs, 0, 0, 256, "1", "command queues beside that one (IDR1.ECMDQ), a power of two; need MSIs") \
    P(u64,  eventqs, 19, 0, 19, "1", "IDR1.EVENTQS: log2 of the largest event queue")                 \
    P(u64,  priqs, 19, 0, 19, "1", "IDR1.PRIQS: log2 of the largest page request queue")              \
    P(u64,  iidr, 0, 0, 0xffffffff, "code", "IIDR")                                                   \
    P(u64,  minor, 2, 0, 4, "1", "AIDR: architecture version 3.minor; registers behave as of 3.2")    \
    P(u64,  ack, 0, 0, 1000000, "cycles",                                                             \
      "from a driver's write of CR0, IRQ_CTRL, GBPA or ECMDQ_PROD to its acknowledgement, at least")

#define SMMUV3_TCU_PARAMS(P)                                                                         \
    P(choice, inval_match, 0, 0, 2, "arch|qemu10|qemu72",                                             \
      "which entries a TLBI by address removes: the manual's; qemu: the entry of just that key if there is one") \
    P(choice, reserved_range, 0, 0, 1, "error|execute",                                               \
      "a ranged TLBI with NUM = SCALE = TTL = 0 is CERROR_ILL; execute: one granule goes")           \
    P(choice, ipa_cache, 0, 0, 2, "none|own|tlb",                                                     \
      "where stage 2 translations of table addresses are kept: nowhere, in tcu.ipa, in tcu.tlb")     \
    P(flag, ipa_final, 1, 0, 1, "flag", "the IPA that stage 1 gave is looked up there, too")          \
    P(flag, key_granule, 0, 0, 1, "flag", "the granule is part of the key of tcu.tlb")                \
    P(flag, root_ipa_in_config, 0, 0, 1, "flag",                                                      \
      "the root tables' IPAs are translated when a CD is decoded, and kept with it")                 \
    P(flag, table_ipa_base, 0, 0, 1, "flag",                                                          \
      "stage 2 translates the IPA of a table's first byte instead of the descriptor's")              \
    P(flag, table_fault_cd_r, 0, 0, 1, "flag",                                                        \
      "CD.R, not STE.S2R, decides on recording a stage 2 fault on a stage 1 table")                  \
    P(choice, walk_caches, 0, 0, 2, "level|stage|unified",                                            \
      "one for each stage and level (wc_s1l0 ...), one for each stage (wc_s1, wc_s2), or one (wc)") \
    P(choice, walk_lookup, 0, 0, 1, "beside|after",                                                   \
      "timed: walk caches of one level of a walk's first stage are looked up with tcu.tlb, or as the walk begins: " \
      "stage 1's through wc_s1.port")                                                                 \
    P(choice, tlb_stages, 0, 0, 1, "combined|split",                                                  \
      "tcu.tlb holds the output of both stages; or stage 1's alone, stage 2's is in the IPA cache")   \
    P(choice, nested_entry, 0, 0, 1, "smaller|page",                                                  \
      "what an entry of both stages covers: the smaller of their blocks, or always a page")           \
    P(flag, contiguous, 1, 0, 1, "flag", "the contiguous hint is used: an entry covers the whole group") \
    P(flag, merge_walks, 0, 0, 1, "flag",                                                             \
      "timed: a walk that is to begin waits for one of its stream's page that is under way, and looks again") \
    P(choice, overtaken, 0, 0, 1, "finish|replay",                                                    \
      "timed: what becomes of a walk that an invalidation overtakes: it is used and not kept, or made again") \
    P(choice, flush_fill, 0, 0, 1, "keep|drop",                                                       \
      "timed: in the cycle in which a command invalidates, what is to be kept is kept, or nothing is")  \
    P(choice, prefetch, 0, 0, 4, "none|next|previous|stride|hint",                                    \
      "what is translated ahead, into tcu.tlb: what is beside a miss, what a stream's misses lead to, or " \
      "what CMD_PREFETCH_* names (which all but none obey)")                                         \
    P(u64,  prefetch_degree, 1, 1, 16, "1", "translations set off at a time")                        \
    P(u64,  prefetch_distance, 1, 1, 1024, "1", "of the first of them, in pages or strides")         \
    P(u64,  prefetch_frames, 16, 1, 1024, "1", "prefetches that can be under way in time")

enum smmuv3_prefetch_mode { SMMUV3_PREFETCH_NONE, SMMUV3_PREFETCH_NEXT, SMMUV3_PREFETCH_PREVIOUS,
                            SMMUV3_PREFETCH_STRIDE, SMMUV3_PREFETCH_HINT };

enum smmuv3_walk_caches { SMMUV3_WC_LEVEL, SMMUV3_WC_STAGE, SMMUV3_WC_UNIFIED };

#define SMMUV3_STATS(S)                                                                              \
    S(transaction,            "1", "requests [PMCG 1]")                                               \
    S(tlb_miss,               "1", "requests that needed a walk [PMCG 2]")                            \
    S(config_cache_miss,      "1", "requests that needed an STE or CD to be read [PMCG 3]")           \
    S(trans_table_walk_access, "1", "descriptors read [PMCG 4]")                                      \
    S(config_struct_access,   "1", "STEs, CDs and their level 1 descriptors read [PMCG 5]")           \
    S(descriptor_updates,     "1", "hardware updates of AF and dirty state, lost races included")     \
    S(translated,             "1", "requests translated")                                             \
    S(bypassed,               "1", "requests that passed untranslated")                               \
    S(aborted,                "1", "requests aborted without a record")                               \
    S(faults,                 "1", "requests that faulted")                                           \
    S(stalled,                "1", "requests that a fault stalled, each time")                        \
    S(events,                 "1", "event records")                                                   \
    S(commands,               "1", "commands executed")                                               \
    S(command_errors,         "1", "commands refused with CERROR_ILL")                                \
    S(gerrors,                "1", "global errors that became active")                                \
    S(irq_eventq,             "1", "interrupts: a record in an empty event queue")                    \
    S(irq_priq,               "1", "interrupts of the page request queue")                            \
    S(irq_gerror,             "1", "interrupts: a global error")                                      \
    S(irq_sync,               "1", "interrupts: a CMD_SYNC that asked for one")                       \
    S(broadcasts,             "1", "broadcast invalidations carried out")                             \
    S(broadcasts_ignored,     "1", "broadcast invalidations ignored: no BTM, PTM set, or not known")  \
    S(sev,                    "1", "events sent to the processors: by CMD_SYNC, or as a full queue has room") \
    S(speculative,            "1", "speculative requests that the TCU was asked for [MMU-600 0xA0]")  \
    S(speculative_aborted,    "1", "speculative requests terminated, of which there is no record")

/* S(member, "path under smmu") */
#define SMMUV3_TBU_STORES(S) S(utlb, "tbu.utlb") S(tlb, "tbu.tlb")
#define SMMUV3_TCU_STORES(S)                                                                         \
    S(ctlb,   "tcu.tlb")    S(cfg,    "tcu.cfg")    S(ipa,    "tcu.ipa")                              \
    S(wc_s1lm1, "tcu.wc_s1lm1")                                                                      \
    S(wc_s1l0, "tcu.wc_s1l0") S(wc_s1l1, "tcu.wc_s1l1") S(wc_s1l2, "tcu.wc_s1l2")                     \
    S(wc_s2lm1, "tcu.wc_s2lm1")                                                                      \
    S(wc_s2l0, "tcu.wc_s2l0") S(wc_s2l1, "tcu.wc_s2l1") S(wc_s2l2, "tcu.wc_s2l2")                     \
    S(wc_s1, "tcu.wc_s1") S(wc_s2, "tcu.wc_s2") S(wc, "tcu.wc")
#define SMMUV3_STORES(S) SMMUV3_TBU_STORES(S) SMMUV3_TCU_STORES(S)

/* Lookup ports, by the store they are of.  Those of tcu.tlb and tcu.ipa are of the walk caches of one level
 * of stage 1 and 2, too: all are looked up at once.  A walk cache of several levels has a port of its own and
 * is looked up once for each level, which begins at the same time. */
#define SMMUV3_PORTS(S)                                                                              \
    S(utlb, "tbu.utlb.port") S(tlb, "tbu.tlb.port")                                                  \
    S(cfg,  "tcu.cfg.port")  S(ctlb, "tcu.tlb.port") S(ipa, "tcu.ipa.port")                          \
    S(wc_s1, "tcu.wc_s1.port") S(wc_s2, "tcu.wc_s2.port") S(wc, "tcu.wc.port")

struct smmuv3_params { PARAM_FIELDS(SMMUV3_PARAMS) };
struct smmuv3_tcu_params { PARAM_FIELDS(SMMUV3_TCU_PARAMS) };
struct smmuv3_stats { STAT_FIELDS(SMMUV3_STATS) };

#define SMMUV3_STORE_PARAMS(member, path) struct store_params member;
#define SMMUV3_PORT_PARAMS(member, path) struct port_params member##_port;
struct smmuv3_system_params {
    struct smmuv3_params smmu;
    struct smmuv3_tcu_params tcu;
    struct smmuv3_stall_params stall;
    SMMUV3_STORES(SMMUV3_STORE_PARAMS)
    SMMUV3_PORTS(SMMUV3_PORT_PARAMS)
    struct smmuv3_pmcg_params pmcg[SMMUV3_PMCG_COUNTERS];
    struct timed_config timed;
    struct smmuv3_parts parts;
    struct ats_config device;
    struct priq_params priq;
};

#define SMMUV3_CLASSES(C)                                                                            \
    C(UTLB,   "utlb-hit")      /* answered by tbu.utlb                       */                      \
    C(TLB,    "tlb-hit")       /* by tbu.tlb                                 */                      \
    C(TCU,    "tcu-hit")       /* by tcu.tlb, configuration known            */                      \
    C(S1_1,   "walk-s1-1")     /* walked, so many tables of stage 1 read     */                      \
    C(S1_2,   "walk-s1-2")     C(S1_3, "walk-s1-3")     C(S1_4, "walk-s1-4")                         \
    C(S2_1,   "walk-s2-1")     C(S2_2, "walk-s2-2")                                                  \
    C(S2_3,   "walk-s2-3")     C(S2_4, "walk-s2-4")                                                  \
    C(NEST_0, "walk-nested-0") /* both stages, so many tables of stage 1     */                      \
    C(NEST_1, "walk-nested-1") C(NEST_2, "walk-nested-2")                                            \
    C(NEST_3, "walk-nested-3") C(NEST_4, "walk-nested-4")                                            \
    C(CONFIG, "config-miss")   /* configuration fetched                      */                      \
    C(MERGED, "merged")        /* by another request's walk                  */                      \
    C(BEHIND, "behind-invalidation")                                                                 \
    C(BYPASS, "bypass")                                                                              \
    C(ATC,    "atc-hit")       /* by the device's own cache, and checked     */                      \
    C(ATS,    "ats-request")   /* by a translation request                   */                      \
    C(PAGE,   "page-request")  /* by one after software had made the page    */                      \
    C(ABORT,  "abort")                                                                               \
    C(FAULT,  "fault")                                                                               \
    C(STALLED, "stalled")      /* by a fault, whatever came of it            */                      \
    C(SPECULATIVE, "speculative") /* made by its device ahead, whatever came of it */
#define SMMUV3_CLASS_ENUM(N, name) SMMUV3_CLASS_##N,
enum smmuv3_class { SMMUV3_CLASSES(SMMUV3_CLASS_ENUM) SMMUV3_CLASS_COUNT };

#define SMMUV3_STORE_MEMBER(member, path) struct store member;
#define SMMUV3_PORT_MEMBER(member, path) struct port member##_port;

struct smmuv3_tbu {
    struct comp comp;
    SMMUV3_TBU_STORES(SMMUV3_STORE_MEMBER)
    struct port utlb_port, tlb_port;
};

struct smmuv3_xact {                   /* a transaction in the TCU                           */
    struct smmuv3_xl m;
    uint64_t tag;                      /* of its context, once known                         */
    uint64_t leaf_tag;                 /* of its translation, once it has one                */
    struct system_trail *trail;
    struct flow *flow;                 /* NULL in functional mode                            */
    uint8_t  s1_reads, s2_reads;       /* tables read                                        */
    uint8_t  prefetch;                 /* enum prefetch                                      */
    bool     first_use;                /* it has hit what a prefetch had brought             */
};

/* Whether a stream's ATS is on, as far as that is known. */
enum { SMMUV3_ATS_STREAMS = 256 };
struct smmuv3_ats_stream { uint32_t sid; bool known, on; };

struct smmuv3_system {
    struct system sys;
    struct smmuv3_system_params par;
    struct smmuv3_regs regs;
    struct smmuv3_impl impl;
    struct smmuv3_oracle_view view;
    struct smmuv3_stats st;
    struct smmuv3_pmcg pmcg;
    struct smmuv3_tbu *tbu;            /* [tbus]                                             */
    unsigned tbus;
    bool usual;                        /* has what most have, and nothing of what few do     */
    struct comp tcu;
    SMMUV3_TCU_STORES(SMMUV3_STORE_MEMBER)
    struct port cfg_port, ctlb_port, ipa_port, wc_s1_port, wc_s2_port, wc_port;
    struct store *walk_cache[2][4];    /* by stage - 1 and level + 1                         */
    unsigned walk_first;               /* of these; 1 where there is none of level -1        */
    struct port *walk_port[2];         /* of a walk cache of several levels, else NULL       */
    bool globals;                      /* tcu.tlb may hold global entries                    */
    uint8_t piece_log2;                /* largest stage 1 block of which pieces may be held  */
    struct smmuv3_stalls stalls;
    struct smmuv3_xact x;              /* functional mode's one transaction                  */
    struct smmuv3_prefetch *prefetch;  /* NULL: none                                         */
    struct smmuv3_driver driver;       /* queues, errors and interrupts                      */
    struct smmuv3_ecmdqs ecmdq;        /* further command queues                             */
    struct priq priq;
    struct ats_ops ats_ops;
    struct smmuv3_ats_stream ats_stream[SMMUV3_ATS_STREAMS];   /* by StreamID modulo as many */
};

void smmuv3_count_pmcg(struct smmuv3_system *s, const struct xl_req *r);

static inline unsigned smmuv3_tbu_of(const struct smmuv3_system *s, uint32_t sid)
{
    return s->tbus == 1 ? 0 : (unsigned)((sid >> s->par.smmu.tbu_shift) % s->tbus);
}

/* How entries of the stores are tagged and keyed; smmuv3/inval.c matches what smmuv3.c makes. */
#define TLB_TAG_FIELDS(F)                                                     \
    F(TLB_TAG, ASID,   0, 15,  0, "ASID")                                     \
    F(TLB_TAG, VMID,   0, 31, 16, "VMID")                                     \
    F(TLB_TAG, GLOBAL, 0, 32, 32, "matches every ASID")                       \
    F(TLB_TAG, S1,     0, 33, 33, "stage 1 took part: tagged by VA")          \
    F(TLB_TAG, REGIME, 0, 35, 34, "enum smmuv3_regime; 3: none, only CFGI removes it") \
    F(TLB_TAG, TG,     0, 37, 36, "granule as TLBI names it; key only")       \
    F(TLB_TAG, HALF,   0, 38, 38, "TTB1; key of walk caches only")            \
    F(TLB_TAG, PIECE,  0, 39, 39, "smaller than the stage 1 block it is of")  \
    F(TLB_TAG, LEVEL,  0, 42, 40, "level + 1; key of walk caches of several")  \
    F(TLB_TAG, PREFETCHED, 0, 43, 43, "by a prefetch, and not used so far")   \
    F(TLB_TAG, ASET,   0, 44, 44, "spared by broadcast invalidations by ASID")
FIELD_DEFINE(TLB_TAG_FIELDS);

/* In sh: true for requests of XL_MEM_WB alone; nothing translates the stream, and perm is 0. */
enum { TBU_LINE_AS_WB = 4, TBU_LINE_BYPASS = 8 };
struct tbu_line {                      /* payload of tbu.utlb and tbu.tlb                    */
    uint64_t delta;                    /* output - input                                     */
    uint32_t domain;
    uint8_t  perm, level;
    uint8_t  mair, sh;                 /* of the output                                      */
};

static inline uint64_t smmuv3_stream_key(const struct xl_req *r)
{
    return r->sid | (r->has_ssid ? (r->ssid + 1ull) << 32 : 0);
}

/* Of a request that is not plain: an atomic needs both rights, a source may not have said what it does, and
 * where stage 2 alone says what memory is, an entry knows it for the usual memory type only. */
static inline bool smmuv3_line_permits_uncommon(const struct tbu_line *l, const struct xl_req *r)
{
    uint8_t read = xl_need(false, r->exec, r->priv), write = xl_need(true, false, r->priv);

    if (r->type != XL_UNTRANSLATED || (r->mem != XL_MEM_WB && l->sh & TBU_LINE_AS_WB) ||
        (r->speculative && (r->write || r->atomic)))
        return false;
    if (r->atomic)
        return (l->perm & xl_need(false, false, r->priv)) && (l->perm & write);
    return l->perm & ((r->write ? 0 : read) | (r->write || r->no_dir ? write : 0));
}

static inline bool smmuv3_line_permits_plain(const struct tbu_line *l, const struct xl_req *r)
{
    return (l->perm & xl_need(r->write, r->exec, r->priv)) != 0;
}

static inline void smmuv3_use_line(struct smmuv3_system *s, const struct tbu_line *l,
                            const struct xl_req *req, struct xl_result *res)
{
    *res = (struct xl_result){ .outcome = XL_OK, .pa = req->addr + l->delta, .level = l->level,
                               .domain = l->domain, .write = req->write, .priv = req->priv,
                               .exec = req->exec, .mair = l->mair, .sh = l->sh & 3 };
    s->st.translated++;
}

/* A transaction counts. */
static inline void smmuv3_count(struct smmuv3_system *s, const struct xl_req *r)
{
    s->st.transaction++;
    if (__builtin_expect(s->pmcg.events != 0, 0))
        smmuv3_count_pmcg(s, r);
}

/* A TBU asks the TCU. */
void smmuv3_count_uncommon_request(struct smmuv3_system *s, const struct xl_req *r);
static inline void smmuv3_count_request(struct smmuv3_system *s, const struct xl_req *r)
{
    if (__builtin_expect((s->pmcg.events != 0) | r->speculative, 0))
        smmuv3_count_uncommon_request(s, r);
}

/* Is it the cycle of an invalidation, and is nothing kept then? */
static inline bool smmuv3_flushes(const struct smmuv3_system *s)
{
    const struct timed *t = s->sys.timed;

    return s->par.tcu.flush_fill && t->invals && sim_now(t->sim) - t->inval_ps < t->clk.par.period_ps;
}

/* In timed mode an invalidation may have come while the translation was under way. */
static inline bool smmuv3_overtaken(struct smmuv3_system *s, const struct smmuv3_xact *x,
                                    const struct store *store, uint64_t key, uint64_t base,
                                    unsigned size_log2, uint64_t tag)
{
    if (!x->flow || (!timed_overtaken(s->sys.timed, x->flow, store, key, base, size_log2, tag) &&
                     !smmuv3_flushes(s)))
        return false;
    s->sys.timed->st.overtaken++;
    return true;
}

/* Of a piece of a stage 1 block it was not said to earlier invalidations that there would be one. */
static inline bool smmuv3_piece_overtaken(const struct smmuv3_system *s,
                                          const struct smmuv3_xact *x)
{
    return x->m.leaf.block_log2 && x->flow && x->flow->since != s->sys.timed->invals;
}

/* Registers the parameters (with their defaults) under smmu, smmu.tcu, smmu.tbu.utlb ... */
void smmuv3_system_params(struct smmuv3_system_params *p, struct param_set *set);
struct system *smmuv3_system_new(const struct smmuv3_system_params *p, uint64_t seed,
                                 struct diag *d);

/* A request without time, from the only TBU on; from that of several which is its, with counters of PMCG.
 * smmuv3/tbu.c */
void smmuv3_translate(struct system *sys, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail);
void smmuv3_translate_among(struct system *sys, const struct xl_req *req, struct xl_result *res,
                            struct system_trail *trail);
/* The same in the TCU, and what the TBU keeps of it.  smmuv3/tcu.c */
void smmuv3_tcu(struct smmuv3_system *s, const struct xl_req *req, struct xl_result *res,
                struct system_trail *trail);

/* Removes what a command says from every structure.  smmuv3/inval.c */
void smmuv3_invalidate(struct smmuv3_system *s, const struct smmuv3_cmd *c);

/* Everything cached goes. */
void smmuv3_forget(struct smmuv3_system *s);

/* Is the command to be executed? */
bool smmuv3_decode(const struct smmuv3_system *s, const uint64_t *words, unsigned n,
                   struct smmuv3_cmd *c);

/* One transaction, question by question; what system/smmuv3/timed.c puts time between.  answer gives what
 * structures or memory say now and keeps what that completes. */
void smmuv3_answer(struct smmuv3_system *s, struct smmuv3_xact *x);
/* The key of tcu.tlb under which a translation of this context would be. */
uint64_t smmuv3_leaf_key(const struct smmuv3_system *s, const struct smmuv3_xact *x, const struct xl_leaf *l);
/* Has it another question?  A prefetch of configuration alone has none of translation. */
static inline bool smmuv3_xact_asks(const struct smmuv3_xact *x)
{
    return smmuv3_xl_ask(&x->m) && !(x->prefetch == PREFETCH_CONFIG && x->m.q.kind == SMMUV3_Q_TLB);
}
/* At its end: counts, class, and what the TCU keeps. */
void smmuv3_end(struct smmuv3_system *s, struct smmuv3_xact *x);
/* Without time: to system->watch. */
void smmuv3_tell_record(struct smmuv3_system *s, const struct xl_req *req, const struct xl_result *res);
/* What the TBU keeps of a translation. */
void smmuv3_fill_tbu(struct smmuv3_system *s, struct smmuv3_xact *x);
/* A lookup in a TBU's micro TLB (level 0; what its hint leads to is `hinted`) or TLB: false if it has no answer. */
bool smmuv3_lookup_tbu(struct smmuv3_system *s, struct smmuv3_tbu *tbu, unsigned level, bool again,
                       struct store_entry *hinted, const struct xl_req *req, struct xl_result *res, struct system_trail *trail);

/* The levels of which table descriptors may be in a walk cache: from where the transaction's walk of the
 * stage begins to the last that has tables; how many. */
unsigned smmuv3_walk_levels(const struct smmuv3_xact *x, unsigned stage);

/* ATS and PRI: devices if there are any, and the PRI queue.  smmuv3/ats.c; 0 or SIM_EENV. */
int  smmuv3_ats_init(struct smmuv3_system *s, void (*translate)(struct system *, const struct xl_req *,
                                                               struct xl_result *, struct system_trail *),
                     uint64_t seed);
int  smmuv3_ats_timed(struct smmuv3_system *s);
unsigned smmuv3_front_of(struct system *sys, uint32_t sid);
/* A register of the PRI queue was written; an STE may have changed. */
void smmuv3_change_priq(struct smmuv3_system *s, uint32_t offset);
void smmuv3_ats_forget(struct smmuv3_system *s);
/* Commands to devices.  send: in time; false: the device takes no more now. */
void smmuv3_atc_invalidate(struct smmuv3_system *s, const struct smmuv3_cmd *c);
bool smmuv3_atc_send(struct smmuv3_system *s, const struct smmuv3_cmd *c, const uint64_t *words, unsigned n);
void smmuv3_page_response(struct smmuv3_system *s, const struct smmuv3_cmd *c);
bool smmuv3_take_page_request(struct system *sys, struct page_request *r);

/* The timed half: system->timed.  smmuv3/timed.c; 0 or SIM_EENV. */
void smmuv3_timed_broadcast(struct smmuv3_system *s);    /* before one is carried out */
int  smmuv3_timed_start(struct smmuv3_system *s, uint64_t seed);
void smmuv3_timed_params(struct smmuv3_system_params *p, struct param_set *set);

#endif
