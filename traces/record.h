/* SPDX-License-Identifier: Apache-2.0
 *
 * record.h - what a trace says, record by record.
 *
 * A trace carries what was meant (map, unmap, attach, DMA), where the source had them the raw register
 * writes, commands and table words, and, marked as such, what the source saw as the outcome.  Raw records
 * belong to one architecture (trace_header.raw_arch).  Outcome records (REC_EXPECT) follow the access they
 * speak of and are compared, never replayed.  What a source did not say has its flag cleared; zero is a
 * value.
 *
 * A record is 32 bytes; what the rare kinds need beyond that stands in a struct rec_ext.
 */
#ifndef TRACES_RECORD_H
#define TRACES_RECORD_H
#include <stdbool.h>
#include <stdint.h>

/* K(NAME, code, "name", "what addr, len and the words of rec_ext mean") */
#define REC_KINDS(K)                                                                                 \
    K(READ,       0, "read",   "DMA read: addr, len (0: not known)")                                  \
    K(WRITE,      1, "write",  "DMA write: addr, len")                                                \
    K(ATS_REQ,    2, "atsreq", "ATS translation request: addr, len")                                  \
    K(TRANSLATED, 3, "xlated", "translated access: addr, len")                                        \
    K(MAP,        4, "map",    "addr = IOVA; w0 physical address, w1 bytes, w2 domain, w3 REC_PERM_*, w4 log2 of the page size to use or 0") \
    K(UNMAP,      5, "unmap",  "addr = IOVA; w0 bytes, w1 domain; w2 1: its invalidation is left to a later FLUSH") \
    K(COMMAND,    6, "cmd",    "raw command or invalidation descriptor: w0.. its 64-bit words (2 or 4)") \
    K(FLUSH,      7, "flush",  "intent: invalidate all of a domain; w0 domain, w1 reason")            \
    K(ATTACH,     8, "attach", "stream to domain: w0 domain, w1 enum rec_mode; w2 REC_ATTACH_*")                      \
    K(DETACH,     9, "detach", "stream from domain: w0 domain")                                       \
    K(TABLE,     10, "table",  "words written to memory: addr = physical address, w0.. 1 to 8 words") \
    K(PAGE_REQ,  11, "pagereq", "page request: addr, w0 REC_PERM_*, w1 group, w2 last")               \
    K(PAGE_RESP, 12, "pageresp", "page response: w0 group, w1 code")                                  \
    K(EXPECT,    13, "expect", "outcome at the source: struct rec_expect")                            \
    K(MARKER,    14, "mark",   "w0 string id")                                                        \
    K(REG,       15, "reg",    "register write: addr = offset, len = bytes, w0 value")                \
    K(CAP,       16, "cap",    "identification register as the source had it: addr = offset, len, w0 value") \
    K(DOORBELL,  17, "doorbell", "the commands before this record were given to the unit here")

#define REC_KIND_ENUM(N, c, s, h) REC_##N = (c),
enum rec_kind { REC_KINDS(REC_KIND_ENUM) REC_KIND_COUNT };

enum rec_flag {
    REC_F_PASID    = 1 << 0,   /* pasid is given                                        */
    REC_F_PRIV     = 1 << 1,
    REC_F_EXEC     = 1 << 2,
    REC_F_NODIR    = 1 << 3,   /* the source did not say whether read or write          */
    REC_F_RECON    = 1 << 4,   /* reconstructed from what the source saw, not seen written */
    REC_F_NOW      = 1 << 5,   /* ATS request with no-write                             */
    REC_F_SPEC     = 1 << 6,   /* a read that its device made speculatively, and marked so */
};

/* DEMAND: page by page, when an access has stalled for want of it; at once where software does not do so. */
enum rec_perm { REC_PERM_R = 1, REC_PERM_W = 2, REC_PERM_X = 4, REC_PERM_PRIV = 8, REC_PERM_DEMAND = 16 };
enum rec_attach { REC_ATTACH_ATS = 1 };    /* the device translates ahead */
enum rec_mode { REC_MODE_TRANSLATE, REC_MODE_BYPASS, REC_MODE_ABORT, REC_MODE_STAGE2, REC_MODE_NESTED };

struct rec {
    uint64_t time;             /* in units of trace_header.time_unit_ps, never going back */
    uint64_t addr;
    uint32_t stream;           /* number in the stream table; REC_NO_STREAM where none      */
    uint32_t len;              /* bytes; 0 where not known                                  */
    uint32_t pasid;
    uint8_t  kind, flags;
    uint16_t words;            /* how many words of the rec_ext are in use                  */
};
#define REC_NO_STREAM 0xffffffffu
enum { REC_WORDS_MAX = 12 };
struct rec_ext { uint64_t w[REC_WORDS_MAX]; };

/* ---- what the source saw of one access --------------------------------------------------------- */

enum rec_source {
    REC_LOGGED,                /* what the source did                                        */
    REC_INTENDED,              /* what its tables mean, by whoever made them                 */
    REC_ALLOWED,               /* an outcome that would be right too (a stale entry's)       */
};

enum rec_outcome { REC_O_NONE, REC_O_OK, REC_O_BYPASS, REC_O_ABORT, REC_O_FAULT, REC_O_FAULT_SILENT };

/* Words of a REC_EXPECT.  The architecture's own codes: event number or fault reason. */
struct rec_expect {
    uint8_t  source, outcome;
    uint8_t  code;             /* SMMUv3 event number [SMMUv3 7.3], VT-d fault reason; 0 unknown */
    uint8_t  stage2, cls;      /* SMMUv3: S2 and CLASS of the event record                    */
    bool     has_detail;       /* stage2, cls and ipa are given                               */
    bool     has_pa;
    bool     has_config;       /* config_hit is given                                         */
    bool     config_hit;
    bool     has_lookups;      /* lookups, hits and flushes are given                         */
    bool     page_bits_only;   /* pa is given without its low 12 bits (VT-d logs the page)    */
    bool     blocked;          /* logged as translated, yet nothing was transferred           */
    uint8_t  lookups;          /* IOTLB lookups of this access, those for table addresses included */
    uint32_t hits;             /* bit i: lookup i hit                                         */
    uint32_t flushes;          /* bit i: after lookup i an insert emptied the full IOTLB      */
    uint64_t pa, ipa;
    uint32_t deviation;        /* string id of a known deviation of the source, 0 none        */
};

uint16_t rec_expect_pack(const struct rec_expect *e, struct rec_ext *x);   /* returns words used */
void rec_expect_unpack(const struct rec_ext *x, struct rec_expect *e);

/* Names as in the text export; "unknown" beyond the last. */
const char *rec_kind_name(unsigned kind);
const char *rec_source_name(unsigned source);
const char *rec_outcome_name(unsigned outcome);
const char *rec_mode_name(unsigned mode);

#endif
