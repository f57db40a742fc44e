/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd.h - a VT-d unit put together: an IOTLB, a context cache, a PASID cache and caches of non-leaf entries of both
 * stages, over arch/vtd.
 *
 * Order of lookups, by `vtd.order`: the context, in scalable mode the PASID entry, then the IOTLB; or the IOTLB by
 * source-id and PASID, and the others only after a miss (of a request whose PASID its context says they come first,
 * in the same lookup).  For a walk all non-leaf caches of its stage are looked up before the first read, and the
 * deepest hit is where it begins.  A nested walk has each guest-physical address looked up in `gpa`, too.  A structure
 * with sets = 0 does not exist.  Faults and pass-through are never kept, but, where the parameter says so, what is
 * not present in caching mode (CAP.CM = 1).
 *
 * What a driver sees of it, registers and queue, is system/vtd/regs.h's.
 *
 * Interrupts are remapped by system/vtd/ir; device TLBs are vtd/ats.c's, page requests vtd/pri.c's.
 */
#ifndef SYSTEM_VTD_H
#define SYSTEM_VTD_H
#include "arch/vtd/invdesc.h"
#include "arch/vtd/translate.h"
#include "hw/priq.h"
#include "hw/store.h"
#include "system/ats.h"
#include "system/timed.h"
#include "system/vtd/ir.h"
#include "system/vtd/perf.h"
#include "system/vtd/regs.h"

#define VTD_PARAMS(P)                                                                                \
    P(choice, expect, 0, 0, 1, "outcome|full",                                                        \
      "what of a trace's logged outcome must be met: address and fault, or every lookup too")        \
    P(choice, capabilities, 0, 0, 1, "trace|profile",                                                 \
      "CAP and ECAP: as the trace's source had them if it says so, or always the profile's")         \
    P(u64,  cap,  0x00d2008c222f0606, 0, UINT64_MAX, "register", "CAP")                               \
    P(u64,  ecap, 0xf42, 0, UINT64_MAX, "register", "ECAP")                                           \
    P(u64,  ver,  0x10, 0, 0xff, "register", "VER: major and minor, 4 bits each")                     \
    P(u64,  haw,  48, 32, 52, "bits", "host address width: address bits above it are reserved")       \
    P(choice, key, 0, 0, 1, "domain|source-id", "what IOTLB entries are found by, besides the address") \
    P(choice, order, 0, 0, 1, "context-first|iotlb-first",                                            \
      "what is looked up first; iotlb-first needs key = source-id")                                  \
    P(choice, inval_match, 0, 0, 2, "arch|qemu10|qemu72",                                             \
      "IOTLB entries that a page-selective invalidation removes: the manual's; those whose first page "\
      "agrees with the address under a mask, or that hold the address; the same with a mask of 8 bits") \
    P(choice, cc_domain, 0, 0, 1, "domain|global",                                                    \
      "what a domain-selective context-cache invalidation removes")                                  \
    P(flag, flush_on_root, 0, 0, 1, "flag", "SRTP empties all caches also if CAP.ESRTPS = 0")         \
    P(flag, flush_on_enable, 0, 0, 1, "flag", "switching translation on or off empties all caches")   \
    P(flag, legacy_codes, 0, 0, 1, "flag",                                                            \
      "root, context and second-stage faults in scalable mode have legacy mode's codes")             \
    P(flag, walks_mark, 0, 0, 1, "flag",                                                              \
      "accessed and dirty bits are set by walks, snooped or not, and a write that hits sets none")   \
    P(u64,  ack, 0, 0, 1000000, "cycles", "from a write of GCMD to its status in GSTS, at least")     \
    P(u64,  pmr_log2, 21, 12, 31, "log2 bytes", "granularity of protected memory regions")            \
    P(flag, keep_absent, 0, 0, 1, "flag",                                                             \
      "contexts, PASID entries and second-stage pages that are not present are cached where CAP.CM = 1") \
    P(u64,  perf_counters, 8, 1, 64, "1", "performance counters, if ECAP.PMS and CAP.ECMDS are set")  \
    P(u64,  perf_width, 48, 8, 64, "bits", "of a performance counter")                                \
    P(choice, drain, 0, 0, 1, "all|asked",                                                            \
      "transactions in flight that a wait descriptor waits for: all; or all, if DR or DW of one before it, or its "\
      "kind, ask for it, and else none")                                                              \
    P(flag, collapse, 0, 0, 1, "flag", "no second fault record of a source-id while one is pending")

enum vtd_drain { VTD_DRAIN_ALL, VTD_DRAIN_ASKED };
enum vtd_key { VTD_KEY_DOMAIN, VTD_KEY_SOURCE };
enum vtd_order { VTD_ORDER_CONTEXT, VTD_ORDER_IOTLB };
enum vtd_inval_match { VTD_MATCH_ARCH, VTD_MATCH_QEMU10, VTD_MATCH_QEMU72 };

#define VTD_STATS(S)                                                                                 \
    S(requests,          "1", "requests")                                                             \
    S(translated,        "1", "requests translated")                                                  \
    S(passed,            "1", "requests passed untranslated: pass-through, or translation is off")    \
    S(interrupts,        "1", "interrupt requests, not remapped as DMA")                              \
    S(faults,            "1", "requests blocked by a fault")                                          \
    S(faults_suppressed, "1", "faults not recorded because of FPD")                                   \
    S(fault_records,     "1", "fault records written")                                                \
    S(fault_overflows,   "1", "faults that found no free record")                                     \
    S(fault_collapsed,   "1", "faults not recorded as their source-id had a record pending")          \
    S(fault_events,      "1", "fault event messages")                                                 \
    S(inval_events,      "1", "invalidation event messages")                                          \
    S(page_events,       "1", "page request event messages")                                          \
    S(perf_events,       "1", "performance counter overflow event messages")                          \
    S(root_reads,        "1", "root entries read")                                                    \
    S(context_reads,     "1", "context entries read")                                                 \
    S(directory_reads,   "1", "PASID directory entries read")                                         \
    S(pasid_reads,       "1", "PASID table entries read")                                             \
    S(first_reads,       "1", "first-stage entries read")                                             \
    S(table_reads,       "1", "second-stage entries read")                                            \
    S(updates,           "1", "accessed and dirty bits: updates of paging entries")                   \
    S(descriptors,       "1", "invalidation descriptors executed")                                    \
    S(descriptor_errors, "1", "invalidation descriptors refused")                                     \
    S(register_invalidations, "1", "invalidations through CCMD and IOTLB")                            \
    S(waits,             "1", "wait descriptors completed")

/* S(member, "path under vtd") */
#define VTD_STORES(S)                                                         \
    S(iotlb, "iotlb")      /* translations                                */  \
    S(cc,    "cc")         /* contexts by source-id                       */  \
    S(pc,    "pc")         /* PASID entries by source-id and PASID        */  \
    S(gpa,   "gpa")        /* nested: second stage of a guest page        */  \
    S(wc2,   "wc2")        /* second stage, level 2: 2 MiB regions by domain */ \
    S(wc3,   "wc3")        /* level 3: 1 GiB                              */  \
    S(wc4,   "wc4")        /* level 4: 512 GiB                            */  \
    S(wc5,   "wc5")        /* level 5: 256 TiB                            */  \
    S(fwc2,  "fwc2")       /* first stage: by domain and PASID            */  \
    S(fwc3,  "fwc3")                                                          \
    S(fwc4,  "fwc4")                                                          \
    S(fwc5,  "fwc5")                                                          \
    S(iec,   "iec")        /* interrupt entries by index                  */

enum { VTD_WC_MIN = 2, VTD_WC_MAX = 5 };

/* Lookup ports; those of the paging-structure caches are of all levels, which are looked up at once. */
#define VTD_PORTS(S)                                                          \
    S(iotlb, "iotlb.port") S(cc, "cc.port") S(pc, "pc.port") S(gpa, "gpa.port") S(wc, "wc_port") S(fwc, "fwc_port") \
    S(iec, "iec.port")

struct vtd_params { PARAM_FIELDS(VTD_PARAMS) };
struct vtd_stats { STAT_FIELDS(VTD_STATS) };

#define VTD_STORE_PARAMS(member, path) struct store_params member;
#define VTD_PORT_PARAMS(member, path) struct port_params member##_port;
struct vtd_system_params {
    struct vtd_params unit;
    VTD_STORES(VTD_STORE_PARAMS)
    VTD_PORTS(VTD_PORT_PARAMS)
    struct vtd_ir_params ir;
    struct timed_config timed;
    struct ats_config device;
    struct priq_params prq;
};

#define VTD_CLASSES(C)                                                                               \
    C(HIT,       "iotlb-hit")                                                                        \
    C(WALK1,     "walk-1")       /* context known, one entry read           */                       \
    C(WALK2,     "walk-2")                                                                           \
    C(WALK3,     "walk-3")                                                                           \
    C(WALK4,     "walk-4")                                                                           \
    C(WALK5,     "walk-5")                                                                           \
    C(NESTED,    "walk-nested")  /* both stages                             */                       \
    C(PASID,     "pasid-miss")   /* context known, PASID structures read    */                       \
    C(CONTEXT,   "context-miss") /* root and context entry read, too        */                       \
    C(MERGED,    "merged")       /* by another request's walk               */                       \
    C(ATC,       "atc-hit")      /* by the device's own TLB, and checked     */                      \
    C(ATS,       "ats-request")  /* by a translation request                */                       \
    C(PAGE,      "page-request") /* by one after software had made the page */                       \
    C(ABORT,     "abort")        /* given up by its device                  */                       \
    C(BEHIND,    "behind-invalidation")                                                              \
    C(PASS,      "pass-through")                                                                     \
    C(OFF,       "translation-off")                                                                  \
    C(INTERRUPT, "interrupt")    /* not remapped: it is off, or of compatibility format */           \
    C(IR_HIT,    "interrupt-hit")                                                                    \
    C(IR_MISS,   "interrupt-miss")   /* interrupt entry read                */                       \
    C(IR_POSTED, "interrupt-posted") /* descriptor accessed, too            */                       \
    C(FAULT,     "fault")                                                                            \
    C(OTHER,     "other")        /* aborted, or not supported               */
#define VTD_CLASS_ENUM(N, name) VTD_CLASS_##N,
enum vtd_class { VTD_CLASSES(VTD_CLASS_ENUM) VTD_CLASS_COUNT };

/* Tags of entries: what invalidations match. */
#define VTD_TAG_FIELDS(F)                                                     \
    F(VTD_TAG, DID,    0, 15,  0, "domain")                                   \
    F(VTD_TAG, SID,    0, 31, 16, "source-id")                                \
    F(VTD_TAG, PASID,  0, 51, 32, "PASID")                                    \
    F(VTD_TAG, FIRST,  0, 52, 52, "a first stage took part: goes by PASID")   \
    F(VTD_TAG, SECOND, 0, 53, 53, "a second stage took part: goes by domain")
FIELD_DEFINE(VTD_TAG_FIELDS);

struct vtd_line {              /* payload of iotlb */
    struct xl_leaf leaf;
    uint16_t did;
    bool     fpd;
};

enum vtd_seen { VTD_SEEN_CONTEXT = 1, VTD_SEEN_TLB = 2, VTD_SEEN_PASID = 4 };

struct vtd_xact {                      /* a request on its way through its questions        */
    struct vtd_xl m;
    struct system_trail *trail;
    struct flow *flow;                 /* NULL in functional mode                           */
    uint8_t seen;                      /* enum vtd_seen: looked up, and counted, before     */
    uint8_t have;                      /* enum vtd_seen: looked up just now, by vtd_quick; they said: */
    const struct vtd_context *context; /* NULL: a miss                                      */
    const struct vtd_pasid *entry;
    const struct vtd_line *line;
    bool pasid_read;                   /* PASID structures were                             */
};

enum { VTD_ATS_FUNCTIONS = 256 };
struct vtd_ats_function {              /* what its context said when it was asked           */
    uint64_t rtaddr;
    uint32_t sid;
    bool known, on, pages;
};

#define VTD_STORE_MEMBER(member, path) struct store member;
#define VTD_PORT_MEMBER(member, path) struct port member##_port;
struct vtd_system {
    struct system sys;
    struct vtd_system_params par;
    struct vtd_regs regs;
    struct vtd_impl impl;
    struct vtd_stats st;
    VTD_STORES(VTD_STORE_MEMBER)
    VTD_PORTS(VTD_PORT_MEMBER)
    struct store *walk_cache[2][VTD_WC_MAX + 1];   /* fwc2.. and wc2..: by stage - 1, and level */
    struct vtd_ir_part ir;
    uint64_t file[VTD_REG_BYTES / 8];          /* registers at fixed offsets                */
    uint64_t iva, iotlb_reg;
    uint64_t own_cap, own_ecap;                /* before arch/vtd/caps took out what cannot be */
    uint64_t frcd[256][FRCD_WORDS];
    unsigned next_frcd;
    bool nested;                               /* a nested translation has been kept        */
    struct vtd_driver driver;                  /* queue, events                             */
    struct ats_ops ats_ops;
    struct priq prq;
    uint64_t prq_drain;                        /* how many requests a wait waits for */
    struct vtd_ats_function ats_function[VTD_ATS_FUNCTIONS];   /* by source-id modulo as many */
    struct vtd_perf perf;
    struct vtd_xact x;                         /* functional mode's one request             */
};

/* Registers the parameters (with their defaults) under vtd, vtd.iotlb, vtd.cc ...  No structure
 * exists until a profile says how large it is. */
void vtd_system_params(struct vtd_system_params *p, struct param_set *set);
/* The memory is set by the caller before the first request. */
struct system *vtd_system_new(const struct vtd_system_params *p, uint64_t seed, struct diag *d);

/* Keys of entries: of a domain, whose second stage is the same for all of its PASIDs, and of a source. */
static inline uint64_t vtd_domain_key(uint16_t did, uint32_t pasid, uint8_t pgtt)
{
    return did | (pgtt == VTD_PGTT_SS ? 0 : (uint64_t)pasid << 16) | (uint64_t)pgtt << 36;
}

static inline uint64_t vtd_source_key(uint32_t sid, uint32_t pasid)
{
    return (sid & 0xffff) | (uint64_t)pasid << 16;
}

/* Where the IOTLB is asked first, what a request without PASID has left there is not for those with one: whether the
 * function may have PASIDs is not known then. */
static inline uint64_t vtd_iotlb_source_key(const struct vtd_impl *impl, const struct xl_req *req, uint32_t pasid)
{
    return vtd_source_key(req->sid, pasid) | (uint64_t)(impl->tlb_first && req->has_ssid) << 40;
}

/* vtd/quick.c: a usual request, as far as the lookup of `last` (VTD_Q_CONTEXT, _PASID, _TLB), each counted unless
 * x->seen.  x->trail is set by all answers but NO. */
enum vtd_quick {
    VTD_QUICK_HIT,             /* translated, and counted                                  */
    VTD_QUICK_ON,              /* all that was looked up is there                          */
    VTD_QUICK_MISS,            /* something is not                                         */
    VTD_QUICK_NO,              /* not for it to say                                        */
};
enum vtd_quick vtd_quick(struct vtd_system *u, struct vtd_xact *x, const struct xl_req *req, unsigned last,
                         struct xl_result *res);

/* One request, question by question; what system/vtd/timed.c puts time between.  answer gives what
 * structures or memory say now and keeps what that completes; keep keeps the translation; end counts
 * and finds its class. */
void vtd_begin(struct vtd_system *u, struct vtd_xact *x, const struct xl_req *req);
void vtd_answer(struct vtd_system *u, struct vtd_xact *x);
void vtd_keep(struct vtd_system *u, struct vtd_xact *x);
void vtd_end(struct vtd_system *u, struct vtd_xact *x);
/* A request has ended in one: counted, and recorded if it is to be. */
void vtd_fault(struct vtd_system *u, const struct vtd_xact *x);

/* The timed half: system->timed.  vtd/timed.c; 0 or SIM_EENV. */
int  vtd_timed_start(struct vtd_system *u, uint64_t seed);
void vtd_timed_mode(struct vtd_system *u);     /* regs.rtaddr is another                    */
void vtd_timed_params(struct vtd_system_params *p, struct param_set *set);

/* Device TLBs, if there are any.  vtd/ats.c; 0 or SIM_EENV. */
int  vtd_ats_init(struct vtd_system *u, void (*translate)(struct system *, const struct xl_req *, struct xl_result *,
                                                          struct system_trail *), uint64_t seed);
int  vtd_ats_timed(struct vtd_system *u);
/* A context may have changed. */
void vtd_ats_forget(struct vtd_system *u);
/* A device-TLB descriptor takes effect.  _send, in time: what executing it returns to the queue. */
void vtd_ats_invalidate(struct vtd_system *u, const struct vtd_inv *inv);
uint64_t vtd_ats_send(struct vtd_system *u, const struct vtd_inv *inv, const uint64_t *words, unsigned n);

/* Page requests.  vtd/pri.c; registers: one of them was written, what the queue has moved is put into them. */
void vtd_pri_init(struct vtd_system *u);
void vtd_pri_reset(struct vtd_system *u);
void vtd_pri_change(struct vtd_system *u, enum vtd_reg reg);
void vtd_pri_settle(struct vtd_system *u);
bool vtd_take_page_request(struct system *s, struct page_request *r);
void vtd_page_response(struct vtd_system *u, const struct vtd_inv *inv);
/* In time: a wait descriptor begins, which drains page requests or does not; have they been? */
void vtd_pri_drain(struct vtd_system *u, bool drain);
bool vtd_pri_drained(const struct vtd_system *u);

/* vtd/inval.c: removes what a request says; of a PASID's first stage what is kept of a page; everything. */
void vtd_invalidate(struct vtd_system *u, const struct vtd_inv *inv);
void vtd_forget_page(struct vtd_system *u, uint32_t pasid, uint64_t addr);
void vtd_flush(struct vtd_system *u);
/* One descriptor of the queue. */
int  vtd_descriptor(struct vtd_system *u, const uint64_t *words, unsigned n);

#endif
