/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h - the driver of an IOMMU as far as a trace's intent needs one: it turns attach, map, unmap
 * and flush into tables in memory and commands in the queue of whichever architecture the system
 * has.
 *
 * It writes tables (system_table_write), commands (system_command) and, once, the registers
 * (host_start), and nothing else.  Tables stand in a region of physical memory of their own.
 * Sequences follow Linux' drivers: a structure entry changes while it is invalid or by one word; a
 * leaf goes from invalid to valid without a command, from valid to invalid with an invalidation
 * (strict) or with none until the next host_flush (deferred).
 *
 * A domain is an address space, named by any 64-bit number, and begins to exist when it is first
 * mentioned.  Its format is fixed then: host_attach with REC_MODE_STAGE2 or REC_MODE_NESTED before
 * any other use of the domain chooses those, everything else gives params.stage.  A nested domain
 * is a stage 1 table over a stage 2 table of its own that maps what stage 1 and its tables need one
 * to one.
 *
 * With params.stall an SMMUv3's faults stall, and host_event, which is given each record, answers: with an
 * abort, with a retry if the page is mapped by now, or it maps first what host_map was told to map on demand.
 *
 * VT-d is in scalable mode if the unit offers it (ECAP.SMTS) and params.scalable does not keep it from that; a plain
 * domain is then one of first-stage tables, or of second-stage ones with params.stage = 2.  Requests with a PASID have
 * domains of their own (host_attach_pasid), beside that of the requests without, whose PASID is 0.
 *
 * Left out: tables are never freed, no contiguous hint.  The entry of a stream that was never attached stays zero:
 * invalid.
 *
 * Functions return 0, SIM_EINPUT where the intent cannot be meant (host->why says what: a map over
 * a mapping, an address beyond the table's width), SIM_EENV where the host ran out of table memory,
 * ASIDs or the like.  After SIM_EINPUT the tables are as they were.
 */
#ifndef WORKLOADS_HOST_HOST_H
#define WORKLOADS_HOST_HOST_H
#include "base/param.h"
#include "system/system.h"
#include "traces/record.h"

#define HOST_PARAMS(P)                                                                             \
    P(u64,    granule_log2,   12, 12, 16, "1", "SMMUv3: 12, 14 or 16 (4, 16, 64 KiB pages)")       \
    P(u64,    stage,           1, 1, 2, "1", "stage that a plain domain uses (VT-d: in scalable mode)") \
    P(u64,    in_bits,         0, 0, 57, "1",                                                      \
      "width of IOVAs; 0: 48, at stage 2 of SMMUv3 40.  VT-d: 39, 48 or 57; its first stage has a bit less") \
    P(u64,    out_bits,       48, 32, 52, "1", "SMMUv3: width of physical addresses (IPS, S2PS)")  \
    P(u64,    max_block_log2,  0, 0, 63, "1", "largest page or block to use; 0: any") \
    P(u64,    sid_bits,       16, 1, 32, "1", "SMMUv3: StreamID bits of the stream table")         \
    P(u64,    sid_split,       8, 0, 10, "1", "SMMUv3: 6, 8, 10: two-level table; 0: linear") \
    P(u64,    id_bits,        16, 8, 16, "1", "width of ASIDs, VMIDs, domain ids")                 \
    P(flag,   range_inval,     0, 0, 1, "no|yes", "SMMUv3: TLBI by range (IDR3.RIL)")              \
    P(u64,    max_tlbi,      512, 1, 1048576, "1",                                                 \
      "SMMUv3: an unmap of more leaves than this invalidates the whole domain")                    \
    P(u64,    max_am,          9, 0, 63, "1", "VT-d: largest address mask (CAP.MAMV)")             \
    P(u64,    super_pages,     3, 0, 3, "1", "VT-d: bit 0 2 MiB, bit 1 1 GiB (CAP.SSLPS)")         \
    P(flag,   scalable,        1, 0, 1, "no|yes", "VT-d: scalable mode, if ECAP.SMTS offers it")    \
    P(u64,    pasid_bits,      0, 0, 20, "1", "width of devices' PASIDs; 0: they have none")       \
    P(flag,   caching_mode,    0, 0, 1, "no|yes", "VT-d: invalidate after a map too (CAP.CM)")     \
    P(u64,    interrupts,      0, 0, 65536, "1",                                                   \
      "VT-d: entries for devices' interrupts, from index 0 on; 0: interrupts are not remapped (ECAP.IR)") \
    P(flag,   strict,          0, 0, 1, "no|yes", "invalidate at every unmap in any case") \
    P(choice, page,            0, 0, 1, "refuse|map",                                              \
      "what devices are answered that ask for a page which is not mapped")                 \
    P(u64,    page_ps, 10000000, 0, 1000000000000, "ps", "timed: that the answer to a page request takes") \
    P(u64,    page_base, 0x2000000000, 0, 0xffffffffff000, "bytes", "physical memory for such pages, from here on") \
    P(choice, stall,           0, 0, 3, "off|abort|retry|map",                                     \
      "SMMUv3: faults stall, and end with an abort; if the page is mapped by then with a retry; map: it is mapped then if it is one to be mapped on demand") \
    P(u64,    stall_ps, 10000000, 0, 1000000000000, "ps", "timed: from a stall's record to its answer") \
    P(u64,    table_base, 0x4000000000, 0, 0xffffffffff000, "bytes", "where tables are placed")    \
    P(u64,    table_bytes, 0x400000000, 0x100000, 0x100000000000, "bytes", "room for tables")

#define HOST_STATS(S)                                                                              \
    S(attaches,     "1", "streams attached")                                                       \
    S(maps,         "1", "map requests carried out")                                               \
    S(unmaps,       "1", "unmap requests carried out")                                             \
    S(leaves,       "1", "leaf entries written")                                                   \
    S(cleared,      "1", "leaf entries cleared")                                                   \
    S(splits,       "1", "blocks split because only a part of them was unmapped")                  \
    S(commands,     "1", "commands or descriptors given, waits included")                          \
    S(waits,        "1", "round trips: CMD_SYNC, wait descriptor")                                 \
    S(atc_invals,   "1", "invalidations of devices' own caches, of the commands")                  \
    S(domain_flushes, "1", "invalidations of a whole domain")                                      \
    S(table_writes, "1", "64-bit words written to tables and structures")                          \
    S(page_requests, "1", "devices' page requests answered")                                       \
    S(page_maps,    "1", "of them, such as had a page mapped")                                     \
    S(stalls,       "1", "stalled accesses answered")                                              \
    S(demand_maps,  "1", "of these, after their page was mapped")                                  \
    S(refused,      "1", "intents that could not be carried out")

struct host_params { PARAM_FIELDS(HOST_PARAMS) };
struct host_stats { STAT_FIELDS(HOST_STATS) };
extern const struct comp_kind host_kind;

struct host_domain;
enum host_stall { HOST_STALL_OFF, HOST_STALL_ABORT, HOST_STALL_RETRY, HOST_STALL_MAP };

struct host_stream;
struct host_ops;                   /* one table an architecture */

struct host {
    struct comp comp;              /* "host", a tree of its own */
    struct system *sys;            /* borrowed */
    struct host_params par;
    struct host_stats st;
    const char *why;               /* of the last SIM_EINPUT or SIM_EENV */

    const struct host_ops *ops;
    struct host_domain *domains;   /* by id */
    struct host_stream *streams;   /* what each StreamID is attached to */
    uint64_t next;                 /* first free byte of the table region */
    uint64_t root;                 /* stream table or root table */
    uint64_t next_page;            /* first free byte for pages that devices ask for */
    uint64_t status;               /* VT-d: where wait descriptors write */
    uint32_t next_asid, next_vmid; /* VT-d: next_asid is the next domain id */
    uint8_t  plain_mode;           /* enum rec_mode of a domain for which none was chosen */
    bool     one_format;           /* a domain of any mode is as good as a plain one */
    bool     scalable;             /* VT-d: in scalable mode */
    bool     ats;                  /* VT-d: a device's TLB has been on */
};

/* Parameters as declared above. */
void host_defaults(struct host_params *par);

/* par is copied; NULL: the defaults.  The system's architecture decides the format. */
int  host_init(struct host *h, struct system *s, const struct host_params *par);
void host_destroy(struct host *h);

/* Registers, queues, empty stream or root table: to be called once, before anything else. */
int  host_start(struct host *h);

/* mode is enum rec_mode.  A stream that is attached to another domain leaves it first.  _ats: and its device
 * translates ahead, if the unit knows ATS; VT-d in scalable mode: with all of its PASIDs. */
int  host_attach(struct host *h, uint32_t sid, uint64_t domain, unsigned mode);
int  host_attach_ats(struct host *h, uint32_t sid, uint64_t domain, unsigned mode);
int  host_detach(struct host *h, uint32_t sid);
/* The stream's requests with this PASID, which is not 0. */
int  host_attach_pasid(struct host *h, uint32_t sid, uint32_t pasid, uint64_t domain, unsigned mode);
int  host_detach_pasid(struct host *h, uint32_t sid, uint32_t pasid);

/* Maps [iova, iova + size) to pa with the largest blocks that alignment, page_log2 (0: any) and
 * params.max_block_log2 allow; a hint below the smallest page means that.  perm is REC_PERM_*; with neither
 * read nor write (a source that did not say) both are granted.  With REC_PERM_DEMAND and params.stall = map
 * nothing is mapped yet: pages are when an access to one has stalled. */
int  host_map(struct host *h, uint64_t domain, uint64_t iova, uint64_t pa, uint64_t size,
              unsigned perm, unsigned page_log2);

/* Holes are skipped.  A block of which only a part goes is taken away and its rest mapped again in
 * smaller pages.  strict: the invalidation has completed when the function returns; otherwise none
 * is made until host_flush. */
int  host_unmap(struct host *h, uint64_t domain, uint64_t iova, uint64_t size, bool strict);

/* Invalidates all that caches may hold of the domain, and waits. */
int  host_flush(struct host *h, uint64_t domain);

/* A device asks for a page: it is mapped if params.page says so, and with the last request of the group that
 * is answered: with success if this page is mapped. */
int  host_page_request(struct host *h, const struct page_request *r);

/* A record of the event queue: is it of a stalled access?  host_event answers if so. */
bool host_awaits(const struct host *h, const uint64_t *event);
int  host_event(struct host *h, const uint64_t *event);

/* The intent records of a trace (ATTACH, DETACH, MAP, UNMAP, FLUSH); others do nothing.  sid is the
 * StreamID of r->stream.  ATTACH and DETACH with REC_F_PASID: of its requests with that PASID. */
int  host_record(struct host *h, const struct rec *r, const struct rec_ext *x, uint32_t sid);

#endif
