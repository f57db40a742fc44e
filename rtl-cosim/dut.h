/* SPDX-License-Identifier: Apache-2.0
 *
 * dut.h - the interface to a design under test: what an adapter offers and what the driver moves each clock.
 *
 * A design is a table of functions, struct cosim_dut_ops, in the program (dut/registry.h) or in a shared object
 * under the symbol COSIM_DUT_SYMBOL or, where it has several, cosim_dut_NAME.  The one function that matters is
 * tick: the caller has filled `in`; the adapter puts it on the pins, evaluates with the clock low, copies the
 * outputs into `out`, and raises the clock.  So out is what the design says in the cycle in which it sees in, and a
 * transfer happens in the cycle in which valid and ready of its channel are both set: valid may depend on ready of
 * the same cycle, no ready on valid of `in`.  Channels that are not valid are all zero in `out`.  Nothing of the
 * simulator that runs the design crosses this interface, nothing throws.
 *
 * The C twins of the blocks (twin/) and the whole model (twin/model.h) are designs, too: the same driver, score-
 * board and traces take either.
 *
 * Which channels there are follows from the level:
 *
 *   L0  COSIM_STORE     store: lookups, fills, invalidations
 *   L1  COSIM_WALKER    walk requests and results, memory
 *   L2  COSIM_QUEUE     registers, memory, decoded invalidations
 *   L3  COSIM_PIPELINE  requests and responses (or `down`: the access itself, translated), registers or commands,
 *                       memory.  L4 is the same with several devices
 *
 * Addresses are of bytes; times are cycles; bool and enums are as C has them.  This header is all that an adapter
 * includes; it compiles as C and as C++.  The version counts incompatible changes.
 */
#ifndef RTL_COSIM_DUT_H
#define RTL_COSIM_DUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COSIM_ABI 1u
#define COSIM_DUT_SYMBOL "cosim_dut"   /* const struct cosim_dut_ops cosim_dut; of several: cosim_dut_NAME */
#define COSIM_EXPORT __attribute__((visibility("default")))

enum cosim_level { COSIM_STORE, COSIM_WALKER, COSIM_QUEUE, COSIM_PIPELINE, COSIM_LEVELS };

enum cosim_cap {
    COSIM_CAP_REGISTERS = 1 << 0,      /* SMMUv3's register map on channel reg                            */
    COSIM_CAP_QUEUES    = 1 << 1,      /* SMMUv3's command and event queue in memory                      */
    COSIM_CAP_COMMANDS  = 1 << 2,      /* ops->command instead                                            */
    COSIM_CAP_ENCODES   = 1 << 3,      /* tables of its own: ops->encode                                  */
    COSIM_CAP_FORWARDS  = 1 << 4,      /* the answer is the access on channel down; else on rsp           */
    COSIM_CAP_REORDERS  = 1 << 5,      /* answers in any order; else in the order of requests             */
    COSIM_CAP_TRAIL     = 1 << 6,      /* rsp.trail is filled                                             */
    COSIM_CAP_SUBSTREAM = 1 << 7,
    COSIM_CAP_NESTED    = 1 << 8,
    COSIM_CAP_STAGE2    = 1 << 9,
    COSIM_CAP_FAULTS    = 1 << 10,     /* rsp.code says why (enum cosim_fault or SMMUv3's event number)   */
};

/* ---- channels ------------------------------------------------------------------------------------ */

struct cosim_req {                     /* a translation request; L3 */
    bool     valid, has_ssid, write, exec, priv;
    uint32_t id;                       /* not of a request under way                                      */
    uint32_t sid, ssid, bytes;
    uint64_t addr;
};

struct cosim_trail {                   /* what it met: for latency classes                                */
    bool    cfg_hit, tlb_hit, merged;
    uint8_t cfg_reads, s1_reads, s2_reads;   /* reads of 64-byte structures or level 1 entries; of tables  */
};

/* FAULT: terminated with an abort, and why is known; RAZWI: reads as zero, or the write is ignored. */
enum cosim_outcome { COSIM_NONE, COSIM_OK, COSIM_BYPASS, COSIM_ABORT, COSIM_FAULT, COSIM_RAZWI };

struct cosim_rsp {
    bool     valid;
    uint8_t  outcome;                  /* enum cosim_outcome                                              */
    uint8_t  code;                     /* of a fault: SMMUv3 event number; 0 if the design does not say   */
    uint8_t  size_log2;                /* of the translation; 0 if the design does not say                */
    uint32_t id;
    uint64_t addr;                     /* output address                                                  */
    struct cosim_trail trail;
};

struct cosim_down {                    /* a forwarded access, or its refusal */
    bool     valid, write, refused;
    uint32_t id;
    uint64_t addr;
};

struct cosim_ar { bool valid; uint8_t id, beats; uint64_t addr; };   /* beats of 8 bytes, at addr rising */
struct cosim_r  { bool valid, last, error; uint8_t id; uint64_t data; };
struct cosim_aw { bool valid; uint8_t id, strb; uint64_t addr, data; };   /* address and data, one beat  */
struct cosim_b  { bool valid, error; uint8_t id; };

struct cosim_reg {                     /* a register access; one at a time */
    bool     valid, write;
    uint8_t  bytes;
    uint32_t offset;
    uint64_t data;
};

/* L0.  Keys, tags and matches are those of hw/store.h, and so is what an invalidation removes: entries whose
 * context and tag (one of n_tag rows) match under their masks and whose block overlaps first..last. */
struct cosim_store_match {
    uint64_t ctx_mask, ctx_value, tag_mask[2], tag_value[2], first, last;
    uint8_t  n_tag;
    bool     by_addr;
};
struct cosim_store_in {
    bool     lookup, fill, inval;
    uint8_t  fill_size_log2;
    uint64_t lookup_ctx, lookup_addr;
    uint64_t fill_ctx, fill_base, fill_tag, fill_payload;
    struct cosim_store_match match;
    uint8_t  parts;                    /* of an invalidation at a walker: enum cosim_walk_part            */
};
struct cosim_store_out {
    bool     ready;                    /* for all three: not sweeping                                     */
    bool     answered, hit;            /* of the lookup so many cycles ago as the design's latency is     */
    uint8_t  size_log2;
    uint8_t  levels;                   /* a walk cache: bit n: level n hit; the answer is the highest     */
    uint64_t payload;
    bool     filled, evicted;          /* a fill was carried out; a valid entry of another key went       */
    uint32_t way;                      /* that it was written to                                          */
    bool     inval_done;
};

/* L1.  What a walk is of: SMMUv3's structures, and the same in words that suit any radix tables. */
struct cosim_context {
    uint64_t ste[8], cd[8];
    bool     s1, s2;
    uint64_t s1_root, s2_root;
    uint8_t  s1_bits, s2_bits;         /* input address widths                                            */
    uint8_t  s2_start;                 /* level of s2_root                                                */
    uint16_t asid, vmid;
};
struct cosim_walk_req {
    bool     valid, stage2_only;       /* addr is an IPA, of a configuration structure                    */
    bool     write, exec, priv;        /* the access whose permission is judged                           */
    bool     nofill;                   /* nothing is to be kept of it                                     */
    uint32_t id;
    uint64_t addr;
    const struct cosim_context *context;
};
struct cosim_walk_rsp {
    bool     valid, fault, fault_s2;
    bool     recorded;                 /* the fault is                                                    */
    bool     overtaken;                /* by an invalidation that would have removed it: not to be kept   */
    bool     piece;                    /* smaller than the stage 1 block it is of                         */
    uint8_t  code, cls;                /* event number; enum event_class                                  */
    uint8_t  size_log2, perm1, perm2;  /* enum xl_perm of each stage                                      */
    bool     global;
    uint32_t id;
    uint64_t addr, ipa;                /* of the block: output, IPA; of a stage 2 fault: IPA              */
    uint64_t fetch;                    /* address of a read that failed                                   */
    uint8_t  s1_reads, s2_reads;
};

/* An invalidation reaches the walk caches of the stages, and removes translations that are being walked for. */
enum cosim_walk_part { COSIM_PART_TLB = 1, COSIM_PART_S1 = 2, COSIM_PART_S2 = 4 };

/* L2, and ops->command: an invalidation, decoded. */
enum cosim_inval_kind {
    COSIM_INV_NONE, COSIM_INV_CONFIG, COSIM_INV_ALL, COSIM_INV_VMID_S1, COSIM_INV_VMID, COSIM_INV_ASID,
    COSIM_INV_VA, COSIM_INV_VAA, COSIM_INV_IPA, COSIM_INV_SYNC,
};
struct cosim_inval {
    bool     valid, leaf;
    uint8_t  kind;                     /* enum cosim_inval_kind                                           */
    uint16_t asid, vmid;
    uint32_t sid_first, sid_last;
    uint64_t first, last;
    uint64_t domain;                   /* ops->command: of the intent; all its translations, or first..last */
};

struct cosim_in {
    struct cosim_req req;
    bool rsp_ready, down_ready, ar_ready, aw_ready, walk_rsp_ready, inval_ready;
    struct cosim_r r;
    struct cosim_b b;
    struct cosim_reg reg;
    struct cosim_store_in store;
    struct cosim_walk_req walk;
};

struct cosim_out {
    bool req_ready, r_ready, reg_ready, walk_ready;
    struct cosim_rsp rsp;
    struct cosim_down down;
    struct cosim_ar ar;
    struct cosim_aw aw;
    bool     reg_valid;                /* of a read: reg_data is it                                       */
    uint64_t reg_data;
    uint32_t irq;                      /* bit 0 gerror, 1 event queue, 2 command sync                     */
    bool     idle;                     /* nothing under way                                               */
    struct cosim_store_out store;
    struct cosim_walk_rsp walk;
    struct cosim_inval inval;
};

/* ---- intent -------------------------------------------------------------------------------------- */

/* What software means, for a design with tables of its own.  Memory is the driver's. */
struct cosim_mem {
    void *arg;
    uint64_t (*read64)(void *arg, uint64_t addr);
    void (*write64)(void *arg, uint64_t addr, uint64_t value);
    uint64_t (*alloc)(void *arg, uint64_t bytes);      /* zeroed, aligned to its size (a power of two); 0: no room */
};

enum cosim_map_kind { COSIM_ATTACH, COSIM_DETACH, COSIM_MAP, COSIM_UNMAP };
struct cosim_map {
    uint8_t  kind;                     /* enum cosim_map_kind                                             */
    bool     read, write, bypass;      /* of a map; of an attach: bypass                                  */
    uint8_t  size_log2;                /* one page or block: 12, 21 or 30                                 */
    uint32_t sid;
    uint64_t domain, iova, pa;
};

/* Memory for a model that has no ports for it.  What an access takes is what it would take through the port. */
struct mem;
struct cosim_direct {
    void *arg;
    struct mem *mem;                   /* base/mem.h */
    uint64_t (*read)(void *arg, uint64_t addr, unsigned beats);        /* cycles until its last word is there */
    uint64_t (*write)(void *arg, uint64_t addr, unsigned beats);       /* the same of the answer to a write   */
    void (*wrote)(void *arg, uint64_t addr, const uint64_t *words, unsigned n);    /* these are in memory now */
};

/* ---- the table ----------------------------------------------------------------------------------- */

struct system_config;
struct cosim_param { const char *name; uint64_t value; };       /* as the design's parameters are called  */
#define COSIM_PERIOD_PS 1000u           /* a cycle in waveforms and times, for all who drive designs here */
struct cosim_cfg {
    uint64_t seed;                     /* of power-on values, where the simulator has such               */
    const struct cosim_param *param;
    size_t   params;
    unsigned period_ps;
    const struct system_config *system;    /* system/system.h: for models in the program; others do not look */
};

struct cosim_dut;                      /* the adapter's own */

struct cosim_dut_ops {
    uint32_t abi;                      /* COSIM_ABI                                                       */
    const char *name, *about;
    uint8_t  level;                    /* enum cosim_level                                                */
    uint32_t caps;                     /* enum cosim_cap bits                                             */
    /* The parameters it was built with: names as in a profile; NULL-terminated.  May be NULL. */
    const struct cosim_param *built;
    int  (*create)(struct cosim_dut **d, const struct cosim_cfg *cfg, char *err, size_t n);
    void (*destroy)(struct cosim_dut *d);
    int  (*reset)(struct cosim_dut *d);                /* to power-on, cycle 0 */
    int  (*tick)(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out);

    /* From here on each may be NULL.  command: 0 if taken, with a token; 1 if there is no room now. */
    int  (*command)(struct cosim_dut *d, const struct cosim_inval *c, uint64_t *token);
    bool (*command_done)(struct cosim_dut *d, uint64_t token);
    int  (*encode)(struct cosim_dut *d, const struct cosim_map *m, const struct cosim_mem *mem);
    /* A waveform from the next tick on; NULL closes it. */
    int  (*wave)(struct cosim_dut *d, const char *path);
    /* Assertions that failed so far, and the first one's text. */
    uint64_t (*errors)(struct cosim_dut *d, char *text, size_t n);
    int  (*coverage)(struct cosim_dut *d, const char *path);
    /* One line for each part of its state, for reports. */
    void (*describe)(struct cosim_dut *d, void (*line)(void *arg, const char *text), void *arg);
    /* Of models in the program that look at memory past the ports: called once, before the first tick. */
    void (*direct)(struct cosim_dut *d, const struct cosim_direct *m);
};

#ifdef __cplusplus
}
#endif
#endif
